/* fixture.h - a small control plane for tests: two machines, one etcd member, one API server */
#pragma once

#include "client/controller.h"

typedef struct {
    Sim *sim;
    World *world;
    Machine *control, *worker;
    Etcd *etcd;
    ApiServer *server;
    Process *process; /* an empty one on worker, running: whose clients a test makes */
    gboolean process_died;
} Fixture;

/* fixture_new: everything runs, the server has been ready for a while. */
Fixture *fixture_new(void);
void fixture_free(Fixture *fixture);
void fixture_run(Fixture *fixture, gint64 ns);
/* fixture_client: a client of fixture->process; free it before the fixture. */
Client *fixture_client(Fixture *fixture, guint qps, guint burst);
void fixture_cut(Fixture *fixture);
void fixture_heal(Fixture *fixture);

/* One answer, kept. */
typedef struct {
    guint calls, freed;
    int code;
    const char *message;
    gint64 at_ns;
    Sim *sim;
} Answer;
void answer_done(gpointer user, const ApiResponse *response);
void answer_freed(gpointer user);
/* A config map, to write about. (owned) */
ApiObject *config_map_new(const char *name, const char *value);
ApiRequest *create_request(ApiObject *object);
ApiRequest *get_request(const ApiKind *kind, const char *namespace_, const char *name);
