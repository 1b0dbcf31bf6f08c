/* fixture.h - an etcd of some members and one client machine */
#pragma once

#include "api/kinds.h"
#include "base/duration.h"
#include "etcd/etcd.h"

typedef struct {
    Sim *sim;
    World *world;
    Machine *machines[5]; /* of the members; the client is on the first */
    Etcd *etcd;
    Process *client;
    SimHandle owner;
} Fixture;

/* Answer of one transaction. */
typedef struct {
    gboolean is_done;
    gint64 at_ns;
    const char *error;
    gboolean succeeded;
    guint64 revision;
} Answer;

void fixture_init(Fixture *f, guint n_members, gboolean quick, Dist fsync);
void fixture_clear(Fixture *f);
/* fixture_key: of the ConfigMap @name in "default", which is what the others write. */
EtcdKey *fixture_key(Fixture *f, const char *name);
/* fixture_put: under way; the answer comes while the simulation runs. */
void fixture_put(Fixture *f, const char *name, guint64 expected, Answer *answer);
void fixture_delete(Fixture *f, const char *name, guint64 expected, Answer *answer);
/* fixture_put_wait: run until it is answered. */
Answer fixture_put_wait(Fixture *f, const char *name, guint64 expected);
