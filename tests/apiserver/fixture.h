/*
 * fixture.h - one API server with its etcd, and requests made of it directly
 */
#pragma once

#include "apiserver/apiserver.h"
#include "base/duration.h"

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    Etcd *etcd;
    ApiServer *server;
} Fixture;

/*
 * fixture_init: runs until the server has made its first objects, and ServiceAccount "default"
 * of namespace "default".
 */
void fixture_init(Fixture *f, gboolean quick);
/* fixture_init_version: one of v1.@version_minor. */
void fixture_init_version(Fixture *f, guint version_minor);
/* fixture_init_shared: quick or not, and slowed by what its components do on the same machine. */
void fixture_init_shared(Fixture *f, gboolean quick);
/* fixture_init_ranges: quick, with other addresses of Services and other node ports. */
void fixture_init_ranges(Fixture *f, const char *service_cidr, gint32 port_first, gint32 port_last);
void fixture_clear(Fixture *f);

/* A request under way. */
typedef struct {
    ApiResponse *response; /* (owned) NULL: not answered yet */
    gint64 at_ns;
} Reply;
void reply_clear(Reply *reply);

/* fixture_send: takes @request. */
void fixture_send(Fixture *f, ApiRequest *request, Reply *reply);
/* fixture_call: runs until it is answered. (owned) */
ApiResponse *fixture_call(Fixture *f, ApiRequest *request);
/* fixture_apply: creates from YAML or JSON text, as a user's POST; (owned) */
ApiResponse *fixture_create_text(Fixture *f, const char *text, FieldValidation validation);
ApiResponse *fixture_create(Fixture *f, ApiObject *object);
/* fixture_get: the stored object, (borrowed) */
const ApiObject *fixture_get(Fixture *f, const ApiKind *kind, const char *name);
/* fixture_settle: lets watch events arrive. */
void fixture_settle(Fixture *f);
/* fixture_make_account: namespace @name (unless it is there) and its ServiceAccount "default". */
void fixture_make_account(Fixture *f, const char *name);
/* fixture_parse: one document of YAML or JSON. (owned) */
Value *fixture_parse(const char *text);
