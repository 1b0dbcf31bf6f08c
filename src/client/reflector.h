/*
 * reflector.h - list, watch, resume: what feeds an informer
 *
 * Models client-go v0.34 tools/cache/reflector.go. Left out: the end of a watch
 * after 5 to 10 minutes (the next one resumes at the same revision at once, so
 * nothing is seen of it), paging, the periodic resync.
 */
#pragma once

#include "client/client.h"

typedef struct Reflector Reflector;

typedef struct {
    /* A list came: these are all objects. @items holds (borrowed) ApiObject. */
    void (*replaced)(gpointer user, const GPtrArray *items);
    void (*event)(gpointer user, WatchType type, const ApiObject *object);
    /* as in ClientWatchHooks */
    gboolean (*is_quiet)(gpointer user);
    void (*renewed)(gpointer user, const Renewal *renewal);
    void (*play)(gpointer user);
} ReflectorHooks;

Reflector *reflector_new(Client *client,
                         const ApiKind *kind,
                         const char *field_selector,
                         const ReflectorHooks *hooks,
                         gpointer user);
void reflector_free(Reflector *reflector);
void reflector_start(Reflector *reflector);
/* reflector_reset: the process died and the client was reset. */
void reflector_reset(Reflector *reflector);
void reflector_resumed(Reflector *reflector);
/* reflector_catch_up, reflector_changed: as client_watch_catch_up, client_watch_changed. */
void reflector_catch_up(Reflector *reflector);
void reflector_changed(Reflector *reflector);

/* Back-off of v0.34 util/wait: doubling with jitter, forgotten after a quiet time. */
typedef struct {
    gint64 initial_ns, cap_ns, quiet_ns;
    gint64 next_ns; /* 0: start anew */
    gint64 last_ns;
} ReflectorBackoff;
/* reflector_backoff_ns: the next wait: uniform in [d, 2d]. */
gint64 reflector_backoff_ns(ReflectorBackoff *backoff, gint64 now_ns, Rng *rng);
