/* describe_node.c - nodes, and what their pods ask of them */

#include "kubectl/describe.h"

#include "kubectl/printers.h"

/*
 * Upstream divides in floating point and cuts: 290m of 1000m is 28%. The same
 * two operations in the same order give the same number everywhere.
 */
static gint64
percent(gint64 part, gint64 whole)
{
    return whole == 0 ? 0 : (gint64)((double)part / (double)whole * 100);
}

static void
add_all(QuantityMap *sum, const QuantityMap *more)
{
    for (guint i = 0; i < more->count; i++) {
        const Quantity *have = quantity_map_get(sum, more->items[i].key);
        Quantity total = more->items[i].value;

        if (have != NULL) {
            total = *have;
            quantity_add(&total, &more->items[i].value);
        }
        quantity_map_set(sum, more->items[i].key, total);
    }
}

static void
clear_map(QuantityMap *map)
{
    while (map->count > 0)
        quantity_map_remove(map, map->items[0].key);
    g_clear_pointer(&map->items, g_free);
}

/* "100m (2%)": of what can be allocated. (interned) */
static const char *
share_text(const QuantityMap *map, const char *name, const QuantityMap *allocatable)
{
    static const Quantity zero = {0};
    const Quantity *part = quantity_map_get(map, name);
    const Quantity *whole = quantity_map_get(allocatable, name);
    gboolean is_cpu = str_is(name, "cpu");

    if (part == NULL)
        part = &zero;
    if (whole == NULL)
        whole = &zero;
    return str_internf("%s (%d%%)", quantity_format(part),
                       (int)(is_cpu
                                 ? percent(quantity_value_milli(part), quantity_value_milli(whole))
                                 : percent(quantity_value(part), quantity_value(whole))));
}

static gboolean
is_extended(const char *name)
{
    return !str_is(name, "cpu") && !str_is(name, "memory") && !str_is(name, "ephemeral-storage") &&
           !str_is(name, "pods");
}

static void
describe_totals(GString *out,
                const QuantityMap *requests,
                const QuantityMap *limits,
                const QuantityMap *allocatable)
{
    static const char *const always[] = {"cpu", "memory", "ephemeral-storage"};
    static const Quantity zero = {0};

    describe_line(out, 0,
                  "Allocated resources:\n  (Total limits may be over 100 percent, i.e., "
                  "overcommitted.)\n");
    describe_line(out, 1, "Resource\tRequests\tLimits\n");
    describe_line(out, 1, "--------\t--------\t------\n");
    for (guint i = 0; i < G_N_ELEMENTS(always); i++)
        describe_line(out, 1, "%s\t%s\t%s\n", always[i],
                      share_text(requests, always[i], allocatable),
                      share_text(limits, always[i], allocatable));
    for (guint i = 0; i < allocatable->count; i++) {
        const char *name = allocatable->items[i].key;

        if (g_str_has_prefix(name, "hugepages-"))
            describe_line(out, 1, "%s\t%s\t%s\n", name, share_text(requests, name, allocatable),
                          share_text(limits, name, allocatable));
    }
    for (guint i = 0; i < allocatable->count; i++) {
        const char *name = allocatable->items[i].key;
        const Quantity *request = quantity_map_get(requests, name);
        const Quantity *limit = quantity_map_get(limits, name);

        if (is_extended(name) && !g_str_has_prefix(name, "hugepages-"))
            describe_line(out, 1, "%s\t%s\t%s\n", name,
                          quantity_format(request != NULL ? request : &zero),
                          quantity_format(limit != NULL ? limit : &zero));
    }
}

static void
describe_node_pods(GString *out, const Description *description)
{
    const NodeStatus *status = node_status(description->object);
    const QuantityMap *allocatable =
        status->allocatable.count > 0 ? &status->allocatable : &status->capacity;
    guint count = description->related != NULL ? description->related->len : 0;
    QuantityMap all_requests = {0};
    QuantityMap all_limits = {0};

    describe_line(out, 0, "Non-terminated Pods:\t(%u in total)\n", count);
    describe_line(out, 1,
                  "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory "
                  "Limits\tAge\n");
    describe_line(out, 1,
                  "---------\t----\t\t------------\t----------\t---------------\t-------------\t---"
                  "\n");
    for (guint i = 0; i < count; i++) {
        const ApiObject *pod = g_ptr_array_index(description->related, i);
        QuantityMap requests = {0};
        QuantityMap limits = {0};
        g_autofree char *age = printer_age(pod->meta->creation_time, description->wall_ns);

        pod_requests(pod_spec(pod), &requests);
        pod_limits(pod_spec(pod), &limits);
        describe_line(out, 1, "%s\t%s\t\t%s\t%s\t%s\t%s\t%s\n", api_namespace(pod), api_name(pod),
                      share_text(&requests, "cpu", allocatable),
                      share_text(&limits, "cpu", allocatable),
                      share_text(&requests, "memory", allocatable),
                      share_text(&limits, "memory", allocatable), age);
        add_all(&all_requests, &requests);
        add_all(&all_limits, &limits);
        clear_map(&requests);
        clear_map(&limits);
    }
    describe_totals(out, &all_requests, &all_limits, allocatable);
    clear_map(&all_requests);
    clear_map(&all_limits);
}

/* --- the node itself --------------------------------------------------------------------- */

static const char *
lease_time_text(ApiTime time)
{
    g_autofree char *text = NULL;

    if (time == 0)
        return "<unset>";
    text = time_text(time);
    return str_intern(text);
}

static void
describe_lease(GString *out, const Description *description)
{
    if (description->lease == NULL) {
        describe_line(out, 0, "Lease:\tFailed to get lease: %s\n",
                      description->lease_status != NULL ? description->lease_status->message : "");
        return;
    }
    const LeaseSpec *spec = lease_spec(description->lease);

    describe_line(out, 0, "Lease:\n");
    describe_line(out, 1, "HolderIdentity:\t%s\n",
                  spec->holder_identity != NULL ? spec->holder_identity : "<unset>");
    describe_line(out, 1, "AcquireTime:\t%s\n", lease_time_text(spec->acquire_time));
    describe_line(out, 1, "RenewTime:\t%s\n", lease_time_text(spec->renew_time));
}

static void
describe_node_conditions(GString *out, const ConditionList *conditions)
{
    if (conditions->count == 0)
        return;
    describe_line(out, 0,
                  "Conditions:\n  "
                  "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
    describe_line(out, 1, "----\t------\t-----------------\t------------------\t------\t-------\n");
    for (guint i = 0; i < conditions->count; i++) {
        const Condition *one = &conditions->items[i];
        g_autofree char *heartbeat = time_text(one->last_heartbeat_time);
        g_autofree char *transition = time_text(one->last_transition_time);

        describe_line(out, 1, "%s \t%s \t%s \t%s \t%s \t%s\n", one->type, text_or(one->status, ""),
                      heartbeat, transition, text_or(one->reason, ""), text_or(one->message, ""));
    }
}

static void
describe_amounts(GString *out, const char *title, const QuantityMap *map)
{
    if (map->count > 0)
        describe_line(out, 0, "%s:\n", title);
    for (guint i = 0; i < map->count; i++)
        describe_line(out, 1, "%s:\t%s\n", map->items[i].key,
                      quantity_format(&map->items[i].value));
}

static void
describe_system(GString *out, const NodeSystemInfo *info)
{
    describe_line(out, 0, "System Info:\n");
    describe_line(out, 1, "Machine ID:\t%s\n", text_or(info->machine_id, ""));
    describe_line(out, 1, "System UUID:\t%s\n", text_or(info->system_uuid, ""));
    describe_line(out, 1, "Boot ID:\t%s\n", text_or(info->boot_id, ""));
    describe_line(out, 1, "Kernel Version:\t%s\n", text_or(info->kernel_version, ""));
    describe_line(out, 1, "OS Image:\t%s\n", text_or(info->os_image, ""));
    describe_line(out, 1, "Operating System:\t%s\n", text_or(info->operating_system, ""));
    describe_line(out, 1, "Architecture:\t%s\n", text_or(info->architecture, ""));
    describe_line(out, 1, "Container Runtime Version:\t%s\n",
                  text_or(info->container_runtime_version, ""));
    describe_line(out, 1, "Kubelet Version:\t%s\n", text_or(info->kubelet_version, ""));
    describe_line(out, 1, "Kube-Proxy Version:\t%s\n", text_or(info->kube_proxy_version, ""));
}

static void
write_node(GString *out, const Description *description)
{
    const ApiObject *node = description->object;
    const NodeSpec *spec = node_spec(node);
    const NodeStatus *status = node_status(node);
    g_autofree char *created = time_text(node->meta->creation_time);

    describe_line(out, 0, "Name:\t%s\n", api_name(node));
    describe_line(out, 0, "Roles:\t%s\n", node_roles_text(node));
    describe_labels(out, "Labels", &node->meta->labels);
    describe_annotations(out, "Annotations", &node->meta->annotations);
    describe_line(out, 0, "CreationTimestamp:\t%s\n", created);
    describe_taints(out, &spec->taints);
    describe_line(out, 0, "Unschedulable:\t%s\n", spec->unschedulable ? "true" : "false");
    describe_lease(out, description);
    describe_node_conditions(out, &status->conditions);
    describe_line(out, 0, "Addresses:\n");
    for (guint i = 0; i < status->addresses.count; i++)
        describe_line(out, 1, "%s:\t%s\n", status->addresses.items[i].type,
                      text_or(status->addresses.items[i].address, ""));
    describe_amounts(out, "Capacity", &status->capacity);
    describe_amounts(out, "Allocatable", &status->allocatable);
    describe_system(out, &status->node_info);
    if (!str_is_empty(spec->pod_cidr))
        describe_line(out, 0, "PodCIDR:\t%s\n", spec->pod_cidr);
    if (spec->pod_cidrs.count > 0) {
        describe_line(out, 0, "PodCIDRs:\t");
        for (guint i = 0; i < spec->pod_cidrs.count; i++)
            g_string_append_printf(out, "%s%s", i > 0 ? "," : "", spec->pod_cidrs.items[i]);
        g_string_append_c(out, '\n');
    }
    if (!str_is_empty(spec->provider_id))
        describe_line(out, 0, "ProviderID:\t%s\n", spec->provider_id);
    describe_node_pods(out, description);
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_node_pods(const ApiObject *node, ApiRequest *request)
{
    request->namespace_ = NULL;
    request->field_selector =
        str_internf("spec.nodeName=%s,status.phase!=Succeeded,status.phase!=Failed",
                    api_name(node));
}

const Describer describe_node = {&node_kind, write_node, &pod_kind, ask_node_pods};
