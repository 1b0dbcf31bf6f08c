/*
 * CSIDriver, CSIStorageCapacity: tables, defaults, validation, kinds.
 *
 * Models: v1.34 pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation: ValidateCSIDriver, ValidateCSIStorageCapacity.
 */
#include "api/kinds/csi_driver.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

/* --- CSIDriver ----------------------------------------------------------------------------------------- */

#define TOKEN_MIN_S 600

static const ApiField token_fields[] = {
    {"audience", API_STRING, AT(CsiTokenRequest, audience), API_REQUIRED | API_ALWAYS, .doc = "Who the token is for."},
    {"expirationSeconds", API_OPT_INT64, AT(CsiTokenRequest, expiration_s), .doc = "How long the token is good for."},
    {0},
};
static const ApiType token_type = TYPE("TokenRequest", CsiTokenRequest, token_fields, "A token of the pod's account.");

static const ApiField driver_fields[] = {
    {"attachRequired", API_OPT_BOOL, AT(CsiDriverSpec, attach_required), API_IMMUTABLE, .def = "true",
     .doc = "Whether volumes are attached to nodes before they are mounted."},
    {"podInfoOnMount", API_OPT_BOOL, AT(CsiDriverSpec, pod_info_on_mount), .def = "false",
     .doc = "Whether the driver is told which pod it mounts for."},
    {"volumeLifecycleModes", API_STR_LIST, AT(CsiDriverSpec, volume_lifecycle_modes), API_IMMUTABLE,
     .doc = "Persistent, Ephemeral or both."},
    {"storageCapacity", API_OPT_BOOL, AT(CsiDriverSpec, storage_capacity), .def = "false",
     .doc = "Whether the scheduler looks for room before it chooses a node."},
    {"fsGroupPolicy", API_STRING, AT(CsiDriverSpec, fs_group_policy), API_POINTER, .def = "ReadWriteOnceWithFSType",
     .go_type = "v1.FSGroupPolicy", .doc = "Whether files are given to the pod's group: ReadWriteOnceWithFSType, File or None."},
    {"tokenRequests", API_MESSAGE_LIST, AT(CsiDriverSpec, token_requests), .message = &token_type,
     .doc = "Tokens of the pod's account that the driver wants."},
    {"requiresRepublish", API_OPT_BOOL, AT(CsiDriverSpec, requires_republish), .def = "false",
     .doc = "Whether volumes are mounted again and again, as tokens change."},
    {"seLinuxMount", API_OPT_BOOL, AT(CsiDriverSpec, selinux_mount), .def = "false",
     .doc = "Whether the driver can mount with a context of SELinux."},
    {0},
};
static const ApiType driver_type = TYPE("CSIDriverSpec", CsiDriverSpec, driver_fields, "How the driver wants to be used.");

static void
driver_set_defaults(ApiObject *object)
{
    CsiDriverSpec *spec = api_edit_spec(object);

    if (spec->volume_lifecycle_modes.count == 0)
        str_list_add(&spec->volume_lifecycle_modes, str_intern("Persistent"));
}

/* validateTokenRequests */
static void
check_tokens(ApiErrors *errors, const CsiDriverSpec *spec)
{
    api_errors_push(errors, "tokenRequests");
    for (guint i = 0; i < spec->token_requests.count; i++) {
        const CsiTokenRequest *token = &spec->token_requests.items[i];

        api_errors_push_index(errors, i);
        for (guint k = 0; k < i; k++) {
            if (str_is(str_or_empty(spec->token_requests.items[k].audience), str_or_empty(token->audience))) {
                field_duplicate(errors, "audience", api_quote(str_or_empty(token->audience)));
                break;
            }
        }
        if (token->expiration_s.is_set && token->expiration_s.value < TOKEN_MIN_S)
            field_invalid_int(errors, "expirationSeconds", token->expiration_s.value,
                              "may not specify a duration less than 10 minutes");
        else if (token->expiration_s.is_set && token->expiration_s.value > G_GINT64_CONSTANT(1) << 32)
            field_invalid_int(errors, "expirationSeconds", token->expiration_s.value,
                              "may not specify a duration larger than 2^32 seconds");
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
driver_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"File", "None", "ReadWriteOnceWithFSType", NULL};
    static const char *const modes[] = {"Persistent", "Ephemeral", NULL};
    const CsiDriverSpec *spec = csi_driver_spec(object);

    check_csi_driver(errors, "name", api_name(object));
    api_errors_push(errors, "spec");
    if (!g_strv_contains(policies, str_or_empty(spec->fs_group_policy)))
        field_not_supported(errors, "fsGroupPolicy", str_or_empty(spec->fs_group_policy), policies);
    check_tokens(errors, spec);
    for (guint i = 0; i < spec->volume_lifecycle_modes.count; i++)
        if (!g_strv_contains(modes, spec->volume_lifecycle_modes.items[i]))
            field_not_supported(errors, "volumeLifecycleModes", spec->volume_lifecycle_modes.items[i], modes);
    api_errors_pop(errors);
}

static gboolean
lists_equal(const StrList *a, const StrList *b)
{
    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++)
        if (!str_is(a->items[i], b->items[i]))
            return FALSE;
    return TRUE;
}

/* ValidateCSIDriverUpdate */
static void
driver_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const CsiDriverSpec *spec = csi_driver_spec(object);
    const CsiDriverSpec *before = csi_driver_spec(old);

    api_errors_push(errors, "spec");
    if (spec->attach_required != before->attach_required)
        field_invalid_raw(errors, "attachedRequired", spec->attach_required == OPT_TRUE ? "true" : "false",
                          "field is immutable");
    if (!lists_equal(&spec->volume_lifecycle_modes, &before->volume_lifecycle_modes))
        field_invalid_raw(errors, "volumeLifecycleModes", print_str_list(&spec->volume_lifecycle_modes), "field is immutable");
    api_errors_pop(errors);
}

const ApiKind csi_driver_kind = {
    .kind = "CSIDriver",
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "csidrivers",
    .singular = "csidriver",
    .spec = &driver_type,
    .doc = "A driver of CSI volumes, and how it wants to be used.",
    .set_defaults = driver_set_defaults,
    .validate = driver_validate,
    .validate_update = driver_validate_update,
    .name_rule = NAME_PATH_SEGMENT,
};

/* --- CSIStorageCapacity ---------------------------------------------------------------------------------- */

static const ApiField capacity_fields[] = {
    {"nodeTopology", API_MESSAGE, AT(CsiStorageCapacityBody, node_topology), API_IMMUTABLE, .message = &label_selector_type,
     .doc = "The nodes that the room can be used from; none if it is not set."},
    {"storageClassName", API_STRING, AT(CsiStorageCapacityBody, storage_class_name), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .doc = "Name of the StorageClass whose volumes the room is for."},
    {"capacity", API_QUANTITY, AT(CsiStorageCapacityBody, capacity), .doc = "How much room there is."},
    {"maximumVolumeSize", API_QUANTITY, AT(CsiStorageCapacityBody, maximum_volume_size),
     .doc = "The largest volume that can be made there."},
    {0},
};
static const ApiType capacity_type =
    TYPE("CSIStorageCapacity", CsiStorageCapacityBody, capacity_fields, "Room for volumes of a class.");

static void
check_amount(ApiErrors *errors, const char *child, const Quantity *amount)
{
    if (amount != NULL && amount->nano < 0)
        field_invalid_raw(errors, child, api_quote(quantity_format(amount)), "must be greater than or equal to 0");
}

static void
capacity_validate(const ApiObject *object, ApiErrors *errors)
{
    const CsiStorageCapacityBody *body = csi_storage_capacity_body(object);

    if (body->node_topology != NULL)
        check_label_selector(errors, "nodeTopology", body->node_topology);
    check_name(errors, "storageClassName", NAME_DNS_SUBDOMAIN, str_or_empty(body->storage_class_name));
    check_amount(errors, "capacity", body->capacity);
    check_amount(errors, "maximumVolumeSize", body->maximum_volume_size);
}

/* ValidateCSIStorageCapacityUpdate */
static void
capacity_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const CsiStorageCapacityBody *body = csi_storage_capacity_body(object);
    const CsiStorageCapacityBody *before = csi_storage_capacity_body(old);
    const LabelSelector *now = body->node_topology;
    gboolean is_same = (now == NULL) == (before->node_topology == NULL) &&
                       (now == NULL || api_struct_equal(&label_selector_type, now, before->node_topology));

    if (!is_same)
        field_invalid_raw(errors, "nodeTopology", now == NULL ? "null" : print_struct(&label_selector_type, now),
                          "field is immutable");
    check_immutable(errors, "storageClassName", body->storage_class_name, before->storage_class_name);
}

const ApiKind csi_storage_capacity_kind = {
    .kind = "CSIStorageCapacity",
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "csistoragecapacities",
    .singular = "csistoragecapacity",
    .is_namespaced = TRUE,
    .body = &capacity_type,
    .doc = "How much room a driver has for volumes of a class, on some nodes.",
    .validate = capacity_validate,
    .validate_update = capacity_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
