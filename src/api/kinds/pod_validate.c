/*
 * Validation of pods and pod templates.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidatePodSpec, ValidatePodUpdate.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/pod_internal.h"
#include "api/kinds/tables.h"

#define MAX_SEARCHES     32
#define MAX_SEARCH_CHARS 2048

static const char *const dns_policies[] = {"ClusterFirstWithHostNet", "ClusterFirst", "Default",
                                           "None", NULL};
static const char *const restart_policies[] = {"Always", "OnFailure", "Never", NULL};
static const char *const preemption_policies[] = {"PreemptLowerPriority", "Never", NULL};

/* validatePodHostNetworkDeps */
static void
check_host_network(ApiErrors *errors, const PodSpec *spec, gboolean is_pod)
{
    if (!spec->host_network)
        return;
    api_errors_push(errors, "containers");
    for (guint i = 0; i < spec->containers.count; i++) {
        const Container *container = &spec->containers.items[i];

        api_errors_push_index(errors, i);
        for (guint j = 0; j < container->ports.count; j++) {
            const ContainerPort *port = &container->ports.items[j];

            if ((is_pod || port->host_port != 0) && port->host_port != port->container_port)
                field_invalid_int(errors, str_internf("ports[%u].hostPort", j), port->host_port,
                                  "must match `containerPort` when `hostNetwork` is true");
        }
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
check_search_count(ApiErrors *errors, const Value *searches)
{
    g_autofree char *printed = NULL;
    gsize n_chars = searches == NULL || searches->count == 0 ? 0 : searches->count - 1;

    for (guint i = 0; searches != NULL && i < searches->count; i++)
        n_chars += strlen(str_or_empty(searches->items[i]->text));
    if (searches == NULL || (searches->count <= MAX_SEARCHES && n_chars <= MAX_SEARCH_CHARS))
        return;
    printed = value_to_json(searches, VALUE_COMPACT);
    if (searches->count > MAX_SEARCHES)
        field_invalid_raw(errors, "searches", str_intern(printed),
                          str_internf("must not have more than %d search paths", MAX_SEARCHES));
    if (n_chars > MAX_SEARCH_CHARS)
        field_invalid_raw(errors, "searches", str_intern(printed),
                          str_internf("must not have more than %d characters (including spaces) in the search list", MAX_SEARCH_CHARS));
}

static void
check_dns_lists(ApiErrors *errors, const Value *config)
{
    const Value *servers = value_get(config, "nameservers");
    const Value *searches = value_get(config, "searches");
    const Value *options = value_get(config, "options");

    for (guint i = 0; servers != NULL && i < servers->count; i++)
        check_ip(errors, str_internf("nameservers[%u]", i), servers->items[i]->text);
    check_search_count(errors, searches);
    for (guint i = 0; searches != NULL && i < searches->count; i++) {
        g_autofree char *name = g_strdup(str_or_empty(searches->items[i]->text));

        if (strcmp(name, ".") == 0)
            continue;
        if (g_str_has_suffix(name, "."))
            name[strlen(name) - 1] = '\0';
        check_name(errors, str_internf("searches[%u]", i), NAME_DNS_SEARCH, str_intern(name));
    }
    for (guint i = 0; options != NULL && i < options->count; i++) {
        if (str_is_empty(value_get_string(options->items[i], "name", "")))
            field_required(errors, str_internf("options[%u]", i), "must not be empty");
    }
}

/* validatePodDNSConfig */
void
check_dns_config(ApiErrors *errors, const PodSpec *spec)
{
    const Value *servers = value_get(spec->dns_config, "nameservers");
    gboolean is_none = str_is(spec->dns_policy, "None");

    if (is_none && spec->dns_config == NULL) {
        field_required(errors, "dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
        return;
    }
    if (is_none && (servers == NULL || servers->count == 0)) {
        field_required(errors, "dnsConfig.nameservers",
                       "must provide at least one DNS nameserver when `dnsPolicy` is None");
        return;
    }
    if (spec->dns_config == NULL)
        return;
    api_errors_push(errors, "dnsConfig");
    if (servers != NULL && servers->count > 3) {
        g_autofree char *printed = value_to_json(servers, VALUE_COMPACT);

        field_invalid_raw(errors, "nameservers", str_intern(printed),
                          "must not have more than 3 nameservers");
    }
    check_dns_lists(errors, spec->dns_config);
    api_errors_pop(errors);
}

static void
check_gates(ApiErrors *errors, const PodSpec *spec)
{
    StrList seen = {0};

    for (guint i = 0; i < spec->readiness_gates.count; i++)
        check_name(errors, str_internf("readinessGates[%u].conditionType", i), NAME_QUALIFIED,
                   spec->readiness_gates.items[i].condition_type);
    for (guint i = 0; i < spec->scheduling_gates.count; i++) {
        const char *name = str_or_empty(spec->scheduling_gates.items[i].name);
        const char *child = str_internf("schedulingGates[%u]", i);

        check_name(errors, child, NAME_QUALIFIED, name);
        if (str_list_contains(&seen, name))
            field_duplicate(errors, child, api_quote(name));
        str_list_add(&seen, name);
    }
    g_free(seen.items);
}

static void
check_optional_name(ApiErrors *errors, const char *child, NameRule rule, const char *text)
{
    if (!str_is_empty(text))
        check_name(errors, child, rule, text);
}

static void
check_host_aliases(ApiErrors *errors, const PodSpec *spec)
{
    for (guint i = 0; i < spec->host_aliases.count; i++) {
        const HostAlias *alias = &spec->host_aliases.items[i];

        check_ip(errors, str_internf("hostAliases[%u].ip", i), alias->ip);
        for (guint j = 0; j < alias->hostnames.count; j++)
            check_name(errors, str_internf("hostAliases[%u].hostnames[%u]", i, j),
                       NAME_DNS_SUBDOMAIN, alias->hostnames.items[j]);
    }
}

/* @sums stay at or below what the pod says of the same name; what it does not name is not compared. */
static void
check_sums(ApiErrors *errors, const QuantityMap *sums, const QuantityMap *own, const char *what, const char *prefix)
{
    for (guint i = 0; i < sums->count; i++) {
        const char *key = sums->items[i].key;
        const Quantity *amount = quantity_map_get(own, key);

        if (g_str_has_prefix(key, prefix) && amount != NULL && quantity_compare(&sums->items[i].value, amount) > 0)
            field_invalid_string(errors, str_internf("%s[%s]", what, key), quantity_format(amount),
                                 str_internf("must be greater than or equal to aggregate container %s of %s", what,
                                             quantity_format(&sums->items[i].value)));
    }
}

/* validatePodResourceConsistency: the cursor stands on the pod's own "resources" */
static void
check_resource_sums(ApiErrors *errors, const PodSpec *spec)
{
    const ResourceRequirements *resources = spec->resources;
    QuantityMap requests = {0};
    QuantityMap limits = {0};

    pod_container_requests(spec, &requests);
    check_sums(errors, &requests, &resources->requests, "requests", "");
    pod_container_limits(spec, &limits);
    check_sums(errors, &limits, &resources->limits, "limits", "hugepages-");
    g_free(requests.items);
    g_free(limits.items);
    for (guint i = 0; i < spec->containers.count; i++) {
        const QuantityMap *own = &spec->containers.items[i].resources.limits;

        for (guint j = 0; j < own->count; j++) {
            const Quantity *most = quantity_map_get(&resources->limits, own->items[j].key);

            if (most != NULL && quantity_compare(&own->items[j].value, most) > 0)
                field_invalid_string(errors, str_internf("containers[%u][%s].limits", i, own->items[j].key),
                                     quantity_format(&own->items[j].value),
                                     str_internf("must be less than or equal to pod limits of %s", quantity_format(most)));
        }
    }
}

/* validatePodResources */
static void
check_pod_resources(ApiErrors *errors, const PodSpec *spec)
{
    const ResourceRequirements *resources = spec->resources;

    if (resources == NULL)
        return;
    if (spec->os != NULL && str_is(spec->os->name, "windows")) {
        field_forbidden(errors, "resources", "may not be set for a windows pod");
        return;
    }
    api_errors_push(errors, "resources");
    if (resources->claims != NULL)
        field_forbidden(errors, "claims", "claims may not be set for Resources at pod-level");
    check_resources(errors, resources, TRUE);
    check_resource_sums(errors, spec);
    api_errors_pop(errors);
}

static void
check_names_and_numbers(ApiErrors *errors, const PodSpec *spec)
{
    check_optional_name(errors, "serviceAccountName", NAME_DNS_SUBDOMAIN,
                        spec->service_account_name);
    check_optional_name(errors, "nodeName", NAME_DNS_SUBDOMAIN, spec->node_name);
    if (spec->active_deadline_s.is_set &&
        (spec->active_deadline_s.value < 1 || spec->active_deadline_s.value > G_MAXINT32))
        field_invalid_int(errors, "activeDeadlineSeconds", spec->active_deadline_s.value,
                          "must be between 1 and 2147483647, inclusive");
    check_optional_name(errors, "hostname", NAME_DNS_LABEL, spec->hostname);
    check_optional_name(errors, "subdomain", NAME_DNS_LABEL, spec->subdomain);
    check_tolerations(errors, &spec->tolerations);
    check_host_aliases(errors, spec);
    check_optional_name(errors, "priorityClassName", NAME_DNS_SUBDOMAIN, spec->priority_class_name);
    if (spec->runtime_class_name != NULL)
        check_name(errors, "runtimeClassName", NAME_DNS_SUBDOMAIN, spec->runtime_class_name);
    if (spec->preemption_policy != NULL)
        check_one_of(errors, "preemptionPolicy", spec->preemption_policy, preemption_policies);
}

static void
check_overhead(ApiErrors *errors, const PodSpec *spec)
{
    const ResourceRequirements overhead = {.limits = spec->overhead};

    if (spec->overhead.count == 0)
        return;
    api_errors_push(errors, "overhead");
    check_resources(errors, &overhead, FALSE);
    api_errors_pop(errors);
}

static void
forbid_devices(ApiErrors *errors, const Container *container, const char *path, gconstpointer data)
{
    (void)data;
    if (container->volume_devices != NULL && container->volume_devices->count > 0)
        field_forbidden(errors, str_internf("%s.volumeDevices", path), "when `hostUsers` is false");
}

/* validateHostUsers, with upstream's capitals */
static void
check_host_users(ApiErrors *errors, const PodSpec *spec)
{
    if (spec->host_users != OPT_FALSE)
        return;
    if (spec->host_network)
        field_forbidden(errors, "hostNetwork", "when `hostUsers` is false");
    if (spec->host_pid)
        field_forbidden(errors, "HostPID", "when `hostUsers` is false");
    if (spec->host_ipc)
        field_forbidden(errors, "HostIPC", "when `hostUsers` is false");
    visit_containers(errors, spec, forbid_devices, NULL);
}

void
check_pod_spec(ApiErrors *errors, const ApiObject *pod, const PodSpec *spec, const StrList *claims)
{
    StrList volumes = {0};

    check_volumes(errors, pod, spec, &volumes);
    for (guint i = 0; claims != NULL && i < claims->count; i++)
        str_list_add(&volumes, claims->items[i]);
    check_pod_claims(errors, spec);
    check_containers(errors, spec, &volumes);
    check_pod_resources(errors, spec);
    check_host_network(errors, spec, pod != NULL);
    check_one_of(errors, "restartPolicy", spec->restart_policy, restart_policies);
    check_one_of(errors, "dnsPolicy", spec->dns_policy, dns_policies);
    api_validate_labels(errors, "nodeSelector", &spec->node_selector);
    check_security_contexts(errors, spec);
    check_affinity(errors, spec->affinity);
    check_dns_config(errors, spec);
    check_gates(errors, spec);
    check_topology_spread(errors, spec);
    check_host_processes(errors, spec);
    check_host_users(errors, spec);
    check_names_and_numbers(errors, spec);
    check_overhead(errors, spec);
    check_pod_os(errors, spec);
    g_free(volumes.items);
}

static gboolean
has_ephemeral_containers(const PodSpec *spec)
{
    return spec->ephemeral_containers != NULL && spec->ephemeral_containers->count > 0;
}

/* ValidatePodTemplateSpec; upstream leaves "metadata" out of these paths */
void
check_pod_template(ApiErrors *errors, const PodTemplateSpec *template_, const StrList *claims)
{
    api_validate_labels(errors, "labels", &template_->metadata.labels);
    api_validate_annotations(errors, "annotations", &template_->metadata.annotations);
    check_pod_annotations(errors, &template_->metadata.annotations, &template_->spec);
    api_errors_push(errors, "spec");
    check_pod_spec(errors, NULL, &template_->spec, claims);
    check_profile_annotations(errors, &template_->metadata.annotations, &template_->spec);
    if (has_ephemeral_containers(&template_->spec))
        field_forbidden(errors, "ephemeralContainers",
                        "ephemeral containers not allowed in pod template");
    api_errors_pop(errors);
}

/* --- pods ---------------------------------------------------------------------------------- */

static gboolean
has_outer_blanks(const char *text)
{
    gsize length = strlen(text);

    return length > 0 && (g_ascii_isspace(text[0]) || g_ascii_isspace(text[length - 1]));
}

static void
check_image_blanks(ApiErrors *errors, const char *list, const Container *containers, guint count)
{
    for (guint i = 0; i < count; i++) {
        const char *image = str_or_empty(containers[i].image);

        if (has_outer_blanks(image))
            field_invalid_string(errors, str_internf("%s[%u].image", list, i), image,
                                 "must not have leading or trailing whitespace");
    }
}

static void
forbid_tokens_without_account(ApiErrors *errors, const PodSpec *spec)
{
    if (!str_is_empty(spec->service_account_name))
        return;
    for (guint i = 0; i < spec->volumes.count; i++) {
        const ProjectedVolumeSource *projected = spec->volumes.items[i].projected;

        for (guint j = 0; projected != NULL && j < projected->sources.count; j++) {
            if (projected->sources.items[j].service_account_token != NULL)
                field_forbidden(errors,
                                str_internf("volumes[%u].projected.sources[%u].serviceAccountToken",
                                            i, j),
                                "must not be specified when serviceAccountName is not set");
        }
    }
}

/* validatePodMetadataAndSpec: the cursor stands on "spec" */
static void
check_pod(ApiErrors *errors, const ApiObject *pod, const PodSpec *spec)
{
    check_pod_spec(errors, pod, spec, NULL);
    forbid_tokens_without_account(errors, spec);
    check_image_blanks(errors, "containers", spec->containers.items, spec->containers.count);
    check_image_blanks(errors, "initContainers", spec->init_containers.items,
                       spec->init_containers.count);
}

/* ValidatePodCreate */
void
pod_validate(const ApiObject *pod, ApiErrors *errors)
{
    const PodSpec *spec = pod->spec;

    api_errors_push(errors, "metadata");
    check_pod_annotations(errors, &pod->meta->annotations, spec);
    api_errors_pop(errors);
    api_errors_push(errors, "spec");
    check_pod(errors, pod, spec);
    if (has_ephemeral_containers(spec))
        field_forbidden(errors, "ephemeralContainers", "cannot be set on create");
    if (!str_is_empty(spec->node_name) && spec->scheduling_gates.count > 0)
        field_forbidden(errors, "nodeName",
                        "cannot be set until all schedulingGates have been cleared");
    check_profile_annotations(errors, &pod->meta->annotations, spec);
    api_errors_pop(errors);
}

/* --- updates ------------------------------------------------------------------------------- */

/* ValidateContainerUpdates: FALSE if the containers cannot be compared one by one */
static gboolean
check_container_update(ApiErrors *errors,
                       const char *list,
                       const Container *containers,
                       guint count,
                       guint old_count)
{
    if (count != old_count) {
        field_forbidden(errors, list, "pod updates may not add or remove containers");
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        if (str_is_empty(containers[i].image))
            field_required(errors, str_internf("%s[%u].image", list, i), NULL);
    }
    check_image_blanks(errors, list, containers, count);
    return TRUE;
}

/* FALSE: nothing further is checked */
static gboolean
check_deadline_update(ApiErrors *errors, const PodSpec *spec, const PodSpec *old)
{
    OptInt64 now = spec->active_deadline_s;
    OptInt64 before = old->active_deadline_s;

    if (!now.is_set) {
        if (before.is_set)
            field_invalid_raw(errors, "activeDeadlineSeconds", "null",
                              "must not update from a positive integer to nil value");
        return TRUE;
    }
    if (now.value < 0 || now.value > G_MAXINT32) {
        field_invalid_int(errors, "activeDeadlineSeconds", now.value,
                          "must be between 0 and 2147483647, inclusive");
        return FALSE;
    }
    if (before.is_set && before.value < now.value) {
        field_invalid_int(errors, "activeDeadlineSeconds", now.value,
                          "must be less than or equal to previous value");
        return FALSE;
    }
    return TRUE;
}

static gboolean
is_same_toleration(const Toleration *a, const Toleration *b)
{
    return str_is(str_or_empty(a->key), str_or_empty(b->key)) &&
           str_is(str_or_empty(a->operator_), str_or_empty(b->operator_)) &&
           str_is(str_or_empty(a->value), str_or_empty(b->value)) &&
           str_is(str_or_empty(a->effect), str_or_empty(b->effect));
}

/* validateOnlyAddedTolerations */
static void
check_toleration_update(ApiErrors *errors, const PodSpec *spec, const PodSpec *old)
{
    for (guint i = 0; i < old->tolerations.count; i++) {
        gboolean is_found = FALSE;

        for (guint j = 0; j < spec->tolerations.count && !is_found; j++)
            is_found = is_same_toleration(&old->tolerations.items[i], &spec->tolerations.items[j]);
        if (!is_found) {
            field_forbidden(errors, "tolerations",
                            "existing toleration can not be modified except its "
                            "tolerationSeconds");
            return;
        }
    }
    check_tolerations(errors, &spec->tolerations);
}

/* validateOnlyDeletedSchedulingGates */
static void
check_gate_update(ApiErrors *errors, const PodSpec *spec, const PodSpec *old)
{
    for (guint i = 0; i < spec->scheduling_gates.count; i++) {
        const char *name = spec->scheduling_gates.items[i].name;
        gboolean is_old = FALSE;

        for (guint j = 0; j < old->scheduling_gates.count && !is_old; j++)
            is_old = str_is(old->scheduling_gates.items[j].name, name);
        if (!is_old)
            field_forbidden(errors, str_internf("schedulingGates[%u].name", i),
                            str_internf("only deletion is allowed, but found new scheduling gate "
                                        "'%s'",
                                        str_or_empty(name)));
    }
}

static void
drop_node_affinity(PodSpec *spec)
{
    Affinity *affinity = spec->affinity;
    NodeAffinity *node = NULL;
    Affinity holder = {0};

    if (affinity == NULL)
        return;
    node = g_steal_pointer(&affinity->node_affinity);
    holder.node_affinity = node;
    api_struct_clear(&affinity_type, &holder);
    if (affinity->pod_affinity == NULL && affinity->pod_anti_affinity == NULL)
        api_struct_free(&affinity_type, g_steal_pointer(&spec->affinity));
}

static const NodeSelector *
required_nodes(const PodSpec *spec)
{
    return spec->affinity == NULL || spec->affinity->node_affinity == NULL ? NULL : spec->affinity->node_affinity->required;
}

static gboolean
requirement_equals(const NodeSelectorRequirement *a, const NodeSelectorRequirement *b)
{
    if (!str_is(str_or_empty(a->key), str_or_empty(b->key)) ||
        !str_is(str_or_empty(a->operator_), str_or_empty(b->operator_)) || a->values.count != b->values.count)
        return FALSE;
    for (guint i = 0; i < a->values.count; i++)
        if (!str_is(a->values.items[i], b->values.items[i]))
            return FALSE;
    return TRUE;
}

static gboolean
begins_with(const NodeSelectorRequirement *now, guint n_now, const NodeSelectorRequirement *was, guint n_was)
{
    if (n_now < n_was)
        return FALSE;
    for (guint i = 0; i < n_was; i++)
        if (!requirement_equals(&now[i], &was[i]))
            return FALSE;
    return TRUE;
}

/* validateNodeSelectorTermHasOnlyAdditions: a term that selects nothing stays so. */
static gboolean
term_only_grows(const NodeSelectorTerm *now, const NodeSelectorTerm *was)
{
    if (was->match_expressions.count == 0 && was->match_fields.count == 0)
        return now->match_expressions.count == 0 && now->match_fields.count == 0;
    return begins_with(now->match_expressions.items, now->match_expressions.count, was->match_expressions.items,
                       was->match_expressions.count) &&
           begins_with(now->match_fields.items, now->match_fields.count, was->match_fields.items, was->match_fields.count);
}

/* validateNodeAffinityMutation */
static void
check_affinity_update(ApiErrors *errors, const PodSpec *now, const PodSpec *was)
{
    const NodeSelector *old = required_nodes(was);
    const NodeSelector *new_ = required_nodes(now);
    guint n_new = new_ == NULL ? 0 : new_->terms.count;

    if (old == NULL || old->terms.count == 0)
        return;
    api_errors_push(errors, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    if (n_new != old->terms.count) {
        g_autoptr(GString) printed = g_string_new(n_new == 0 ? "null" : "[");

        for (guint i = 0; i < n_new; i++) {
            g_autofree char *term = internal_json(&node_selector_term_type, &new_->terms.items[i]);

            g_string_append_printf(printed, "%s%s", i > 0 ? "," : "", term);
        }
        if (n_new > 0)
            g_string_append_c(printed, ']');
        field_invalid_raw(errors, NULL, str_intern(printed->str),
                          "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    }
    for (guint i = 0; n_new == old->terms.count && i < n_new; i++) {
        g_autofree char *term = NULL;

        if (term_only_grows(&new_->terms.items[i], &old->terms.items[i]))
            continue;
        term = internal_json(&node_selector_term_type, &new_->terms.items[i]);
        api_errors_push_index(errors, i);
        field_invalid_raw(errors, NULL, str_intern(term), "only additions are allowed (no mutations or deletions)");
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* A gated pod's node selector may grow, and so may the required terms of its node affinity. */
static void
check_gated_update(ApiErrors *errors, PodSpec *munged, PodSpec *before)
{
    if (!str_map_contains_all(&munged->node_selector, &before->node_selector))
        field_invalid_raw(errors, "nodeSelector", print_str_map(&munged->node_selector),
                          "only additions to spec.nodeSelector are allowed (no mutations or "
                          "deletions)");
    str_map_copy(&munged->node_selector, &before->node_selector);
    check_affinity_update(errors, munged, before);
    drop_node_affinity(munged);
    drop_node_affinity(before);
}

static void
put_back_images(Container *containers, guint count, const Container *old)
{
    for (guint i = 0; i < count; i++)
        containers[i].image = old[i].image;
}

static void
copy_tolerations(PodSpec *munged, const PodSpec *old)
{
    g_free(munged->tolerations.items);
    memset(&munged->tolerations, 0, sizeof munged->tolerations);
    for (guint i = 0; i < old->tolerations.count; i++) {
        Toleration *toleration = API_LIST_ADD(&munged->tolerations);

        *toleration = old->tolerations.items[i];
    }
    g_free(munged->scheduling_gates.items);
    memset(&munged->scheduling_gates, 0, sizeof munged->scheduling_gates);
    for (guint i = 0; i < old->scheduling_gates.count; i++) {
        PodSchedulingGate *gate = API_LIST_ADD(&munged->scheduling_gates);

        *gate = old->scheduling_gates.items[i];
    }
}

/* The last rule of ValidatePodUpdate */
static void
check_nothing_else_changed(ApiErrors *errors, const PodSpec *spec, const PodSpec *old)
{
    PodSpec munged = {0};
    PodSpec before = {0};

    api_struct_copy(&pod_spec_type, &munged, spec);
    api_struct_copy(&pod_spec_type, &before, old);
    put_back_images(munged.containers.items, munged.containers.count, old->containers.items);
    put_back_images(munged.init_containers.items, munged.init_containers.count,
                    old->init_containers.items);
    munged.active_deadline_s = old->active_deadline_s;
    copy_tolerations(&munged, old);
    if (old->termination_grace_s.is_set && old->termination_grace_s.value < 0 &&
        munged.termination_grace_s.is_set && munged.termination_grace_s.value == 1)
        munged.termination_grace_s = old->termination_grace_s;
    if (old->scheduling_gates.count > 0)
        check_gated_update(errors, &munged, &before);
    if (!api_struct_equal(&pod_spec_type, &munged, &before)) {
        g_autofree char *diff = pod_spec_diff(&before, &munged);

        field_forbidden(
            errors, NULL,
            str_internf("pod updates may not change fields other than "
                        "`spec.containers[*].image`,`spec.initContainers[*].image`,"
                        "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
                        "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
                        "be set to 1 if it was previously negative)\n%s",
                        diff));
    }
    api_struct_clear(&pod_spec_type, &munged);
    api_struct_clear(&pod_spec_type, &before);
}

void
pod_validate_update(const ApiObject *pod, const ApiObject *old, ApiErrors *errors)
{
    const PodSpec *spec = pod->spec;
    const PodSpec *before = old->spec;

    /* validatePodMetadataAndSpec looks at the annotations, and ValidatePodSpecificAnnotationUpdates does so again. */
    api_errors_push(errors, "metadata");
    if (pod->meta != old->meta)
        check_pod_annotations(errors, &pod->meta->annotations, spec);
    api_errors_pop(errors);
    api_errors_push(errors, "spec");
    /* A write of metadata only shares the spec: what was valid stays valid. */
    if (spec != before)
        check_pod(errors, pod, spec);
    api_errors_pop(errors);
    api_errors_push(errors, "metadata");
    if (pod->meta != old->meta) {
        check_pod_annotations_update(errors, &pod->meta->annotations, &old->meta->annotations);
        check_pod_annotations(errors, &pod->meta->annotations, spec);
    }
    api_errors_pop(errors);
    api_errors_push(errors, "spec");
    if (spec != before && check_container_update(errors, "containers", spec->containers.items, spec->containers.count,
                               before->containers.count) &&
        check_container_update(errors, "initContainers", spec->init_containers.items,
                               spec->init_containers.count, before->init_containers.count) &&
        check_deadline_update(errors, spec, before)) {
        check_toleration_update(errors, spec, before);
        check_gate_update(errors, spec, before);
        check_nothing_else_changed(errors, spec, before);
    }
    api_errors_pop(errors);
}
