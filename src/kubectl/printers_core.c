/*
 * printers_core.c - rows of nodes, namespaces, events, config maps, secrets,
 * service accounts, priority classes, leases
 *
 * Models: v1.33 pkg/printers/internalversion.
 */

#include "kubectl/printers.h"

#define ROLE_PREFIX "node-role.kubernetes.io/"

static const PrintColumn node_columns[] = {
    {"NAME"},
    {"STATUS"},
    {"ROLES"},
    {"AGE"},
    {"VERSION"},
    {"INTERNAL-IP", TRUE},
    {"EXTERNAL-IP", TRUE},
    {"OS-IMAGE", TRUE},
    {"KERNEL-VERSION", TRUE},
    {"CONTAINER-RUNTIME", TRUE},
    {0},
};
static const PrintColumn namespace_columns[] = {{"NAME"}, {"STATUS"}, {"AGE"}, {0}};
static const PrintColumn event_columns[] = {
    {"LAST SEEN"},       {"TYPE"},         {"REASON"},  {"OBJECT"},
    {"SUBOBJECT", TRUE}, {"SOURCE", TRUE}, {"MESSAGE"}, {"FIRST SEEN", TRUE},
    {"COUNT", TRUE},     {"NAME", TRUE},   {0},
};
static const PrintColumn config_map_columns[] = {{"NAME"}, {"DATA"}, {"AGE"}, {0}};
static const PrintColumn secret_columns[] = {{"NAME"}, {"TYPE"}, {"DATA"}, {"AGE"}, {0}};
static const PrintColumn service_account_columns[] = {{"NAME"}, {"SECRETS"}, {"AGE"}, {0}};
static const PrintColumn priority_class_columns[] = {
    {"NAME"}, {"VALUE"}, {"GLOBAL-DEFAULT"}, {"AGE"}, {"PREEMPTIONPOLICY"}, {0},
};
static const PrintColumn lease_columns[] = {{"NAME"}, {"HOLDER"}, {"AGE"}, {0}};

/* --- nodes ------------------------------------------------------------------------------- */

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *
node_roles_text(const ApiObject *node)
{
    const StrMap *labels = &node->meta->labels;
    g_autoptr(GPtrArray) roles = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < labels->count; i++) {
        const char *key = labels->items[i].key;
        const char *role = NULL;

        if (g_str_has_prefix(key, ROLE_PREFIX))
            role = str_intern(key + strlen(ROLE_PREFIX));
        else if (str_is(key, "kubernetes.io/role"))
            role = labels->items[i].value;
        if (!str_is_empty(role) && !g_ptr_array_find(roles, role, NULL))
            g_ptr_array_add(roles, (gpointer)role);
    }
    g_ptr_array_sort(roles, by_text);
    for (guint i = 0; i < roles->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(roles, i));
    return str_intern(roles->len > 0 ? text->str : "<none>");
}

static const char *
node_address(const NodeStatus *status, const char *type)
{
    for (guint i = 0; i < status->addresses.count; i++)
        if (str_is(status->addresses.items[i].type, type))
            return status->addresses.items[i].address;
    return "<none>";
}

static const char *
or_unknown(const char *text)
{
    return str_is_empty(text) ? "<unknown>" : text;
}

static void
node_cells(const ApiObject *node, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const NodeStatus *status = node_status(node);
    const Condition *ready = condition_find(&status->conditions, "Ready");
    const char *word = ready == NULL                   ? "Unknown"
                       : str_is(ready->status, "True") ? "Ready"
                                                       : "NotReady";

    (void)wide;
    cell_add(out, "%s", api_name(node));
    cell_add(out, "%s%s", word, node_spec(node)->unschedulable ? ",SchedulingDisabled" : "");
    cell_add(out, "%s", node_roles_text(node));
    cell_add_age(out, node, wall_ns);
    cell_add(out, "%s",
             status->node_info.kubelet_version != NULL ? status->node_info.kubelet_version : "");
    cell_add(out, "%s", node_address(status, "InternalIP"));
    cell_add(out, "%s", node_address(status, "ExternalIP"));
    cell_add(out, "%s", or_unknown(status->node_info.os_image));
    cell_add(out, "%s", or_unknown(status->node_info.kernel_version));
    cell_add(out, "%s", or_unknown(status->node_info.container_runtime_version));
}

/* --- events ------------------------------------------------------------------------------ */

ApiTime
event_last_time(const EventBody *event)
{
    if (event->series != NULL)
        return event->series->last_observed_time;
    if (event->last_time != 0)
        return event->last_time;
    return event->first_time != 0 ? event->first_time : event->event_time;
}

static void
add_source(const EventBody *event, GPtrArray *out)
{
    const char *component = !str_is_empty(event->source.component) ? event->source.component
                                                                   : event->reporting_component;
    const char *host =
        !str_is_empty(event->source.host) ? event->source.host : event->reporting_instance;

    if (str_is_empty(host))
        cell_add(out, "%s", component != NULL ? component : "");
    else
        cell_add(out, "%s, %s", component != NULL ? component : "", host);
}

static void
event_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const EventBody *event = event_body(object);
    const ObjectReference *about = &event->involved_object;
    g_autofree char *kind = g_ascii_strdown(about->kind != NULL ? about->kind : "", -1);
    g_autofree char *message = g_strstrip(g_strdup(event->message != NULL ? event->message : ""));
    gint32 count = event->series != NULL ? event->series->count : MAX(event->count, 1);

    (void)wide;
    g_ptr_array_add(out, printer_age(event_last_time(event), wall_ns));
    cell_add(out, "%s", event->type != NULL ? event->type : "");
    cell_add(out, "%s", event->reason != NULL ? event->reason : "");
    if (str_is_empty(about->name))
        cell_add(out, "%s", kind);
    else
        cell_add(out, "%s/%s", kind, about->name);
    cell_add(out, "%s", about->field_path != NULL ? about->field_path : "");
    add_source(event, out);
    cell_add(out, "%s", message);
    g_ptr_array_add(out, printer_age(event->first_time != 0 ? event->first_time : event->event_time,
                                     wall_ns));
    cell_add(out, "%d", count);
    cell_add(out, "%s", api_name(object));
}

/* --- the small ones ---------------------------------------------------------------------- */

static void
namespace_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const char *phase = namespace_status(object)->phase;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", phase != NULL ? phase : "");
    cell_add_age(out, object, wall_ns);
}

static void
config_map_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const ConfigMapBody *body = object->body;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%u", body->data.count + body->binary_data.count);
    cell_add_age(out, object, wall_ns);
}

static void
secret_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const SecretBody *body = object->body;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", body->type != NULL ? body->type : "");
    cell_add(out, "%u", body->data.count);
    cell_add_age(out, object, wall_ns);
}

static void
service_account_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const ServiceAccountBody *body = object->body;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%u", body->secrets.count);
    cell_add_age(out, object, wall_ns);
}

static void
priority_class_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const PriorityClassBody *body = object->body;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d", body->value);
    cell_add(out, "%s", body->global_default ? "true" : "false");
    cell_add_age(out, object, wall_ns);
    cell_add(out, "%s", body->preemption_policy != NULL ? body->preemption_policy : "");
}

static void
lease_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const char *holder = lease_spec(object)->holder_identity;

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", holder != NULL ? holder : "");
    cell_add_age(out, object, wall_ns);
}

const Printer node_printer = {&node_kind, node_columns, node_cells};
const Printer namespace_printer = {&namespace_kind, namespace_columns, namespace_cells};
const Printer event_printer = {&event_kind, event_columns, event_cells};
const Printer config_map_printer = {&config_map_kind, config_map_columns, config_map_cells};
const Printer secret_printer = {&secret_kind, secret_columns, secret_cells};
const Printer service_account_printer = {&service_account_kind, service_account_columns,
                                         service_account_cells};
const Printer priority_class_printer = {&priority_class_kind, priority_class_columns,
                                        priority_class_cells};
const Printer lease_printer = {&lease_kind, lease_columns, lease_cells};
