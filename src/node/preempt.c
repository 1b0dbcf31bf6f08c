/*
 * preempt.c - pods that make room for a critical one
 *
 * v1.34 pkg/kubelet/preemption/preemption.go: where only resources keep a critical
 * pod from running here, others are taken down, one after the other; it is admitted
 * when they have ended.
 */

#include "node/internal.h"
#include "node/pressure.h"

static const char message[] = "Preempted in order to admit critical pod";
static const char disruption[] = "Pod was preempted by Kubelet to accommodate a critical pod.";

/* --- who ---------------------------------------------------------------------------------- */

/* What is still to be freed of one resource. */
typedef struct {
    const char *resource;
    gint64 amount;
} Need;

static gint64
request_of(const ApiObject *pod, const char *resource)
{
    QuantityMap requests = {0};
    gint64 amount;

    if (str_is(resource, "pods"))
        return 1;
    pod_requests(pod_spec(pod), &requests);
    amount = admit_amount_of(resource, quantity_map_get(&requests, resource));
    g_free(requests.items);
    return amount;
}

static gint32
priority_of(const ApiObject *pod)
{
    return pod_spec(pod)->priority.is_set ? pod_spec(pod)->priority.value : 0;
}

/* v1.34 types/pod_update.go: Preemptable */
static gboolean
is_preemptable(const ApiObject *pod, const ApiObject *other)
{
    if (eviction_is_exempt(pod) && !eviction_is_exempt(other))
        return TRUE;
    return pod_spec(pod)->priority.is_set && pod_spec(other)->priority.is_set &&
           priority_of(pod) > priority_of(other);
}

/* What of @needs is left when @pods are gone. (owned) */
static GArray *
needs_without(const GArray *needs, const GPtrArray *pods)
{
    GArray *left = g_array_new(FALSE, FALSE, sizeof(Need));

    for (guint i = 0; i < needs->len; i++) {
        Need need = g_array_index(needs, Need, i);

        for (guint k = 0; k < pods->len; k++)
            need.amount -= request_of(pods->pdata[k], need.resource);
        if (need.amount > 0)
            g_array_append_val(left, need);
    }
    return left;
}

/* How much of the needs the pod leaves open, each as a fraction, squared. */
static double
distance_of(const GArray *needs, const ApiObject *pod)
{
    double distance = 0;

    for (guint i = 0; i < needs->len; i++) {
        const Need *need = &g_array_index(needs, Need, i);
        gint64 open = need->amount - request_of(pod, need->resource);
        double part = (double)open / (double)need->amount;

        if (open > 0)
            distance += part * part;
    }
    return distance;
}

static gboolean
is_smaller(const ApiObject *a, const ApiObject *b)
{
    gint64 memory = request_of(a, str_intern("memory")) - request_of(b, str_intern("memory"));

    if (memory != 0)
        return memory < 0;
    return request_of(a, str_intern("cpu")) <= request_of(b, str_intern("cpu"));
}

/* v1.34 getPodsToPreemptByDistance: moves from @pods to @out until @needs, which it takes, are met. */
static void
take_nearest(GPtrArray *pods, GArray *needs, GPtrArray *out)
{
    while (needs->len > 0 && pods->len > 0) {
        double best = 0;
        guint index = 0;
        g_autoptr(GPtrArray) one = g_ptr_array_new();
        GArray *left;

        for (guint i = 0; i < pods->len; i++) {
            double distance = distance_of(needs, pods->pdata[i]);

            if (i == 0 || distance < best ||
                (!(distance > best) && is_smaller(pods->pdata[i], pods->pdata[index]))) {
                best = distance;
                index = i;
            }
        }
        g_ptr_array_add(one, pods->pdata[index]);
        g_ptr_array_add(out, pods->pdata[index]);
        g_ptr_array_remove_index_fast(pods, index);
        left = needs_without(needs, one);
        g_array_unref(needs);
        needs = left;
    }
    g_array_unref(needs);
}

static void
add_all(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, from->pdata[i]);
}

static GPtrArray *
joined(const GPtrArray *a, const GPtrArray *b)
{
    GPtrArray *both = g_ptr_array_new();

    add_all(both, a);
    add_all(both, b);
    return both;
}

static const char *
needs_text(const GArray *needs)
{
    g_autoptr(GString) text = g_string_new("[");

    for (guint i = 0; i < needs->len; i++) {
        const Need *need = &g_array_index(needs, Need, i);

        g_string_append_printf(text, "(res: %s, q: %" G_GINT64_FORMAT "), ", need->resource,
                               need->amount);
    }
    g_string_append_c(text, ']');
    return str_intern(text->str);
}

enum { BEST_EFFORT, BURSTABLE, GUARANTEED, N_CLASSES };

static void
sort_by_class(const ApiObject *pod,
              const ApiObject *const *pods,
              guint n_pods,
              GPtrArray *classes[N_CLASSES])
{
    for (guint i = 0; i < n_pods; i++) {
        const char *qos = pod_qos(pod_spec(pods[i]));
        guint class_ = str_is(qos, "BestEffort") ? BEST_EFFORT
                       : str_is(qos, "Burstable") ? BURSTABLE
                                                  : GUARANTEED;

        if (is_preemptable(pod, pods[i]))
            g_ptr_array_add(classes[class_], (gpointer)pods[i]);
    }
}

/* Of each class only what the lower ones, all of them gone, could not give. */
static GPtrArray *
choose(GPtrArray *classes[N_CLASSES], const GArray *needs)
{
    g_autoptr(GPtrArray) guaranteed = g_ptr_array_new();
    g_autoptr(GPtrArray) burstable = g_ptr_array_new();
    g_autoptr(GPtrArray) lower = joined(classes[BEST_EFFORT], classes[BURSTABLE]);
    g_autoptr(GPtrArray) others = NULL;
    g_autoptr(GPtrArray) higher = NULL;
    GPtrArray *chosen = g_ptr_array_new();

    take_nearest(classes[GUARANTEED], needs_without(needs, lower), guaranteed);
    others = joined(classes[BEST_EFFORT], guaranteed);
    take_nearest(classes[BURSTABLE], needs_without(needs, others), burstable);
    higher = joined(burstable, guaranteed);
    take_nearest(classes[BEST_EFFORT], needs_without(needs, higher), chosen);
    add_all(chosen, higher);
    return chosen;
}

GPtrArray *
preempt_choose(const ApiObject *pod,
               const ApiObject *const *pods,
               guint n_pods,
               const GArray *failures,
               const char **out_error)
{
    g_autoptr(GArray) needs = g_array_new(FALSE, FALSE, sizeof(Need));
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(GArray) left = NULL;
    GPtrArray *classes[N_CLASSES];
    GPtrArray *chosen = NULL;

    for (guint i = 0; i < failures->len; i++) {
        const AdmitFailure *failure = &g_array_index(failures, AdmitFailure, i);
        Need need = {failure->resource, failure->requested - (failure->capacity - failure->used)};

        g_array_append_val(needs, need);
    }
    for (guint i = 0; i < N_CLASSES; i++)
        classes[i] = g_ptr_array_new();
    sort_by_class(pod, pods, n_pods, classes);
    for (guint i = 0; i < N_CLASSES; i++)
        add_all(all, classes[i]);
    left = needs_without(needs, all);
    if (left->len > 0)
        *out_error = str_internf("no set of running pods found to reclaim resources: %s",
                                 needs_text(left));
    else
        chosen = choose(classes, needs);
    for (guint i = 0; i < N_CLASSES; i++)
        g_ptr_array_unref(classes[i]);
    return chosen;
}

/* --- one after the other ---------------------------------------------------------------- */

static void
take_down(Worker *victim)
{
    victim->evict_reason = str_intern("Preempting");
    victim->evict_message = str_intern(message);
    victim->disruption = str_intern(disruption);
    worker_event(victim, "Warning", "Preempting", message);
    worker_terminate(victim, -1);
}

static gboolean
is_over(const Worker *victim)
{
    return victim == NULL || victim->has_terminated || victim->is_finished;
}

static void
go_on(Worker *w)
{
    while (w->awaited->len > 0) {
        Worker *victim = kubelet_find_worker(w->k, w->awaited->pdata[0]);

        if (!is_over(victim)) {
            if (!w->has_told)
                take_down(victim);
            w->has_told = TRUE;
            return;
        }
        g_ptr_array_remove_index(w->awaited, 0);
        w->has_told = FALSE;
    }
    g_clear_pointer(&w->awaited, g_ptr_array_unref);
    worker_start(w);
}

void
preempt_begin(Worker *w, const GPtrArray *victims)
{
    w->awaited = g_ptr_array_new();
    for (guint i = 0; i < victims->len; i++)
        g_ptr_array_add(w->awaited, (gpointer)api_uid(victims->pdata[i]));
    go_on(w);
}

void
preempt_ended(Kubelet *k)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(k);

    for (guint i = 0; i < workers->len; i++) {
        Worker *w = workers->pdata[i];

        if (w->awaited != NULL)
            go_on(w);
    }
}
