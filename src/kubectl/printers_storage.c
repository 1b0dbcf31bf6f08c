/* printers_storage.c - rows of claims, volumes and their classes; v1.34 printPersistentVolumeClaim ... */

#include "kubectl/printers.h"

#include "api/kinds/csi_driver.h"
#include "api/kinds/csi_node.h"
#include "api/kinds/network.h"

/* GetAccessModesAsString: in this order, each once */
const char *
access_modes_text(const StrList *modes)
{
    static const char *const short_forms[][2] = {{"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"},
                                                 {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(short_forms); i++)
        if (str_list_contains(modes, short_forms[i][0]))
            g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", short_forms[i][1]);
    return str_intern(text->str);
}

const char *
storage_size_text(const QuantityMap *capacity)
{
    const Quantity *size = quantity_map_get(capacity, "storage");

    return size == NULL ? "0" : quantity_format(size);
}

static const char *
text_or(const char *text, const char *other)
{
    return text == NULL ? other : text;
}

static const PrintColumn claim_columns[] = {
    {"NAME"}, {"STATUS"}, {"VOLUME"}, {"CAPACITY"}, {"ACCESS MODES"}, {"STORAGECLASS"}, {"VOLUMEATTRIBUTESCLASS"},
    {"AGE"}, {"VOLUMEMODE", TRUE}, {0},
};

static void
claim_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const PvcSpec *spec = pvc_spec(object);
    const PvcStatus *status = pvc_status(object);
    gboolean is_bound = !str_is_empty(spec->volume_name);

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", api_is_deleting(object) ? "Terminating" : text_or(status->phase, ""));
    cell_add(out, "%s", text_or(spec->volume_name, ""));
    cell_add(out, "%s", is_bound ? storage_size_text(&status->capacity) : "");
    cell_add(out, "%s", is_bound ? access_modes_text(&status->access_modes) : "");
    cell_add(out, "%s", text_or(spec->storage_class_name, ""));
    cell_add(out, "%s", text_or(spec->volume_attributes_class_name, "<unset>"));
    cell_add_age(out, object, wall_ns);
    cell_add(out, "%s", text_or(spec->volume_mode, "<unset>"));
}

static const PrintColumn volume_columns[] = {
    {"NAME"}, {"CAPACITY"}, {"ACCESS MODES"}, {"RECLAIM POLICY"}, {"STATUS"}, {"CLAIM"}, {"STORAGECLASS"},
    {"VOLUMEATTRIBUTESCLASS"}, {"REASON"}, {"AGE"}, {"VOLUMEMODE", TRUE}, {0},
};

static void
volume_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const PvSpec *spec = pv_spec(object);
    const PvStatus *status = pv_status(object);

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", storage_size_text(&spec->capacity));
    cell_add(out, "%s", access_modes_text(&spec->access_modes));
    cell_add(out, "%s", text_or(spec->reclaim_policy, ""));
    cell_add(out, "%s", api_is_deleting(object) ? "Terminating" : text_or(status->phase, ""));
    if (spec->claim_ref == NULL)
        cell_add(out, "%s", "");
    else
        cell_add(out, "%s/%s", text_or(spec->claim_ref->namespace_, ""), text_or(spec->claim_ref->name, ""));
    cell_add(out, "%s", text_or(spec->storage_class_name, ""));
    cell_add(out, "<unset>");
    cell_add(out, "%s", text_or(status->reason, ""));
    cell_add_age(out, object, wall_ns);
    cell_add(out, "%s", text_or(spec->volume_mode, "<unset>"));
}

static const PrintColumn class_columns[] = {{"NAME"}, {"PROVISIONER"}, {"RECLAIMPOLICY"}, {"VOLUMEBINDINGMODE"},
                                            {"ALLOWVOLUMEEXPANSION"}, {"AGE"}, {0}};

static void
class_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const StorageClassBody *body = object->body;
    const StrMap *annotations = &object->meta->annotations;
    gboolean is_default = str_is(str_map_get(annotations, str_intern("storageclass.kubernetes.io/is-default-class")), "true");

    (void)wide;
    cell_add(out, "%s%s", api_name(object), is_default ? " (default)" : "");
    cell_add(out, "%s", body->provisioner == NULL ? "" : body->provisioner);
    cell_add(out, "%s", body->reclaim_policy == NULL ? "Delete" : body->reclaim_policy);
    cell_add(out, "%s", body->volume_binding_mode == NULL ? "Immediate" : body->volume_binding_mode);
    cell_add(out, "%s", body->allow_volume_expansion == OPT_TRUE ? "true" : "false");
    cell_add_age(out, object, wall_ns);
}

static const PrintColumn csi_node_columns[] = {{"NAME"}, {"DRIVERS"}, {"AGE"}, {0}};

static void
csi_node_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%u", csi_node_spec(object)->drivers.count);
    cell_add_age(out, object, wall_ns);
}

static const PrintColumn csi_driver_columns[] = {{"NAME"}, {"ATTACHREQUIRED"}, {"PODINFOONMOUNT"}, {"STORAGECAPACITY"},
                                                 {"TOKENREQUESTS"}, {"REQUIRESREPUBLISH"}, {"MODES"}, {"AGE"}, {0}};

/* printCSIDriver */
static void
csi_driver_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const CsiDriverSpec *spec = csi_driver_spec(object);
    g_autoptr(GString) tokens = g_string_new(NULL);
    g_autoptr(GString) modes = g_string_new(NULL);

    (void)wide;
    for (guint i = 0; i < spec->token_requests.count; i++)
        g_string_append_printf(tokens, "%s%s", i > 0 ? "," : "", text_or(spec->token_requests.items[i].audience, ""));
    for (guint i = 0; i < spec->volume_lifecycle_modes.count; i++)
        g_string_append_printf(modes, "%s%s", i > 0 ? "," : "", spec->volume_lifecycle_modes.items[i]);
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", spec->attach_required == OPT_FALSE ? "false" : "true");
    cell_add(out, "%s", spec->pod_info_on_mount == OPT_TRUE ? "true" : "false");
    cell_add(out, "%s", spec->storage_capacity == OPT_TRUE ? "true" : "false");
    cell_add(out, "%s", tokens->len > 0 ? tokens->str : "<unset>");
    cell_add(out, "%s", spec->requires_republish == OPT_TRUE ? "true" : "false");
    cell_add(out, "%s", modes->len > 0 ? modes->str : "<none>");
    cell_add_age(out, object, wall_ns);
}

static const PrintColumn csi_storage_capacity_columns[] = {{"NAME"}, {"STORAGECLASSNAME"}, {"CAPACITY"}, {0}};

/* printCSIStorageCapacity */
static void
csi_storage_capacity_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const CsiStorageCapacityBody *body = csi_storage_capacity_body(object);

    (void)wall_ns;
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", text_or(body->storage_class_name, ""));
    cell_add(out, "%s", body->capacity == NULL ? "<unset>" : quantity_format(body->capacity));
}

const Printer claim_printer = {&persistent_volume_claim_kind, claim_columns, claim_cells};
const Printer volume_printer = {&persistent_volume_kind, volume_columns, volume_cells};
const Printer storage_class_printer = {&storage_class_kind, class_columns, class_cells};
const Printer csi_node_printer = {&csi_node_kind, csi_node_columns, csi_node_cells};
const Printer csi_driver_printer = {&csi_driver_kind, csi_driver_columns, csi_driver_cells};
const Printer csi_storage_capacity_printer = {&csi_storage_capacity_kind, csi_storage_capacity_columns,
                                              csi_storage_capacity_cells};
