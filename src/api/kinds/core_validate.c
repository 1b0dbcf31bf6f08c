/*
 * Validation of the small kinds.
 *
 * Models: v1.34 pkg/apis/core/validation, pkg/apis/scheduling/validation,
 * pkg/apis/coordination/validation.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define AVOID_PODS_ANNOTATION "scheduler.alpha.kubernetes.io/preferAvoidPods"
#define MAX_DATA_BYTES        1048576

/* --- Namespace ----------------------------------------------------------------------------- */

static const char *const standard_finalizers[] = {"kubernetes", "orphan", "foregroundDeletion", NULL};

void
namespace_validate(const ApiObject *object, ApiErrors *errors)
{
    const NamespaceSpec *spec = object->spec;

    for (guint i = 0; i < spec->finalizers.count; i++) {
        const char *name = spec->finalizers.items[i];

        if (check_name(errors, "spec.finalizers", NAME_QUALIFIED, name) && strchr(name, '/') == NULL &&
            !g_strv_contains(standard_finalizers, name))
            field_invalid_string(errors, "spec.finalizers", name,
                                 "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/* --- Node ---------------------------------------------------------------------------------- */

static const char *
print_taint(const Taint *taint)
{
    return str_internf("{\"Key\":%s,\"Value\":%s,\"Effect\":%s,\"TimeAdded\":null}",
                       api_quote(taint->key), api_quote(taint->value), api_quote(taint->effect));
}

static gboolean
is_repeated_taint(const TaintList *taints, guint index)
{
    const Taint *taint = &taints->items[index];

    for (guint i = 0; i < index; i++) {
        if (str_is(taints->items[i].key, taint->key) &&
            str_is(taints->items[i].effect, taint->effect))
            return TRUE;
    }
    return FALSE;
}

/* All that is wrong with a value is one error. */
static void
check_taint_value(ApiErrors *errors, const char *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    StrList messages = {0};

    if (!name_check(NAME_LABEL_VALUE, str_or_empty(value), FALSE, &messages)) {
        for (guint i = 0; i < messages.count; i++)
            g_string_append_printf(text, "%s%s", i > 0 ? ";" : "", messages.items[i]);
        field_invalid_string(errors, "value", value, text->str);
    }
    g_free(messages.items);
}

/* validateNodeTaints: upstream reports them below metadata */
static void
check_taints(ApiErrors *errors, const TaintList *taints)
{
    api_errors_push(errors, "metadata");
    api_errors_push(errors, "taints");
    for (guint i = 0; i < taints->count; i++) {
        const Taint *taint = &taints->items[i];

        api_errors_push_index(errors, i);
        check_name(errors, "key", NAME_QUALIFIED, taint->key);
        check_taint_value(errors, taint->value);
        check_taint_effect(errors, "effect", taint->effect);
        if (is_repeated_taint(taints, i)) {
            field_duplicate(errors, NULL, print_taint(taint));
            errors->list.items[errors->list.count - 1].detail =
                str_intern("taints must be unique by key and effect pair");
        }
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
}

static void
check_node_quantities(ApiErrors *errors, const char *child, const QuantityMap *map)
{
    api_errors_push(errors, "status");
    api_errors_push(errors, child);
    for (guint i = 0; i < map->count; i++)
        check_quantity(errors, map->items[i].key, map->items[i].key, &map->items[i].value);
    api_errors_pop(errors);
    api_errors_pop(errors);
}

/* The part of ValidateNode about spec.podCIDRs: each must be one, two only one of each family. */
static void
check_pod_cidrs(ApiErrors *errors, const StrList *cidrs)
{
    const char *bad = NULL;
    guint n_v6 = 0;

    for (guint i = 0; i < cidrs->count; i++) {
        if (!check_cidr(errors, str_internf("spec.podCIDRs[%u]", i), cidrs->items[i]) && bad == NULL)
            bad = cidrs->items[i];
        n_v6 += strchr(cidrs->items[i], ':') != NULL;
    }
    if (cidrs->count < 2)
        return;
    if (bad != NULL)
        field_internal(errors, "spec.podCIDRs",
                       str_internf("invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR address: %s", bad));
    if (bad != NULL || cidrs->count > 2 || n_v6 == 0 || n_v6 == cidrs->count)
        field_invalid_raw(errors, "spec.podCIDRs", print_str_list(cidrs),
                          "may specify no more than one CIDR for each IP family");
    for (guint i = 0; i < cidrs->count; i++) {
        StrList earlier = {cidrs->items, i};

        if (str_list_contains(&earlier, cidrs->items[i]))
            field_duplicate(errors, str_internf("spec.podCIDRs[%u]", i), api_quote(cidrs->items[i]));
    }
}

/* validatePreferAvoidPodsEntry; the cursor stands on the entry. */
static void
check_avoided_pod(ApiErrors *errors, const Value *entry)
{
    const Value *controller = value_get_path(entry, "podSignature", "podController", NULL);
    const Value *is_controller = value_get(controller, "controller");

    if (controller == NULL || controller->type != VALUE_MAP)
        field_required(errors, "PodSignature", NULL);
    else if (is_controller != NULL && is_controller->type == VALUE_BOOL && !is_controller->boolean)
        field_invalid_raw(errors, "PodSignature.PodController.Controller", "false", "must point to a controller");
}

/* ValidateNodeSpecificAnnotations: what came before spec.taints, and pods that a node would rather not have */
static void
check_node_annotations(ApiErrors *errors, const StrMap *annotations)
{
    const char *avoid = str_map_get(annotations, str_intern(AVOID_PODS_ANNOTATION));
    g_autofree char *message = NULL;
    g_autoptr(Value) tree = NULL;
    const Value *entries;

    if (str_is_empty(avoid))
        return;
    api_errors_push(errors, "metadata");
    api_errors_push(errors, "annotations");
    tree = value_read_json(avoid, strlen(avoid), &message);
    if (tree == NULL)
        field_invalid_string(errors, "AvoidPods", AVOID_PODS_ANNOTATION, message);
    entries = value_get(tree, "preferAvoidPods");
    api_errors_push(errors, AVOID_PODS_ANNOTATION);
    for (guint i = 0; entries != NULL && entries->type == VALUE_LIST && i < entries->count; i++) {
        api_errors_push_index(errors, i);
        check_avoided_pod(errors, entries->items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
    api_errors_pop(errors);
}

/* Of ValidateNodeUpdate; a create may repeat one. */
static void
check_node_addresses(ApiErrors *errors, const NodeStatus *status)
{
    for (guint i = 0; i < status->addresses.count; i++) {
        const NodeAddress *address = &status->addresses.items[i];

        for (guint k = 0; k < i; k++) {
            const NodeAddress *other = &status->addresses.items[k];

            if (!str_is(address->type, other->type) || !str_is(address->address, other->address))
                continue;
            field_duplicate(errors, str_internf("status.addresses[%u]", i),
                            str_internf("{\"Type\":%s,\"Address\":%s}", api_quote(address->type), api_quote(address->address)));
            break;
        }
    }
}

void
node_validate(const ApiObject *node, ApiErrors *errors)
{
    check_node_annotations(errors, &node->meta->annotations);
    check_taints(errors, &node_spec(node)->taints);
    check_node_quantities(errors, "capacity", &node_status(node)->capacity);
    check_node_quantities(errors, "allocatable", &node_status(node)->allocatable);
    check_pod_cidrs(errors, &node_spec(node)->pod_cidrs);
}

static void
check_pod_cidrs_unchanged(ApiErrors *errors, const StrList *cidrs, const StrList *old)
{
    static const char why[] = "node updates may not change podCIDR except from \"\" to valid";

    if (old->count == 0)
        return;
    if (old->count != cidrs->count) {
        field_forbidden(errors, "spec.podCIDRs", why);
        return;
    }
    for (guint i = 0; i < old->count; i++) {
        if (!str_is(old->items[i], cidrs->items[i]))
            field_forbidden(errors, "spec.podCIDRs", why);
    }
}

/* ValidateNodeUpdate, of writes to the node and to its status */
void
node_validate_update(const ApiObject *node, const ApiObject *old, ApiErrors *errors)
{
    const NodeSpec *spec = node->spec;
    const NodeSpec *before = old->spec;

    check_node_annotations(errors, &node->meta->annotations);
    if (node->status != old->status) {
        check_node_quantities(errors, "capacity", &node_status(node)->capacity);
        check_node_quantities(errors, "allocatable", &node_status(node)->allocatable);
        check_node_addresses(errors, node_status(node));
    }
    if (spec == before)
        return;
    check_pod_cidrs_unchanged(errors, &spec->pod_cidrs, &before->pod_cidrs);
    if (!str_is_empty(before->provider_id) && !str_is(spec->provider_id, before->provider_id))
        field_forbidden(errors, "spec.providerID",
                        "node updates may not change providerID except from \"\" to valid");
    check_taints(errors, &spec->taints);
    if (!str_is(str_or_empty(spec->external_id), str_or_empty(before->external_id)))
        field_forbidden(errors, "spec.externalID", "may not be updated");
}

/* --- ConfigMap, Secret --------------------------------------------------------------------- */

/* Decoded size of base64 text. */
static gsize
decoded_size(const char *text)
{
    gsize length = strlen(text);
    gsize padding = 0;

    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    return length / 4 * 3 - MIN(padding, length / 4 * 3);
}

static gsize
check_keys(ApiErrors *errors, const char *name, const StrMap *data, const StrMap *other)
{
    gsize size = 0;
    gboolean is_binary = other == NULL;

    for (guint i = 0; i < data->count; i++) {
        const char *key = data->items[i].key;
        const char *value = str_or_empty(data->items[i].value);
        const char *child = str_internf("%s[%s]", name, key);

        check_name(errors, child, NAME_CONFIG_KEY, key);
        if (!is_binary && str_map_get(other, key) != NULL)
            field_invalid_string(errors, child, key, "duplicate of key present in binaryData");
        size += is_binary ? decoded_size(value) : strlen(value);
    }
    return size;
}

void
config_map_validate(const ApiObject *object, ApiErrors *errors)
{
    const ConfigMapBody *body = object->body;
    gsize size = check_keys(errors, "data", &body->data, &body->binary_data);

    size += check_keys(errors, "binaryData", &body->binary_data, NULL);
    if (size > MAX_DATA_BYTES)
        field_too_long(errors, "[]", MAX_DATA_BYTES); /* so prints a path of one empty name */
}

static void
check_data_unchanged(ApiErrors *errors, const char *child, const StrMap *data, const StrMap *old)
{
    if (!str_map_equal(data, old))
        field_forbidden(errors, child, "field is immutable when `immutable` is set");
}

void
config_map_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const ConfigMapBody *body = object->body;
    const ConfigMapBody *before = old->body;

    if (before->immutable == OPT_TRUE) {
        if (body->immutable != OPT_TRUE)
            field_forbidden(errors, "immutable", "field is immutable when `immutable` is set");
        check_data_unchanged(errors, "data", &body->data, &before->data);
        check_data_unchanged(errors, "binaryData", &body->binary_data, &before->binary_data);
    }
}

static void
require_key(ApiErrors *errors, const SecretBody *body, const char *key)
{
    if (str_map_get(&body->data, str_intern(key)) == NULL)
        field_required(errors, str_internf("data[%s]", key), NULL);
}

static void
require_json_key(ApiErrors *errors, const SecretBody *body, const char *key)
{
    const char *encoded = str_map_get(&body->data, str_intern(key));
    static const char *const types[] = {[VALUE_BOOL] = "bool",     [VALUE_INT] = "number", [VALUE_FLOAT] = "number",
                                        [VALUE_STRING] = "string", [VALUE_LIST] = "array"};
    g_autofree guchar *text = NULL;
    g_autofree char *message = NULL;
    g_autoptr(Value) value = NULL;
    gsize length;

    if (encoded == NULL) {
        require_key(errors, body, key);
        return;
    }
    text = g_base64_decode(encoded, &length);
    value = value_read_json((const char *)text, length, &message);
    if (value == NULL)
        field_invalid_string(errors, str_internf("data[%s]", key), "<secret contents redacted>",
                             message);
    else if (value->type != VALUE_MAP && value->type != VALUE_NULL)
        field_invalid_string(errors, str_internf("data[%s]", key), "<secret contents redacted>",
                             str_internf("json: cannot unmarshal %s into Go value of type map[string]interface {}",
                                         types[value->type]));
}

static void
check_secret_type(ApiErrors *errors, const ApiObject *object)
{
    static const char account_key[] = "kubernetes.io/service-account.name";
    const SecretBody *body = object->body;
    const StrMap *annotations = &object->meta->annotations;

    if (str_is(body->type, "kubernetes.io/service-account-token")) {
        if (str_is_empty(str_map_get(annotations, str_intern(account_key))))
            field_required(errors, str_internf("metadata.annotations[%s]", account_key), NULL);
    } else if (str_is(body->type, "kubernetes.io/dockercfg")) {
        require_json_key(errors, body, ".dockercfg");
    } else if (str_is(body->type, "kubernetes.io/dockerconfigjson")) {
        require_json_key(errors, body, ".dockerconfigjson");
    } else if (str_is(body->type, "kubernetes.io/basic-auth")) {
        if (str_map_get(&body->data, str_intern("username")) == NULL &&
            str_map_get(&body->data, str_intern("password")) == NULL) {
            require_key(errors, body, "username");
            require_key(errors, body, "password");
        }
    } else if (str_is(body->type, "kubernetes.io/ssh-auth")) {
        if (str_is_empty(str_map_get(&body->data, str_intern("ssh-privatekey"))))
            field_required(errors, "data[ssh-privatekey]", NULL);
    } else if (str_is(body->type, "kubernetes.io/tls")) {
        require_key(errors, body, "tls.crt");
        require_key(errors, body, "tls.key");
    }
}

void
secret_validate(const ApiObject *object, ApiErrors *errors)
{
    const SecretBody *body = object->body;

    if (check_keys(errors, "data", &body->data, NULL) > MAX_DATA_BYTES)
        field_too_long(errors, "data", MAX_DATA_BYTES);
    check_secret_type(errors, object);
}

void
secret_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const SecretBody *body = object->body;
    const SecretBody *before = old->body;

    check_immutable(errors, "type", body->type, before->type);
    if (before->immutable == OPT_TRUE) {
        if (body->immutable != OPT_TRUE)
            field_forbidden(errors, "immutable", "field is immutable when `immutable` is set");
        check_data_unchanged(errors, "data", &body->data, &before->data);
    }
}

/* --- PriorityClass ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    gint32 value;
} system_classes[] = {
    {"system-node-critical", 2000001000},
    {"system-cluster-critical", 2000000000},
};

static const char *
system_class_fault(const char *name, const PriorityClassBody *body)
{
    for (guint i = 0; i < G_N_ELEMENTS(system_classes); i++) {
        if (strcmp(system_classes[i].name, name) != 0)
            continue;
        if (body->value != system_classes[i].value)
            return str_internf("value of %s PriorityClass must be %d", name,
                               system_classes[i].value);
        if (body->global_default)
            return str_internf("globalDefault of %s PriorityClass must be false", name);
        return NULL;
    }
    return str_internf("%s is not a known system priority class", name);
}

void
priority_class_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"PreemptLowerPriority", "Never", NULL};
    const PriorityClassBody *body = object->body;
    const char *name = str_or_empty(object->meta->name);

    if (g_str_has_prefix(name, "system-")) {
        const char *fault = system_class_fault(name, body);

        if (fault != NULL)
            field_forbidden(errors, "metadata.name",
                            str_internf("priority class names with 'system-' prefix are reserved "
                                        "for system use only. error: %s",
                                        fault));
    } else if (body->value > 1000000000) {
        field_forbidden(errors, "value",
                        "maximum allowed value of a user defined priority is 1000000000");
    }
    if (body->preemption_policy != NULL)
        check_one_of(errors, "preemptionPolicy", body->preemption_policy, policies);
}

void
priority_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const PriorityClassBody *body = object->body;
    const PriorityClassBody *before = old->body;

    if (body->value != before->value)
        field_forbidden(errors, "value", "may not be changed in an update.");
    check_immutable(errors, "preemptionPolicy", body->preemption_policy, before->preemption_policy);
}

/* --- Lease --------------------------------------------------------------------------------- */

void
lease_validate(const ApiObject *object, ApiErrors *errors)
{
    const LeaseSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    if (spec->lease_duration_s.is_set && spec->lease_duration_s.value <= 0)
        field_invalid_int(errors, "leaseDurationSeconds", spec->lease_duration_s.value,
                          "must be greater than 0");
    if (spec->lease_transitions.is_set && spec->lease_transitions.value < 0)
        field_invalid_int(errors, "leaseTransitions", spec->lease_transitions.value,
                          "must be greater than or equal to 0");
    if (!str_is_empty(spec->preferred_holder) && str_is_empty(spec->strategy))
        field_forbidden(errors, "preferredHolder",
                        "may only be specified if `strategy` is defined");
    api_errors_pop(errors);
}

/* --- Event --------------------------------------------------------------------------------- */

/* v1.34 pkg/apis/core/validation/events.go: legacyValidateEvent */
void
event_validate(const ApiObject *object, ApiErrors *errors)
{
    const EventBody *body = object->body;
    const char *involved = str_or_empty(body->involved_object.namespace_);
    const char *own = str_or_empty(object->meta->namespace_);
    gboolean is_new = body->event_time != 0;
    gboolean fits = str_is(involved, own);

    if (involved[0] == '\0')
        fits = own[0] == '\0' || str_is(own, "default") || (is_new && str_is(own, "kube-system"));
    if (!fits)
        field_invalid_string(errors, "involvedObject.namespace", involved,
                             "does not match event.namespace");
    if (!is_new)
        return;
    if (str_is_empty(body->reporting_component))
        field_required(errors, "reportingComponent", NULL);
    if (!name_is_fine(NAME_QUALIFIED, body->reporting_component))
        check_name(errors, "reportingComponent", NAME_QUALIFIED, str_or_empty(body->reporting_component));
    if (str_is_empty(body->reporting_instance))
        field_required(errors, "reportingInstance", NULL);
    else if (strlen(body->reporting_instance) > 128)
        field_invalid_string(errors, "reportingInstance", "", "can have at most 128 characters");
    if (str_is_empty(body->action))
        field_required(errors, "action", NULL);
    else if (strlen(body->action) > 128)
        field_invalid_string(errors, "action", "", "can have at most 128 characters");
    if (str_is_empty(body->reason))
        field_required(errors, "reason", NULL);
    else if (strlen(body->reason) > 128)
        field_invalid_string(errors, "reason", "", "can have at most 128 characters");
    if (body->message != NULL && strlen(body->message) > 1024)
        field_invalid_string(errors, "message", "", "can have at most 1024 characters");
}
