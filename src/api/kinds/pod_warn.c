/*
 * Warnings about pods and templates that are accepted.
 *
 * Models: v1.34 pkg/api/pod/warnings.go: warningsForPodSpecAndMeta; strategies' WarningsOnCreate.
 */
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

typedef struct {
    const char *path; /* "spec" or "spec.template.spec" */
    GPtrArray *warnings;
} Warner;

static void
add_warning(const Warner *warner, const char *where, const char *what)
{
    g_ptr_array_add(warner->warnings, g_strdup_printf("%s.%s: %s", warner->path, where, what));
}

/* v1.34 pkg/api/node: labels of nodes that got new names */
static const struct {
    const char *old, *message;
} deprecated_labels[] = {
    {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
    {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
    {"failure-domain.beta.kubernetes.io/region",
     "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
    {"failure-domain.beta.kubernetes.io/zone",
     "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"},
    {"beta.kubernetes.io/instance-type",
     "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"},
};

static const char *
deprecated_message(const char *label)
{
    for (guint i = 0; i < G_N_ELEMENTS(deprecated_labels); i++) {
        if (str_is(deprecated_labels[i].old, label))
            return deprecated_labels[i].message;
    }
    return NULL;
}

static void
warn_label(const Warner *warner, const char *where, const char *label)
{
    const char *message = deprecated_message(label);

    if (message != NULL)
        add_warning(warner, where, str_internf("%s is %s", label, message));
}

/* What is only preferred is not refused for a value that no label can have. */
static void
warn_values(const Warner *warner, const char *where, const NodeSelectorRequirement *requirement)
{
    for (guint i = 0; i < requirement->values.count; i++) {
        const char *value = requirement->values.items[i];
        StrList messages = {0};

        name_check(NAME_LABEL_VALUE, value, FALSE, &messages);
        for (guint j = 0; j < messages.count; j++)
            add_warning(warner, str_internf("%s.values[%u]", where, i),
                        str_internf("%s is invalid, %s", value, messages.items[j]));
        g_free(messages.items);
    }
}

static void
warn_node_affinity(const Warner *warner, const NodeAffinity *affinity)
{
    const char *base = "affinity.nodeAffinity";

    for (guint i = 0; affinity->required != NULL && i < affinity->required->terms.count; i++) {
        const NodeSelectorTerm *term = &affinity->required->terms.items[i];

        for (guint j = 0; j < term->match_expressions.count; j++)
            warn_label(warner,
                       str_internf("%s.requiredDuringSchedulingIgnoredDuringExecution."
                                   "nodeSelectorTerms[%u].matchExpressions[%u].key",
                                   base, i, j),
                       term->match_expressions.items[j].key);
    }
    for (guint i = 0; i < affinity->preferred.count; i++) {
        const NodeSelectorTerm *term = &affinity->preferred.items[i].preference;

        for (guint j = 0; j < term->match_expressions.count; j++) {
            const char *where = str_internf("%s.preferredDuringSchedulingIgnoredDuringExecution[%u]."
                                            "preference.matchExpressions[%u]",
                                            base, i, j);

            warn_label(warner, str_internf("%s.key", where), term->match_expressions.items[j].key);
            warn_values(warner, where, &term->match_expressions.items[j]);
        }
    }
}

static void
warn_fraction(const Warner *warner, const char *where, const QuantityMap *map, const char *name)
{
    const Quantity *value = quantity_map_get(map, str_intern(name));

    if (value != NULL && quantity_value_milli(value) % 1000 != 0)
        add_warning(warner, str_internf("%s[%s]", where, name),
                    str_internf("fractional byte value \"%s\" is invalid, must be an integer",
                                quantity_format(value)));
}

static gboolean
hides_value(const EnvVar *env)
{
    const char *reference = str_internf("$(%s)", text_or_empty(env->name));
    const char *value = text_or_empty(env->value);

    return env->value_from != NULL || strcmp(value, reference) == 0 ||
           strstr(value, reference) == NULL;
}

static void
warn_container(const Warner *warner, const char *where, const Container *container)
{
    const ResourceRequirements *resources = &container->resources;
    const char *limits = str_internf("%s.resources.limits", where);
    const char *requests = str_internf("%s.resources.requests", where);
    StrList names = {0};

    warn_fraction(warner, limits, &resources->limits, "memory");
    warn_fraction(warner, requests, &resources->requests, "memory");
    warn_fraction(warner, limits, &resources->limits, "ephemeral-storage");
    warn_fraction(warner, requests, &resources->requests, "ephemeral-storage");
    for (guint i = 0; i < container->env.count; i++) {
        const EnvVar *env = &container->env.items[i];

        if (!str_list_contains(&names, text_or_empty(env->name)))
            str_list_add(&names, text_or_empty(env->name));
        else if (hides_value(env))
            add_warning(warner, str_internf("%s.env[%u]", where, i),
                        str_internf("hides previous definition of \"%s\", which may be dropped "
                                    "when using apply",
                                    text_or_empty(env->name)));
    }
    g_free(names.items);
}

typedef struct {
    const ContainerPort *port;
    const char *where;
} PlacedPort;

static void
warn_port_pair(const Warner *warner, const PlacedPort *later, const PlacedPort *earlier)
{
    const ContainerPort *a = later->port;
    const ContainerPort *b = earlier->port;
    const char *a_ip = text_or_empty(a->host_ip);
    const char *b_ip = text_or_empty(b->host_ip);
    const char *what;

    if (a->container_port != b->container_port || !str_is(a->protocol, b->protocol))
        return;
    if (str_is(a_ip, b_ip) && a->host_port == b->host_port)
        what = "duplicate";
    else if (a->host_port == 0 || b->host_port == 0)
        what = "overlapping";
    else if (a->host_port == b->host_port && str_is_empty(a_ip) != str_is_empty(b_ip))
        what = "dangerously ambiguous";
    else
        return;
    add_warning(warner, later->where,
                str_internf("%s port definition with %s.%s", what, warner->path, earlier->where));
}

static void
place_ports(const Warner *warner, GArray *placed, const char *where, const Container *container)
{
    for (guint i = 0; i < container->ports.count; i++) {
        PlacedPort port = {&container->ports.items[i], str_internf("%s.ports[%u]", where, i)};

        if (!str_is_empty(port.port->host_ip) && port.port->host_port == 0)
            add_warning(warner, port.where,
                        str_internf("hostIP set without hostPort: {Name:%s HostPort:0 ContainerPort:%d Protocol:%s HostIP:%s}",
                                    text_or_empty(port.port->name), port.port->container_port,
                                    text_or_empty(port.port->protocol), port.port->host_ip));
        for (guint j = 0; j < placed->len; j++)
            warn_port_pair(warner, &port, &g_array_index(placed, PlacedPort, j));
        g_array_append_val(placed, port);
    }
}

static void
warn_containers(const Warner *warner, const PodSpec *spec)
{
    g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(PlacedPort));

    for (guint i = 0; i < spec->init_containers.count; i++)
        warn_container(warner, str_internf("initContainers[%u]", i),
                       &spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        warn_container(warner, str_internf("containers[%u]", i), &spec->containers.items[i]);
    for (guint i = 0; i < spec->init_containers.count; i++)
        place_ports(warner, placed, str_internf("initContainers[%u]", i),
                    &spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        place_ports(warner, placed, str_internf("containers[%u]", i), &spec->containers.items[i]);
}

static void
warn_pod_affinity(const Warner *warner, const char *name, const PodAffinity *affinity)
{
    static const char null_selector[] = "a null labelSelector results in matching no pod";

    if (affinity == NULL)
        return;
    for (guint i = 0; i < affinity->required.count; i++) {
        if (affinity->required.items[i].label_selector == NULL)
            add_warning(warner,
                        str_internf("affinity.%s.requiredDuringSchedulingIgnoredDuringExecution"
                                    "[%u].labelSelector",
                                    name, i),
                        null_selector);
    }
    for (guint i = 0; i < affinity->preferred.count; i++) {
        if (affinity->preferred.items[i].term.label_selector == NULL)
            add_warning(warner,
                        str_internf("affinity.%s.preferredDuringSchedulingIgnoredDuringExecution"
                                    "[%u].podAffinityTerm.labelSelector",
                                    name, i),
                        null_selector);
    }
}

/* hostAliases with one address twice, imagePullSecrets twice or without a name */
static void
warn_lists(const Warner *warner, const PodSpec *spec)
{
    StrList ips = {0};
    StrList secrets = {0};

    for (guint i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].git_repo != NULL)
            add_warning(warner, str_internf("volumes[%u].gitRepo", i),
                        "deprecated in v1.11, and disabled by default in v1.33+");
    for (guint i = 0; i < spec->host_aliases.count; i++) {
        const char *ip = text_or_empty(spec->host_aliases.items[i].ip);

        if (str_list_contains(&ips, ip))
            add_warning(warner, str_internf("hostAliases[%u].ip", i), str_internf("duplicate ip %s", api_quote(ip)));
        str_list_add(&ips, ip);
    }
    for (guint i = 0; i < spec->image_pull_secrets.count; i++) {
        const char *name = text_or_empty(spec->image_pull_secrets.items[i].name);

        if (str_list_contains(&secrets, name))
            add_warning(warner, str_internf("imagePullSecrets[%u].name", i),
                        str_internf("duplicate name %s", api_quote(name)));
        str_list_add(&secrets, name);
    }
    for (guint i = 0; i < secrets.count; i++)
        if (secrets.items[i][0] == '\0')
            add_warning(warner, str_internf("imagePullSecrets[%u].name", i), "invalid empty name \"\"");
    g_free(ips.items);
    g_free(secrets.items);
}

void
warn_pod_spec(const PodSpec *spec, const char *path, GPtrArray *warnings)
{
    const Warner warner = {path, warnings};

    for (guint i = 0; i < spec->node_selector.count; i++)
        if (deprecated_message(spec->node_selector.items[i].key) != NULL)
            add_warning(&warner, str_internf("nodeSelector[%s]", spec->node_selector.items[i].key),
                        deprecated_message(spec->node_selector.items[i].key));
    if (spec->affinity != NULL && spec->affinity->node_affinity != NULL)
        warn_node_affinity(&warner, spec->affinity->node_affinity);
    for (guint i = 0; i < spec->topology_spread_constraints.count; i++) {
        const TopologySpreadConstraint *constraint = &spec->topology_spread_constraints.items[i];
        const char *where = str_internf("topologySpreadConstraints[%u]", i);

        warn_label(&warner, str_internf("%s.topologyKey", where), constraint->topology_key);
        if (constraint->label_selector == NULL)
            add_warning(&warner, str_internf("%s.labelSelector", where),
                        "a null labelSelector results in matching no pod");
    }
    warn_lists(&warner, spec);
    warn_containers(&warner, spec);
    if (spec->termination_grace_s.is_set && spec->termination_grace_s.value < 0)
        add_warning(&warner, "terminationGracePeriodSeconds",
                    "must be >= 0; negative values are invalid and will be treated as 1");
    if (spec->affinity == NULL)
        return;
    warn_pod_affinity(&warner, "podAffinity", spec->affinity->pod_affinity);
    warn_pod_affinity(&warner, "podAntiAffinity", spec->affinity->pod_anti_affinity);
}

/* Names that are no DNS label make odd host names. */
static void
warn_name(const ApiObject *object, const char *use, GPtrArray *warnings)
{
    StrList messages = {0};
    g_autoptr(GString) joined = g_string_new(NULL);

    if (str_is_empty(object->meta->name))
        return;
    name_check(NAME_DNS_LABEL, object->meta->name, FALSE, &messages);
    for (guint i = 0; i < messages.count; i++)
        g_string_append_printf(joined, "%s%s", i == 0 ? "" : " ", messages.items[i]);
    if (messages.count > 0)
        g_ptr_array_add(warnings,
                        g_strdup_printf("metadata.name: this is used in %s, which can result in "
                                        "surprising behavior; a DNS label is recommended: [%s]",
                                        use, joined->str));
    g_free(messages.items);
}

void
pod_warn(const ApiObject *pod, GPtrArray *warnings)
{
    warn_name(pod, "the Pod's hostname", warnings);
    warn_pod_spec(pod->spec, "spec", warnings);
}

void
workload_warn(const ApiObject *object, GPtrArray *warnings)
{
    const PodTemplateSpec *template_ = workload_template(object);

    if (object->kind != &daemon_set_kind && object->kind != &stateful_set_kind)
        warn_name(object, "Pod names and hostnames", warnings);
    warn_pod_spec(&template_->spec, "spec.template.spec", warnings);
    if (object->kind == &stateful_set_kind && stateful_set_spec(object)->revision_history_limit.is_set &&
        stateful_set_spec(object)->revision_history_limit.value < 0)
        g_ptr_array_add(warnings, g_strdup("spec.revisionHistoryLimit: a negative value retains all historical "
                                           "revisions; a value >= 0 is recommended"));
}

static void
warn_job_spec(const JobSpec *spec, const char *path, GPtrArray *warnings)
{
    if (str_is(spec->completion_mode, "Indexed") && spec->completions.value > 100000 && spec->parallelism.value > 10000)
        g_ptr_array_add(warnings,
                        g_strdup("In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher "
                                 "than 10^4, a Kubernetes control plane might not be able to track completedIndexes when "
                                 "a big number of indexes fail"));
    warn_pod_spec(&spec->template_.spec, path, warnings);
}

void
job_warn(const ApiObject *job, GPtrArray *warnings)
{
    warn_name(job, "Pod names and hostnames", warnings);
    warn_job_spec(job_spec(job), "spec.template.spec", warnings);
}

void
cron_job_warn(const ApiObject *cron, GPtrArray *warnings)
{
    warn_name(cron, "Pod names and hostnames", warnings);
    warn_job_spec(&cron_job_spec(cron)->job_template.spec, "spec.jobTemplate.spec.template.spec", warnings);
}
