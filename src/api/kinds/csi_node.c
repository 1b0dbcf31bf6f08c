/*
 * CSINode: tables, validation, kind.
 *
 * Models: v1.34 pkg/apis/storage/validation: ValidateCSINode, ValidateCSINodeUpdate; MutableCSINodeAllocatableCount is off.
 */
#include "api/kinds/csi_node.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

/* csiNodeIDLongerMaxLength */
#define NODE_ID_MAX 192

static const ApiField resources_fields[] = {
    {"count", API_OPT_INT32, AT(VolumeNodeResources, count),
     .doc = "The most volumes of the driver that the node can use at a time; without it there is no limit."},
    {0},
};
static const ApiType resources_type =
    TYPE("VolumeNodeResources", VolumeNodeResources, resources_fields, "How many volumes a node can use.");

static const ApiField driver_fields[] = {
    {"name", API_STRING, AT(CsiNodeDriver, name), API_REQUIRED | API_ALWAYS, .doc = "What the driver calls itself."},
    {"nodeID", API_STRING, AT(CsiNodeDriver, node_id), API_REQUIRED | API_ALWAYS, .doc = "What the driver calls the node."},
    {"topologyKeys", API_STR_LIST, AT(CsiNodeDriver, topology_keys), API_ALWAYS,
     .doc = "Labels of the node that say where it is, for the driver."},
    {"allocatable", API_MESSAGE, AT(CsiNodeDriver, allocatable), .message = &resources_type,
     .doc = "How many volumes of the driver the node can use."},
    {0},
};
static const ApiType driver_type =
    TYPE("CSINodeDriver", CsiNodeDriver, driver_fields, "One driver that is installed on the node.");

static const ApiField spec_fields[] = {
    {"drivers", API_MESSAGE_LIST, AT(CsiNodeSpec, drivers), API_REQUIRED | API_ALWAYS, .message = &driver_type,
     .merge = API_MERGE_MERGE, .merge_key = "name", .doc = "The drivers that are installed on the node."},
    {0},
};
static const ApiType spec_type = TYPE("CSINodeSpec", CsiNodeSpec, spec_fields, "The drivers of a node.");

static void
check_topology_keys(ApiErrors *errors, const char *child, const StrList *keys)
{
    for (guint i = 0; i < keys->count; i++) {
        const char *key = keys->items[i];
        StrList messages = {0};

        if (str_is_empty(key))
            field_required(errors, child, "");
        for (guint k = 0; k < i; k++) {
            if (str_is(keys->items[k], key)) {
                field_duplicate(errors, child, api_quote(key));
                break;
            }
        }
        name_check(NAME_QUALIFIED, str_or_empty(key), FALSE, &messages);
        for (guint k = 0; k < messages.count; k++)
            field_invalid_raw(errors, child, print_str_list(keys), messages.items[k]);
        g_free(messages.items);
    }
}

/* validateCSINodeDriver */
static void
check_driver(ApiErrors *errors, const CsiNodeSpec *spec, guint index)
{
    const CsiNodeDriver *driver = &spec->drivers.items[index];
    const char *child = str_internf("drivers[%u]", index);

    api_errors_push(errors, "drivers");
    api_errors_push_index(errors, index);
    check_csi_driver(errors, "name", str_or_empty(driver->name));
    if (str_is_empty(driver->node_id))
        field_required(errors, "nodeID", "");
    else if (strlen(driver->node_id) > NODE_ID_MAX)
        field_invalid_string(errors, "nodeID", driver->node_id, str_internf("must be %d characters or less", NODE_ID_MAX));
    if (driver->allocatable != NULL && driver->allocatable->count.is_set && driver->allocatable->count.value < 0)
        field_invalid_raw(errors, "allocatable.count", str_internf("%d", driver->allocatable->count.value),
                          "must be greater than or equal to 0");
    for (guint i = 0; i < index; i++) {
        if (str_is(spec->drivers.items[i].name, driver->name)) {
            field_duplicate(errors, "name", api_quote(str_or_empty(driver->name)));
            break;
        }
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
    check_topology_keys(errors, child, &driver->topology_keys);
}

static void
csi_node_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "spec");
    for (guint i = 0; i < csi_node_spec(object)->drivers.count; i++)
        check_driver(errors, csi_node_spec(object), i);
    api_errors_pop(errors);
}

/* As the internal type prints itself, which has no names for the wire. */
static const char *
print_driver(const CsiNodeDriver *driver)
{
    const VolumeNodeResources *room = driver->allocatable;
    const char *count = room == NULL           ? "null"
                        : !room->count.is_set ? "{\"Count\":null}"
                                              : str_internf("{\"Count\":%d}", room->count.value);

    return str_internf("{\"Name\":%s,\"NodeID\":%s,\"TopologyKeys\":%s,\"Allocatable\":%s}",
                       api_quote(str_or_empty(driver->name)), api_quote(str_or_empty(driver->node_id)),
                       print_str_list(&driver->topology_keys), count);
}

/* ValidateCSINodeUpdate: drivers come and go, none changes. */
static void
csi_node_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const CsiNodeSpec *spec = csi_node_spec(object);
    const CsiNodeSpec *before = csi_node_spec(old);

    for (guint i = 0; i < before->drivers.count; i++)
        for (guint k = 0; k < spec->drivers.count; k++)
            if (str_is(before->drivers.items[i].name, spec->drivers.items[k].name) &&
                !api_struct_equal(&driver_type, &before->drivers.items[i], &spec->drivers.items[k]))
                field_invalid_raw(errors, "spec.drivers", print_driver(&spec->drivers.items[k]), "field is immutable");
}

const ApiKind csi_node_kind = {
    .kind = "CSINode",
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "csinodes",
    .singular = "csinode",
    .spec = &spec_type,
    .doc = "The drivers of CSI volumes that a node has, and how many volumes it can use.",
    .validate = csi_node_validate,
    .validate_update = csi_node_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
