/*
 * controller.h - the frame that runs reconcilers: sources, queue, workers
 *
 * A controller is a const ControllerDef in its own file and one line in the
 * manager's list. Event handlers (`on_event`) translate changes into keys;
 * `reconcile` is pure. Views can be made from plain arrays, so that each rule is
 * tested as a table.
 */
#pragma once

#include "client/informer.h"
#include "client/plan.h"
#include "client/recorder.h"
#include "client/workqueue.h"

typedef struct Controller Controller;
typedef struct ControllerDef ControllerDef;
typedef struct Expectations Expectations;
typedef struct View View;

/* --- what a reconciler sees ------------------------------------------------------------------- */

/*
 * A view over informers (at run time) or over arrays (in tests). Listings append
 * (borrowed) objects in order of arrival.
 */
View *view_new_array(const ApiObject *const *objects, guint count);
void view_free(View *view);
const ApiObject *
view_get(View *view, const ApiKind *kind, const char *namespace_, const char *name);
/* view_leases: as informer_leases; empty where objects are all there is. */
const LeaseTable *view_leases(View *view);
void view_list(View *view, const ApiKind *kind, const char *namespace_, GPtrArray *out);
void view_list_owned(View *view, const ApiKind *kind, const char *owner_uid, GPtrArray *out);
/* view_count_owned: how many view_list_owned would list, without a walk. */
guint view_count_owned(View *view, const ApiKind *kind, const char *owner_uid);
void view_list_orphans(View *view, const ApiKind *kind, const char *namespace_, GPtrArray *out);
void view_list_on_node(View *view, const char *node_name, GPtrArray *out); /* pods */
/* view_is_empty: there is no object of @kind at all. */
gboolean view_is_empty(View *view, const ApiKind *kind);
/* view_scratch: an empty array to list into, good until the next call. (borrowed) */
GPtrArray *view_scratch(View *view);
/* view_knows: @kind is a source; in tests, a kind that every cluster has. */
gboolean view_knows(const View *view, const ApiKind *kind);
guint64 view_visited(const View *view); /* objects handed out so far: cost of a reconcile */

struct Reconcile {
    View *view;
    const char *key;                  /* "namespace/name" */
    gint64 now_ns;                    /* virtual */
    gint64 wall_ns;                   /* calendar: compare with ApiTime */
    gpointer state;                   /* the controller's own memory (new_state); NULL if none */
    const Expectations *expectations; /* NULL in tests = satisfied */
    Rng *rng;
    guint version_minor;
    gconstpointer config; /* ControllerManagerOptions.config */
};

/* --- expectations (pkg/controller/controller_utils) ------------------------------------------- */

gboolean expectations_satisfied(const Expectations *expectations, const char *key, gint64 now_ns);

/* --- a controller ----------------------------------------------------------------------------- */

/* @old NULL: added; @object NULL: deleted (old is the last state). */
typedef void (*ControllerOnEvent)(Controller *controller,
                                  const ApiObject *old,
                                  const ApiObject *object);

/*
 * A kind that is watched; @on_event NULL: only read. Every kind that a reconciler
 * reads must be a source. @wants, @owner_kind: what on_event would do nothing about need
 * not reach it (InformerHandlers).
 */
typedef struct {
    const ApiKind *kind;
    ControllerOnEvent on_event;
    guint wants; /* Wants */
    const ApiKind *owner_kind;
} ControllerSource;

struct ControllerDef {
    const char *name;      /* "deployment": in --help and traces "deployment-controller" */
    const char *component; /* event source: "deployment-controller" */
    guint workers;
    gboolean is_sparing; /* of events: correlator.h */
    guint qps, burst; /* of its own client; 0: 20, 30 */
    WorkQueueOptions queue;
    guint retries_max;               /* 0: for ever */
    const ControllerSource *sources; /* ended by kind NULL */
    /* Every other kind of the API for which @reads_kind says so is a source too, with @on_other. */
    gboolean (*reads_kind)(const ApiKind *kind);
    ControllerOnEvent on_other;
    guint (*other_wants)(const ApiKind *kind); /* Wants of on_other; NULL: all */
    void (*reconcile)(const Reconcile *r, Plan *plan);
    /*
     * A loop instead of, or beside, keys: called every period after the last pass
     * ended, with key "".
     */
    gint64 period_ns; /* 0: none */
    void (*tick)(const Reconcile *r, Plan *plan);
    gint64 work_ns; /* CPU time one reconcile takes; 0: 50 us */
    gpointer (*new_state)(void);
    void (*free_state)(gpointer state);
    /* What traces call a key ("node/worker-1", interned); NULL: "KIND OF THE FIRST SOURCE/key". */
    const char *(*object_text)(const char *key);
};

/* For on_event: */
void controller_enqueue(Controller *controller, const char *key);
void controller_enqueue_object(Controller *controller, const ApiObject *object);
void controller_enqueue_after(Controller *controller, const char *key, gint64 delay_ns);
/* controller_event: what a handler itself has to tell, past the queue. */
void controller_event(Controller *controller,
                      const ApiObject *about,
                      const char *type,
                      const char *reason,
                      const char *format,
                      ...) G_GNUC_PRINTF(5, 6);
View *controller_view(Controller *controller);
gpointer controller_state(Controller *controller);
gint64 controller_wall_ns(const Controller *controller);
/* controller_version_minor: a profile, see api/profile.h. */
guint controller_version_minor(const Controller *controller);
void controller_observe_creation(Controller *controller, const char *key);
void controller_observe_deletion(Controller *controller, const char *key, const char *pod_key);
void controller_forget_expectations(Controller *controller, const char *key);

/* For benchmarks: syncs begun, and objects that its view handed out to them and to on_event. */
typedef struct {
    guint64 syncs, visited;
} ControllerCounters;
ControllerCounters controller_counters(const Controller *controller);

/* --- a manager: one process with many controllers and one informer factory -------------------- */

typedef struct ControllerManager ControllerManager;
typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    const char *process_name;                /* "kube-controller-manager" */
    const ControllerDef *const *controllers; /* NULL-terminated, start order */
    guint version_minor;
    gboolean leader_elect;
    gconstpointer config; /* controllers' own; handed on through controller_config */
} ControllerManagerOptions;
ControllerManager *
controller_manager_new(const ControllerManagerOptions *options); /* process is stopped */
void controller_manager_free(ControllerManager *manager);
Process *controller_manager_process(ControllerManager *manager);
/* controller_manager_find: by def->name; NULL if it has none such. */
Controller *controller_manager_find(ControllerManager *manager, const char *name);
/*
 * controller_manager_is_leading: its controllers work (informers are filled,
 * elected if need be).
 */
gboolean controller_manager_is_leading(const ControllerManager *manager);
gconstpointer controller_config(const Controller *controller);
