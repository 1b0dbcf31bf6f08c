/* autoscale.c - kubectl autoscale; models k8s.io/kubectl pkg/cmd/autoscale v0.34: autoscaling/v2 */

#include "kubectl/expand.h"
#include "kubectl/last_applied.h"
#include "kubectl/print.h"

static void autoscale_run(Command *command);

static const FlagDef flags[] = {
    {"min", 0, FLAG_INT, "-1", NULL},
    {"max", 0, FLAG_INT, "-1", NULL},
    {"cpu-percent", 0, FLAG_INT, "-1", NULL},
    {"cpu", 0, FLAG_STRING, NULL, NULL},
    {"memory", 0, FLAG_STRING, NULL, NULL},
    {"name", 0, FLAG_STRING, NULL, NULL},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb autoscale_verb = {
    .name = "autoscale",
    .flags = flags,
    .run = autoscale_run,
    .doc = "Auto-scale a deployment, replica set, stateful set, or replication controller."};

/*
 * Refused as autoscaling/v2, it is tried as v1 (canCreateHPAV1), where that can say the same: which
 * is not seen where --cpu was not given.
 */
static void
on_created(Command *command, const ApiResponse *response)
{
    const char *cpu = flag_string(command, "cpu");
    gboolean has_memory = !str_is_empty(flag_string(command, "memory"));

    if (!api_response_ok(response) && kubectl_minor(command->kubectl) >= 34 && (str_is_empty(cpu) || has_memory || !g_str_has_suffix(cpu, "%")))
        command_error(command,
                      "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: %s",
                      str_is_empty(cpu) ? "empty input" : "%!w(<nil>)");
    else if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, "autoscaled");
    command_next(command);
}

static void
add_metric(Value *metrics, const char *resource, Value *target)
{
    Value *metric = value_new_map();
    Value *inner = value_new_map();

    value_set(inner, "name", value_new_string(resource));
    value_set(inner, "target", target);
    value_set(metric, "type", value_new_string("Resource"));
    value_set(metric, "resource", inner);
    value_append(metrics, metric);
}

static Value *
utilization(gint64 percent)
{
    Value *target = value_new_map();

    value_set(target, "type", value_new_string("Utilization"));
    value_set(target, "averageUtilization", value_new_int(percent));
    return target;
}

/* "70%": utilisation; "500m", or a bare number in @unit: an average value. */
static Value *
target_of(const char *text, const char *unit)
{
    Value *target;

    if (g_str_has_suffix(text, "%"))
        return utilization(g_ascii_strtoll(text, NULL, 10));
    target = value_new_map();
    value_set(target, "type", value_new_string("AverageValue"));
    value_set(target, "averageValue",
              value_new_string(text[strspn(text, "0123456789")] == '\0' ? str_internf("%s%s", text, unit) : text));
    return target;
}

static Value *
metrics_of(Command *command)
{
    Value *metrics = value_new_list();

    if (flag_int(command, "cpu-percent", -1) >= 0)
        add_metric(metrics, "cpu", utilization(flag_int(command, "cpu-percent", -1)));
    if (!str_is_empty(flag_string(command, "cpu")))
        add_metric(metrics, "cpu", target_of(flag_string(command, "cpu"), "m"));
    if (!str_is_empty(flag_string(command, "memory")))
        add_metric(metrics, "memory", target_of(flag_string(command, "memory"), "Mi"));
    return metrics;
}

static Value *
generate(Command *command, const ApiObject *object, const char *name)
{
    Value *hpa = value_new_map(), *metadata = value_new_map();
    Value *spec = value_new_map(), *ref = value_new_map();
    Value *metrics = metrics_of(command);

    value_set(hpa, "apiVersion", value_new_string("autoscaling/v2"));
    value_set(hpa, "kind", value_new_string("HorizontalPodAutoscaler"));
    value_set(metadata, "name", value_new_string(name));
    value_set(hpa, "metadata", metadata);
    value_set(ref, "apiVersion", value_new_string(api_kind_api_version(object->kind)));
    value_set(ref, "kind", value_new_string(object->kind->kind));
    value_set(ref, "name", value_new_string(api_name(object)));
    value_set(spec, "scaleTargetRef", ref);
    value_set(spec, "maxReplicas", value_new_int(flag_int(command, "max", -1)));
    if (flag_int(command, "min", -1) > 0)
        value_set(spec, "minReplicas", value_new_int(flag_int(command, "min", -1)));
    if (metrics->count > 0)
        value_set(spec, "metrics", metrics);
    else
        value_free(metrics);
    value_set(hpa, "spec", spec);
    return hpa;
}

static void
refuse_kind(Command *command, const ApiKind *kind)
{
    command_error(command, "cannot autoscale a %s: could not find scale subresource for %s/%s, Resource=%s in discovery information",
                  kind->kind, kind->group, kind->version, kind->plural);
    command_next(command);
}

static gboolean
can_scale(const ApiKind *kind)
{
    static const char *const kinds[] = {"Deployment", "ReplicaSet", "StatefulSet", "ReplicationController", NULL};

    return g_strv_contains(kinds, kind->kind);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const ApiKind *kind = api_kind_find("autoscaling/v2", "HorizontalPodAutoscaler");
    const char *name = flag_string(command, "name");
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (!can_scale(response->object->kind)) {
        refuse_kind(command, response->object->kind);
        return;
    }
    if (kind == NULL) {
        command_error(command, "the server doesn't have a resource type \"horizontalpodautoscalers\"");
        command_next(command);
        return;
    }
    name = str_is_empty(name) ? api_name(response->object) : str_intern(name);
    request = api_request_new(VERB_CREATE, kind, api_namespace(response->object), name);
    {
        g_autoptr(Value) plain = generate(command, response->object, name);

        request->body = last_applied_for(command, plain);
    }
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    if (is_client_dry_run(command)) {
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) object = api_object_decode(kind, request->body, &result);

        api_decode_result_clear(&result);
        if (object != NULL)
            print_changed(command, object, "created");
        api_request_unref(request);
        command_next(command);
        return;
    }
    command_send(command, request, on_created);
}

static void
autoscale_one(Command *command, Target *target)
{
    if (target->manifest != NULL && !can_scale(target->kind)) { /* a file is not looked up */
        refuse_kind(command, target->kind);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
go(Command *command)
{
    command_each(command, autoscale_one, command_end_default);
}

/* parseResourceInput. FALSE: message out, ended. */
static gboolean
amount_is_fine(Command *command, const char *resource)
{
    const char *text = flag_string(command, resource);
    gsize length = str_is_empty(text) ? 0 : strlen(text);
    Quantity quantity;

    if (length == 0)
        return TRUE;
    if (text[length - 1] == '%') {
        if (length > 1 && strspn(text, "0123456789") == length - 1)
            return TRUE;
        command_fail(command, "invalid percentage value: %.*s", (int)length - 1, text);
        return FALSE;
    }
    if (quantity_parse(text, &quantity))
        return TRUE;
    command_fail(command, "invalid resource %s value: %s", resource, text);
    return FALSE;
}

static void
autoscale_run(Command *command)
{
    gint64 min = flag_int(command, "min", -1), max = flag_int(command, "max", -1);

    if (kubectl_minor(command->kubectl) < 34 && (flag_is_given(command, "cpu") || flag_is_given(command, "memory"))) {
        command_error(command, "unknown flag: --%s", flag_is_given(command, "cpu") ? "cpu" : "memory");
        command_warn(command, "See 'kubectl autoscale --help' for usage.");
        command_finish(command, 1);
        return;
    }
    if (flag_is_given(command, "cpu-percent") && kubectl_minor(command->kubectl) >= 34)
        command_warn(command, "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource "
                              "quantity format (e.g., '70%%' for utilization or '500m' for milliCPU).");
    if (!flag_is_given(command, "max")) {
        command_fail(command, "required flag(s) \"max\" not set");
        return;
    }
    if (max < 1) {
        command_fail(command, "--max=MAXPODS is required and must be at least 1, max: %" G_GINT64_FORMAT, max);
        return;
    }
    if (max < min) {
        command_fail(command,
                     "--max=MAXPODS must be larger or equal to --min=MINPODS, max: %" G_GINT64_FORMAT
                     ", min: %" G_GINT64_FORMAT,
                     max, min);
        return;
    }
    if (flag_int(command, "cpu-percent", -1) > 0 && !str_is_empty(flag_string(command, "cpu"))) {
        command_fail(command, "--cpu-percent and --cpu are mutually exclusive");
        return;
    }
    if (amount_is_fine(command, "cpu") && amount_is_fine(command, "memory") && targets_from_files_or_args(command, 0))
        targets_expand(command, go);
}
