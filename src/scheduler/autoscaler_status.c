/*
 * autoscaler_status.c - see autoscaler_internal.h
 *
 * Models: clusterstate.go GetStatus, clusterstate/utils/status.go, clusterstate/api/types.go: YAML since 1.30,
 * fields in the order of the types. Machines of which the cloud has forgotten for long (longUnregistered) are
 * given back in the loop that finds them.
 */

#include "base/duration.h"
#include "base/yaml_scalar.h"
#include "scheduler/autoscaler_internal.h"

#define MAP_NAME     "cluster-autoscaler-status"
#define MAP_NS       "kube-system"
#define LAST_UPDATED "cluster-autoscaler.kubernetes.io/last-updated"
#define NEVER        G_MININT64

typedef struct {
    const char *status; /* interned */
    gint64 since_ns;    /* calendar; NEVER */
} Transition;

typedef struct {
    const Reconcile *r;
    GString *text;
} Writer;

/* --- times --------------------------------------------------------------------------------------------- */

/* ".5": the part of a second, without zeros at its end. (owned) */
static char *
fraction(gint64 wall_ns)
{
    char *text = wall_ns % NS_PER_S == 0
                     ? g_strdup("")
                     : g_strdup_printf(".%09" G_GINT64_FORMAT, wall_ns % NS_PER_S);

    for (size_t n = strlen(text); n > 0 && text[n - 1] == '0'; n--)
        text[n - 1] = '\0';
    return text;
}

/* "2026-11-20 08:16:16.5 +0000 UTC", or "2026-11-20T08:16:16.5Z". (owned) */
static char *
format_time(gint64 wall_ns, gboolean is_rfc3339)
{
    g_autofree char *whole = time_format_rfc3339(wall_ns), *rest = fraction(wall_ns);
    const char *day_end = strchr(whole, 'T');

    return g_strdup_printf(is_rfc3339 ? "%.*sT%.*s%sZ" : "%.*s %.*s%s +0000 UTC",
                           (int)(day_end - whole), whole, (int)strlen(day_end) - 2, day_end + 1,
                           rest);
}

/* --- conditions ----------------------------------------------------------------------------------------- */

static void
write_time(const Writer *writer, const char *indent, const char *field, gint64 wall_ns)
{
    g_autofree char *text = wall_ns == NEVER ? NULL : format_time(wall_ns, TRUE);

    if (text != NULL)
        g_string_append_printf(writer->text, "%s%s: \"%s\"\n", indent, field, text);
}

/* When it was looked at, and since when it has been so. @key: whose, and which. */
static void
write_times(const Writer *writer,
            const char *indent,
            const char *key,
            const char *status,
            gint64 probe_ns)
{
    AutoscalerState *state = writer->r->state;
    Transition *last = g_hash_table_lookup(state->transitions, str_intern(key));

    if (last == NULL) {
        last = g_new0(Transition, 1);
        g_hash_table_insert(state->transitions, (gpointer)str_intern(key), last);
    }
    if (!str_is(last->status, status))
        *last = (Transition){str_intern(status), probe_ns};
    write_time(writer, indent, "lastProbeTime", probe_ns);
    write_time(writer, indent, "lastTransitionTime", last->since_ns);
}

static void
write_counts(const Writer *writer, const char *indent, const Readiness *nodes)
{
    g_string_append_printf(writer->text,
                           "%snodeCounts:\n%s  registered:\n%s    total: %u\n%s    ready: %u\n%s   "
                           " notStarted: %u\n",
                           indent, indent, indent, nodes->registered, indent, nodes->ready, indent,
                           nodes->not_started);
    if (nodes->deleted > 0)
        g_string_append_printf(writer->text, "%s    beingDeleted: %u\n", indent, nodes->deleted);
    if (nodes->unready > 0)
        g_string_append_printf(writer->text,
                               "%s    unready:\n%s      total: %u\n%s      resourceUnready: 0\n",
                               indent, indent, nodes->unready, indent);
    g_string_append_printf(writer->text, "%s  longUnregistered: 0\n%s  unregistered: %u\n", indent,
                           indent, nodes->unregistered);
}

static void
write_down(const Writer *writer, const char *indent, const char *whose, guint candidates)
{
    const AutoscalerState *state = writer->r->state;
    const char *status = candidates > 0 ? "CandidatesPresent" : "NoCandidates";

    g_string_append_printf(writer->text, "%.*sscaleDown:\n%sstatus: %s\n", (int)strlen(indent) - 2,
                           indent, indent, status);
    if (candidates > 0)
        g_string_append_printf(writer->text, "%scandidates: %u\n", indent, candidates);
    write_times(writer, indent, str_internf("%s/scaleDown", whose), status,
                state->has_looked_down ? state->looked_down_wall_ns : NEVER);
}

static void
write_cluster(const Writer *writer)
{
    const AutoscalerConfig *config = writer->r->config;
    const AutoscalerState *state = writer->r->state;
    const char *health = state->is_healthy ? "Healthy" : "Unhealthy", *up = "NoActivity";
    guint candidates = 0;

    for (guint i = 0; i < config->n_groups; i++) {
        candidates += state->groups[i].candidates;
        if (autoscaler_group_is_growing(writer->r, i))
            up = "InProgress";
    }
    g_string_append_printf(writer->text, "clusterWide:\n  health:\n    status: %s\n", health);
    write_counts(writer, "    ", &state->total);
    write_times(writer, "    ", "/health", health, writer->r->wall_ns);
    g_string_append_printf(writer->text, "  scaleUp:\n    status: %s\n", up);
    write_times(writer, "    ", "/scaleUp", up, writer->r->wall_ns);
    write_down(writer, "    ", "", candidates);
}

/* --- groups --------------------------------------------------------------------------------------------- */

static const char *
up_status(const Reconcile *r, guint index)
{
    const AutoscalerConfig *config = r->config;

    return autoscaler_group_is_growing(r, index)                     ? "InProgress"
           : !autoscaler_group_is_healthy(r, index)                  ? "Unhealthy"
           : autoscaler_is_backed_off(r, config->groups[index].name) ? "Backoff"
                                                                     : "NoActivity";
}

static void
write_group(const Writer *writer, guint index)
{
    const AutoscalerConfig *config = writer->r->config;
    const AutoscalerState *state = writer->r->state;
    const AutoscalerGroup *group = &config->groups[index];
    const GroupState *now = &state->groups[index];
    const char *health = autoscaler_group_is_healthy(writer->r, index) ? "Healthy" : "Unhealthy";
    const char *up = up_status(writer->r, index),
               *quote = yaml_scalar_is_string(group->name) ? "" : "\"";
    gint64 probe_ns =
        now->nodes.registered + now->nodes.unregistered > 0 ? writer->r->wall_ns : NEVER;

    g_string_append_printf(writer->text, "- name: %s%s%s\n  health:\n    status: %s\n", quote,
                           group->name, quote, health);
    write_counts(writer, "    ", &now->nodes);
    g_string_append_printf(writer->text,
                           "    cloudProviderTarget: %u\n    minSize: %u\n    maxSize: %u\n",
                           now->target, group->min, group->max);
    write_times(writer, "    ", str_internf("%s/health", group->name), health, probe_ns);
    g_string_append_printf(writer->text, "  scaleUp:\n    status: %s\n", up);
    if (str_is(up, "Backoff"))
        g_string_append_printf(
            writer->text, "    backoffInfo:\n      errorCode: timeout\n      errorMessage: %s\n",
            ((const Backoff *)g_hash_table_lookup(state->backoff, group->name))->message);
    write_times(writer, "    ", str_internf("%s/scaleUp", group->name), up, probe_ns);
    write_down(writer, "    ", group->name, now->candidates);
}

char *
autoscaler_status_text(const Reconcile *r, gboolean is_running)
{
    const AutoscalerConfig *config = r->config;
    g_autofree char *now = format_time(r->wall_ns, FALSE);
    Writer writer = {r, g_string_new(NULL)};

    g_string_append_printf(writer.text, "time: %s\nautoscalerStatus: %s\n", now,
                           is_running ? "Running" : "Initializing");
    if (is_running) {
        write_cluster(&writer);
        if (config->n_groups > 0)
            g_string_append(writer.text, "nodeGroups:\n");
        for (guint i = 0; i < config->n_groups; i++)
            write_group(&writer, i);
    }
    return g_string_free(writer.text, FALSE);
}

/* --- the ConfigMap ---------------------------------------------------------------------------------------- */

typedef struct {
    const char *text, *time; /* interned */
} Written;

static void
after_write(const Reconcile *r,
            gpointer carry,
            const StepResult *results,
            guint n_results,
            Plan *plan)
{
    AutoscalerState *state = r->state;

    (void)carry;
    (void)plan;
    if (n_results == 0 || results[0].code >= 300 || results[0].object == NULL)
        return;
    if (state->map != NULL)
        api_object_unref(state->map);
    state->map = api_object_ref(results[0].object);
}

static void
after_read(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    const Written *written = carry;
    const StepResult *read = &results[n_results - 1];
    ApiObject *map;
    ConfigMapBody *body;

    (void)r;
    if (!read->was_run || (read->code != 200 && read->code != 404))
        return;
    map = read->code == 200 ? api_object_copy(read->object)
                            : api_object_new(&config_map_kind, MAP_NS, MAP_NAME);
    body = api_edit_body(map);
    str_map_set(&body->data, str_intern("status"), written->text);
    str_map_set(&api_edit_meta(map)->annotations, str_intern(LAST_UPDATED), written->time);
    if (read->code == 200)
        plan_update(plan, map, "because the loop is done")->ignores_errors = TRUE;
    else
        plan_create(plan, map, "because there is none")->ignores_errors = TRUE;
    plan_continue(plan, after_write, NULL, NULL);
}

void
autoscaler_write_status(const Reconcile *r, Plan *plan, gboolean is_running)
{
    g_autofree char *text = autoscaler_status_text(r, is_running),
                    *now = format_time(r->wall_ns, FALSE);
    Written *written = g_new0(Written, 1);

    *written = (Written){str_intern(text), str_intern(now)};
    plan_read(plan, &config_map_kind, MAP_NS, MAP_NAME, "to write the status")->ignores_errors =
        TRUE;
    plan_continue(plan, after_read, written, g_free);
}

void
autoscaler_log(const Reconcile *r,
               Plan *plan,
               const char *type,
               const char *reason,
               const char *format,
               ...)
{
    const AutoscalerState *state = r->state;
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (state->map != NULL)
        plan_event(plan, state->map, type, reason, "%s", text);
}
