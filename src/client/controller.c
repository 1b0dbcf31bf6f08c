/* controller.c - see controller.h: queue, workers, tick */

#include "client/controller_internal.h"

#include "base/duration.h"

#define DEFAULT_QPS     20
#define DEFAULT_BURST   30
#define DEFAULT_WORK_NS (50 * NS_PER_US)

/* One goroutine: a worker of the queue, or the one that ticks. */
typedef struct {
    Controller *controller;
    const char *key; /* interned; NULL: idle */
    SimTimer timer;  /* work; for the ticker also the wait between two passes */
    PlanRun *run;    /* steps under way */
    gboolean is_due; /* the timer fired while the process was paused */
    gboolean is_ticker;
} Worker;

/* What a source's informer calls with. */
typedef struct {
    Controller *controller;
    ControllerOnEvent on_event;
} Tap;

struct Controller {
    ControllerHome home;
    const ControllerDef *def;
    Client *client;
    Recorder *recorder;
    WorkQueue *queue;
    View *view;
    Expectations *expectations;
    Rng *rng;
    gpointer state;
    Worker *workers;
    Worker ticker;
    GPtrArray *taps; /* owned Taps */
    guint64 syncs;
    gboolean is_running;
};

/* --- a sync ----------------------------------------------------------------------------------- */

static void
controller_fill(gpointer user, Reconcile *out)
{
    const Worker *worker = user;
    Controller *controller = worker->controller;

    *out = (Reconcile){
        .view = controller->view,
        .key = worker->key,
        .now_ns = sim_now_ns(controller->home.sim),
        .wall_ns = sim_wall_ns(controller->home.sim),
        .state = controller->state,
        .expectations = controller->expectations,
        .rng = controller->rng,
        .version_minor = controller->home.version_minor,
        .config = controller->home.config,
    };
}

static void controller_wake(Controller *controller);

static gint64
controller_work_ns(const Controller *controller)
{
    return controller->def->work_ns == 0 ? DEFAULT_WORK_NS : controller->def->work_ns;
}

/* v1.34 pkg/controller: handleErr: rate-limited again, or forgotten. */
static void
worker_settle(Worker *worker, const char *error, gint64 requeue_ns)
{
    Controller *controller = worker->controller;
    WorkQueue *queue = controller->queue;
    guint retries_max = controller->def->retries_max;

    if (requeue_ns >= 0)
        workqueue_add_after(queue, worker->key, requeue_ns);
    if (error == NULL)
        workqueue_forget(queue, worker->key);
    else if (retries_max == 0 || workqueue_requeues(queue, worker->key) < retries_max)
        workqueue_add_rate_limited(queue, worker->key);
    else
        workqueue_forget(queue, worker->key);
    workqueue_done(queue, worker->key);
}

static void
worker_done(gpointer user, const char *error, gint64 requeue_ns)
{
    Worker *worker = user;
    Controller *controller = worker->controller;

    worker->run = NULL;
    if (worker->is_ticker) {
        worker->key = NULL;
        sim_timer_arm_after(&worker->timer, controller->def->period_ns);
        return;
    }
    worker_settle(worker, error, requeue_ns);
    worker->key = NULL;
    controller_wake(controller);
}

static void
controller_plan_enqueue(gpointer user, const char *key, gint64 delay_ns)
{
    const Worker *worker = user;

    workqueue_add_after(worker->controller->queue, key, delay_ns);
}

/* "deployment/default/web": the key with its kind. */
static const char *
worker_object_text(const Worker *worker)
{
    const ControllerSource *source = worker->controller->def->sources;

    if (worker->is_ticker)
        return NULL;
    if (worker->controller->def->object_text != NULL)
        return worker->controller->def->object_text(worker->key);
    if (source == NULL || source->kind == NULL)
        return NULL;
    return str_internf("%s/%s", source->kind->singular, worker->key);
}

static void
worker_reconcile(Worker *worker)
{
    Controller *controller = worker->controller;
    Reconcile reconcile;
    Plan *plan = plan_new();
    PlanRunOptions options = {
        .sim = controller->home.sim,
        .client = controller->client,
        .recorder = controller->recorder,
        .expectations = controller->expectations,
        .component = controller->def->component,
        .fill = controller_fill,
        .enqueue = controller_plan_enqueue,
        .done = worker_done,
        .user = worker,
    };

    controller->syncs++;
    controller_fill(worker, &reconcile);
    if (worker->is_ticker)
        controller->def->tick(&reconcile, plan);
    else
        controller->def->reconcile(&reconcile, plan);
    if (plan_count(plan) > 0 || plan_next(plan, NULL) != NULL)
        options.object_text = worker_object_text(worker);
    worker->run = plan_run_start(&options, worker->key, plan);
}

static void
worker_on_timer(Sim *sim, gpointer self)
{
    Worker *worker = self;

    (void)sim;
    worker->is_due = client_is_paused(worker->controller->client);
    if (worker->is_due)
        return;
    if (worker->is_ticker && worker->key == NULL) {
        worker->key = str_intern("");
        sim_timer_arm_after(&worker->timer, controller_work_ns(worker->controller));
        return;
    }
    worker_reconcile(worker);
}

/* Gives waiting keys to idle workers. */
static void
controller_wake(Controller *controller)
{
    if (!controller->is_running || client_is_paused(controller->client))
        return;
    for (guint i = 0; i < controller->def->workers; i++) {
        Worker *worker = &controller->workers[i];

        if (worker->key != NULL)
            continue;
        worker->key = workqueue_get(controller->queue);
        if (worker->key == NULL)
            return;
        sim_timer_arm_after(&worker->timer, controller_work_ns(controller));
    }
}

static void
controller_on_ready(gpointer user)
{
    controller_wake(user);
}

/* --- events of informers ---------------------------------------------------------------------- */

static void
tap_on_added(gpointer user, const ApiObject *object)
{
    const Tap *tap = user;

    tap->on_event(tap->controller, NULL, object);
}

static void
tap_on_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    const Tap *tap = user;

    tap->on_event(tap->controller, old, object);
}

static void
tap_on_deleted(gpointer user, const ApiObject *object)
{
    const Tap *tap = user;

    tap->on_event(tap->controller, object, NULL);
}

static void
controller_add_source(Controller *controller, const ControllerSource *source)
{
    Informer *informer = view_add_kind(controller->view, source->kind);
    InformerHandlers handlers = {tap_on_added, tap_on_updated, tap_on_deleted, source->wants, source->owner_kind};
    Tap *tap;

    if (source->on_event == NULL)
        return;
    tap = g_new(Tap, 1);
    *tap = (Tap){controller, source->on_event};
    g_ptr_array_add(controller->taps, tap);
    informer_add_handlers(informer, &handlers, tap);
}

static gboolean
is_listed(const ControllerSource *sources, const ApiKind *kind)
{
    for (; sources != NULL && sources->kind != NULL; sources++)
        if (sources->kind == kind)
            return TRUE;
    return FALSE;
}

/* Every other kind of the API that the controller reads. */
static void
controller_add_others(Controller *controller)
{
    const ControllerDef *def = controller->def;

    for (guint i = 0; def->reads_kind != NULL && api_kinds[i] != NULL; i++) {
        ControllerSource source = {.kind = api_kinds[i], .on_event = def->on_other};

        if (is_listed(def->sources, source.kind) || !def->reads_kind(source.kind) ||
            !apiserver_stores(controller->home.server, source.kind))
            continue;
        if (def->other_wants != NULL)
            source.wants = def->other_wants(source.kind);
        controller_add_source(controller, &source);
    }
}

static void
controller_add_sources(Controller *controller)
{
    controller->taps = g_ptr_array_new_with_free_func(g_free);
    for (const ControllerSource *s = controller->def->sources; s != NULL && s->kind != NULL; s++)
        controller_add_source(controller, s);
    controller_add_others(controller);
}

/* --- life ------------------------------------------------------------------------------------- */

static void
worker_init(Worker *worker, Controller *controller)
{
    worker->controller = controller;
    sim_timer_init(&worker->timer, controller->home.sim, SIM_CONTROL, worker_on_timer, worker);
}

static void
worker_reset(Worker *worker)
{
    sim_timer_disarm(&worker->timer);
    plan_run_cancel(g_steal_pointer(&worker->run));
    worker->key = NULL;
    worker->is_due = FALSE;
}

static void
worker_resumed(Worker *worker)
{
    if (worker->is_due)
        sim_timer_arm_after(&worker->timer, 0);
    worker->is_due = FALSE;
    if (worker->run != NULL)
        plan_run_resumed(worker->run);
}

static void
controller_renew_state(Controller *controller, gboolean is_new)
{
    if (controller->state != NULL && controller->def->free_state != NULL)
        controller->def->free_state(controller->state);
    controller->state = NULL;
    if (is_new && controller->def->new_state != NULL)
        controller->state = controller->def->new_state();
}

Controller *
controller_new(const ControllerHome *home, const ControllerDef *def)
{
    Controller *controller = g_new0(Controller, 1);
    ClientOptions client_options = {
        .sim = home->sim,
        .world = home->world,
        .process = home->process,
        .server = home->server,
        .user = def->component,
        .qps = def->qps == 0 ? DEFAULT_QPS : def->qps,
        .burst = def->burst == 0 ? DEFAULT_BURST : def->burst,
        .share = home->share,
    };
    RecorderOptions recorder_options = {.component = def->component, .is_sparing = def->is_sparing};
    g_autofree char *stream = g_strdup_printf("controller/%s", def->name);

    controller->home = *home;
    controller->def = def;
    controller->client = client_new(&client_options);
    controller->recorder = recorder_new(controller->client, &recorder_options);
    controller->queue = workqueue_new(home->sim, &def->queue, controller_on_ready, controller);
    controller->view = view_new_informers(home->factory);
    controller->expectations = expectations_new();
    controller->rng = rng_stream(home->sim, stream);
    controller->workers = g_new0(Worker, def->workers + 1);
    for (guint i = 0; i < def->workers; i++)
        worker_init(&controller->workers[i], controller);
    worker_init(&controller->ticker, controller);
    controller->ticker.is_ticker = TRUE;
    controller_renew_state(controller, TRUE);
    controller_add_sources(controller);
    return controller;
}

void
controller_start(Controller *controller)
{
    controller->is_running = TRUE;
    if (controller->def->tick != NULL)
        sim_timer_arm_after(&controller->ticker.timer, 0);
    controller_wake(controller);
}

void
controller_reset(Controller *controller)
{
    controller->is_running = FALSE;
    for (guint i = 0; i < controller->def->workers; i++)
        worker_reset(&controller->workers[i]);
    worker_reset(&controller->ticker);
    recorder_reset(controller->recorder);
    client_reset(controller->client);
    workqueue_clear(controller->queue);
    expectations_clear(controller->expectations);
    controller_renew_state(controller, TRUE);
}

void
controller_resumed(Controller *controller)
{
    client_resumed(controller->client);
    recorder_resumed(controller->recorder);
    for (guint i = 0; i < controller->def->workers; i++)
        worker_resumed(&controller->workers[i]);
    worker_resumed(&controller->ticker);
    controller_wake(controller);
}

void
controller_free(Controller *controller)
{
    if (controller == NULL)
        return;
    controller_reset(controller);
    controller_renew_state(controller, FALSE);
    for (guint i = 0; i < controller->def->workers; i++)
        sim_timer_clear(&controller->workers[i].timer);
    sim_timer_clear(&controller->ticker.timer);
    recorder_free(controller->recorder);
    client_free(controller->client);
    workqueue_free(controller->queue);
    view_free(controller->view);
    expectations_free(controller->expectations);
    g_free(controller->workers);
    g_ptr_array_unref(controller->taps);
    g_free(controller);
}

Controller *
controller_new_deaf(Sim *sim, const ControllerDef *def, View *view, guint version_minor)
{
    Controller *controller = g_new0(Controller, 1);

    controller->home.sim = sim;
    controller->home.version_minor = version_minor;
    controller->def = def;
    controller->queue = workqueue_new(sim, &def->queue, controller_on_ready, controller);
    controller->view = view;
    controller->expectations = expectations_new();
    controller_renew_state(controller, TRUE);
    return controller;
}

void
controller_free_deaf(Controller *controller)
{
    controller_renew_state(controller, FALSE);
    workqueue_free(controller->queue);
    view_free(controller->view);
    expectations_free(controller->expectations);
    g_free(controller);
}

const char *
controller_take(Controller *controller)
{
    const char *key = workqueue_get(controller->queue);

    if (key != NULL)
        workqueue_done(controller->queue, key);
    return key;
}

const ControllerDef *
controller_def(const Controller *controller)
{
    return controller->def;
}

/* --- for on_event ----------------------------------------------------------------------------- */

void
controller_enqueue(Controller *controller, const char *key)
{
    workqueue_add(controller->queue, key);
}

void
controller_enqueue_object(Controller *controller, const ApiObject *object)
{
    workqueue_add(controller->queue, api_key(object));
}

void
controller_enqueue_after(Controller *controller, const char *key, gint64 delay_ns)
{
    workqueue_add_after(controller->queue, key, delay_ns);
}

void
controller_event(Controller *controller,
                 const ApiObject *about,
                 const char *type,
                 const char *reason,
                 const char *format,
                 ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    recorder_event(controller->recorder, about, type, reason, message);
}

ControllerCounters
controller_counters(const Controller *controller)
{
    return (ControllerCounters){controller->syncs, view_visited(controller->view)};
}

View *
controller_view(Controller *controller)
{
    return controller->view;
}

gpointer
controller_state(Controller *controller)
{
    return controller->state;
}

gint64
controller_wall_ns(const Controller *controller)
{
    return sim_wall_ns(controller->home.sim);
}

guint
controller_version_minor(const Controller *controller)
{
    return controller->home.version_minor;
}

void
controller_observe_creation(Controller *controller, const char *key)
{
    expectations_observe_creation(controller->expectations, key);
}

void
controller_observe_deletion(Controller *controller, const char *key, const char *pod_key)
{
    expectations_observe_deletion(controller->expectations, key, pod_key);
}

void
controller_forget_expectations(Controller *controller, const char *key)
{
    expectations_forget(controller->expectations, key);
}

gconstpointer
controller_config(const Controller *controller)
{
    return controller->home.config;
}
