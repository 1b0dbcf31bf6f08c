/* phase.c - see phase.h */

#include "node/phase.h"

const ContainerStatus *
container_status_find(const ContainerStatusList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

gboolean
pod_has_started(const PodSpec *spec, const ContainerStatusList *app)
{
    for (guint i = 0; i < spec->containers.count; i++) {
        const ContainerStatus *status = container_status_find(app, spec->containers.items[i].name);

        if (status != NULL && (status->state.running != NULL || status->state.terminated != NULL))
            return TRUE;
    }
    return FALSE;
}

typedef struct {
    guint init_pending, init_failed, sidecars_pending;
    guint unknown, running, waiting, stopped, succeeded;
} PhaseCounts;

static void
count_init(PhaseCounts *counts, const ContainerStatus *status)
{
    const ContainerState *state = status != NULL ? &status->state : NULL;

    if (state != NULL && state->running == NULL) {
        const ContainerStateTerminated *ended = state->terminated;

        if (ended == NULL && state->waiting != NULL)
            ended = status->last_state.terminated;
        if (ended != NULL) {
            if (ended->exit_code != 0)
                counts->init_failed++;
            return;
        }
    }
    counts->init_pending++;
}

static void
count_sidecar(PhaseCounts *counts, const ContainerStatus *status)
{
    if (status == NULL) {
        counts->unknown++;
    } else if (status->state.running != NULL) {
        if (status->started != OPT_TRUE)
            counts->sidecars_pending++;
        counts->running++;
    } else if (status->state.terminated == NULL && status->state.waiting != NULL) {
        if (status->last_state.terminated == NULL) {
            counts->sidecars_pending++;
            counts->waiting++;
        }
    } else if (status->state.terminated == NULL) {
        counts->sidecars_pending++;
        counts->unknown++;
    }
}

static void
count_app(PhaseCounts *counts, const ContainerStatus *status)
{
    if (status == NULL) {
        counts->unknown++;
    } else if (status->state.running != NULL) {
        counts->running++;
    } else if (status->state.terminated != NULL) {
        counts->stopped++;
        if (status->state.terminated->exit_code == 0)
            counts->succeeded++;
    } else if (status->state.waiting != NULL) {
        if (status->last_state.terminated != NULL)
            counts->stopped++;
        else
            counts->waiting++;
    } else {
        counts->unknown++;
    }
}

const char *
pod_phase(const PodSpec *spec,
          const ContainerStatusList *init,
          const ContainerStatusList *app,
          gboolean is_terminal)
{
    PhaseCounts n = {0};

    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];

        if (container_is_sidecar(container))
            count_sidecar(&n, container_status_find(init, container->name));
        else
            count_init(&n, container_status_find(init, container->name));
    }
    for (guint i = 0; i < spec->containers.count; i++)
        count_app(&n, container_status_find(app, spec->containers.items[i].name));

    if (n.init_failed > 0 && str_is(spec->restart_policy, "Never"))
        return str_intern("Failed");
    if (n.init_pending > 0 || (n.sidecars_pending > 0 && !pod_has_started(spec, app)) ||
        n.waiting > 0)
        return str_intern("Pending");
    if (n.running > 0 && n.unknown == 0)
        return str_intern("Running");
    if (n.running == 0 && n.stopped > 0 && n.unknown == 0) {
        if (is_terminal)
            return str_intern(n.stopped == n.succeeded ? "Succeeded" : "Failed");
        if (str_is(spec->restart_policy, "Always") || spec->restart_policy == NULL)
            return str_intern("Running");
        if (n.stopped == n.succeeded)
            return str_intern("Succeeded");
        return str_intern(str_is(spec->restart_policy, "Never") ? "Failed" : "Running");
    }
    return str_intern("Pending");
}

/* --- conditions ---------------------------------------------------------------------- */

static void
condition_set(Condition *out,
              const char *type,
              gboolean is_true,
              const char *reason,
              const char *message)
{
    *out = (Condition){
        .type = str_intern(type),
        .status = str_intern(is_true ? "True" : "False"),
        .reason = str_intern(reason),
        .message = str_intern(message),
    };
}

/* names: "[a b]" as Go prints a slice */
static void
names_add(GString **names, const char *name)
{
    if (*names == NULL)
        *names = g_string_new(name);
    else
        g_string_append(g_string_append_c(*names, ' '), name);
}

/* (interned), NULL if there are no names. Takes both. */
static const char *
names_message(GString *unknown, GString *other, const char *word)
{
    const char *text = NULL;

    if (unknown != NULL)
        text = str_internf("containers with unknown status: [%s]", unknown->str);
    if (other != NULL)
        text = str_internf("%s%scontainers with %s status: [%s]", text != NULL ? text : "", text != NULL ? ", " : "",
                           word, other->str);
    if (unknown != NULL)
        g_string_free(unknown, TRUE);
    if (other != NULL)
        g_string_free(other, TRUE);
    return text;
}

void
condition_initialized(const PodSpec *spec,
                      const PodStatus *status,
                      const char *phase,
                      Condition *out)
{
    GString *unknown = NULL;
    GString *incomplete = NULL;
    const char *message;
    gboolean is_known;

    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];
        const ContainerStatus *found =
            container_status_find(&status->init_container_statuses, container->name);

        if (found == NULL)
            names_add(&unknown, container->name);
        else if (container_is_sidecar(container) ? found->started != OPT_TRUE : !found->ready)
            names_add(&incomplete, container->name);
    }
    is_known = unknown == NULL;
    message = names_message(unknown, incomplete, "incomplete");
    if (str_is(phase, "Succeeded") && is_known)
        condition_set(out, "Initialized", TRUE, "PodCompleted", NULL);
    else if (message == NULL || pod_has_started(spec, &status->container_statuses))
        condition_set(out, "Initialized", TRUE, NULL, NULL);
    else
        condition_set(out, "Initialized", FALSE, "ContainersNotInitialized", message);
}

void
condition_containers_ready(const PodSpec *spec,
                           const PodStatus *status,
                           const char *phase,
                           Condition *out)
{
    GString *unknown = NULL;
    GString *unready = NULL;
    const char *message;
    gboolean is_known;
    guint n_init = spec->init_containers.count;

    for (guint i = 0; i < n_init + spec->containers.count; i++) {
        gboolean is_init = i < n_init;
        const Container *container =
            is_init ? &spec->init_containers.items[i] : &spec->containers.items[i - n_init];
        const ContainerStatus *found;

        if (is_init && !container_is_sidecar(container))
            continue;
        found = container_status_find(is_init ? &status->init_container_statuses
                                              : &status->container_statuses,
                                      container->name);
        if (found == NULL)
            names_add(&unknown, container->name);
        else if (!found->ready)
            names_add(&unready, container->name);
    }
    is_known = unknown == NULL;
    message = names_message(unknown, unready, "unready");
    if (str_is(phase, "Succeeded") && is_known)
        condition_set(out, "ContainersReady", FALSE, "PodCompleted", NULL);
    else if (str_is(phase, "Failed"))
        condition_set(out, "ContainersReady", FALSE, "PodFailed", NULL);
    else if (message != NULL)
        condition_set(out, "ContainersReady", FALSE, "ContainersNotReady", message);
    else
        condition_set(out, "ContainersReady", TRUE, NULL, NULL);
}

void
condition_ready(const PodSpec *spec,
                const PodStatus *status,
                const ConditionList *gates,
                const char *phase,
                Condition *out)
{
    GString *missing;

    condition_containers_ready(spec, status, phase, out);
    out->type = str_intern("Ready");
    if (!str_is(out->status, "True"))
        return;
    missing = g_string_new(NULL);
    for (guint i = 0; i < spec->readiness_gates.count; i++) {
        const char *type = spec->readiness_gates.items[i].condition_type;
        const Condition *gate = condition_find(gates, type);

        if (gate != NULL && str_is(gate->status, "True"))
            continue;
        if (missing->len > 0)
            g_string_append(missing, ", ");
        if (gate == NULL)
            g_string_append_printf(missing,
                                   "corresponding condition of pod readiness gate \"%s\" does not "
                                   "exist.",
                                   type);
        else
            g_string_append_printf(missing,
                                   "the status of pod readiness gate \"%s\" is not \"True\", but "
                                   "%s",
                                   type, gate->status);
    }
    if (missing->len > 0)
        condition_set(out, "Ready", FALSE, "ReadinessGatesNotReady", missing->str);
    g_string_free(missing, TRUE);
}

gboolean
kubelet_owns_condition(const char *type)
{
    /* Types of conditions are interned as a rule: then each look is at a pointer. */
    return str_is(type, str_intern("Ready")) || str_is(type, str_intern("PodScheduled")) ||
           str_is(type, str_intern("Initialized")) || str_is(type, str_intern("ContainersReady")) ||
           str_is(type, str_intern("PodReadyToStartContainers")) || str_is(type, str_intern("PodResizePending")) ||
           str_is(type, str_intern("PodResizeInProgress"));
}
