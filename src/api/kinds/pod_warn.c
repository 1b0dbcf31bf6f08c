/*
 * Warnings about pods and templates that are accepted.
 *
 * Models: v1.34 pkg/api/pod/warnings.go: warningsForPodSpecAndMeta; strategies' WarningsOnCreate.
 */
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define SECCOMP_POD      "seccomp.security.alpha.kubernetes.io/pod"
#define SECCOMP_PREFIX   "container.seccomp.security.alpha.kubernetes.io/"
#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"

typedef struct {
    const char *path;        /* "spec" or "spec.template.spec" */
    const char *annotations; /* "metadata.annotations" or "spec.template.metadata.annotations" */
    gboolean is_template;
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

    /* Go multiplies to thousandths, and an overflow gives 0. */
    if (value != NULL && ABS(quantity_value(value)) < G_MAXINT64 / 1000 && quantity_value_milli(value) % 1000 != 0)
        add_warning(warner, str_internf("%s[%s]", where, name),
                    str_internf("fractional byte value \"%s\" is invalid, must be an integer",
                                quantity_format(value)));
}

static gboolean
hides_value(const EnvVar *env)
{
    const char *reference = str_internf("$(%s)", str_or_empty(env->name));
    const char *value = str_or_empty(env->value);

    return env->value_from != NULL || strcmp(value, reference) == 0 ||
           strstr(value, reference) == NULL;
}

static void
warn_annotation(const Warner *warner, const StrMap *annotations, const char *key, const char *message)
{
    if (str_map_get(annotations, str_intern(key)) != NULL)
        g_ptr_array_add(warner->warnings, g_strdup_printf("%s[%s]: %s", warner->annotations, key, message));
}

static gboolean
has_profile(const Value *security_context, const char *name)
{
    const Value *profile = security_context == NULL ? NULL : value_get(security_context, name);

    return profile != NULL && profile->type != VALUE_NULL;
}

/* Annotations that fields have taken the place of. A pod's own AppArmor ones become fields. */
static void
warn_profiles(const Warner *warner, const StrMap *annotations, const PodSpec *spec, const Container *container)
{
    const char *name = str_or_empty(container->name);

    if (!has_profile(container->security_context, "seccompProfile"))
        warn_annotation(warner, annotations, str_internf(SECCOMP_PREFIX "%s", name),
                        "non-functional in v1.27+; use the \"seccompProfile\" field instead");
    if (warner->is_template && !has_profile(spec->security_context, "appArmorProfile") &&
        !has_profile(container->security_context, "appArmorProfile"))
        warn_annotation(warner, annotations, str_internf(APP_ARMOR_PREFIX "%s", name),
                        "deprecated since v1.30; use the \"appArmorProfile\" field instead");
}

static void
warn_container(const Warner *warner,
               const StrMap *annotations,
               const PodSpec *spec,
               const char *where,
               const Container *container)
{
    const ResourceRequirements *resources = &container->resources;
    const char *limits = str_internf("%s.resources.limits", where);
    const char *requests = str_internf("%s.resources.requests", where);
    StrList names = {0};

    warn_profiles(warner, annotations, spec, container);
    warn_fraction(warner, limits, &resources->limits, "memory");
    warn_fraction(warner, requests, &resources->requests, "memory");
    warn_fraction(warner, limits, &resources->limits, "ephemeral-storage");
    warn_fraction(warner, requests, &resources->requests, "ephemeral-storage");
    for (guint i = 0; i < container->env.count; i++) {
        const EnvVar *env = &container->env.items[i];

        if (!str_list_contains(&names, str_or_empty(env->name)))
            str_list_add(&names, str_or_empty(env->name));
        else if (hides_value(env))
            add_warning(warner, str_internf("%s.env[%u]", where, i),
                        str_internf("hides previous definition of \"%s\", which may be dropped "
                                    "when using apply",
                                    str_or_empty(env->name)));
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
    const char *a_ip = str_or_empty(a->host_ip);
    const char *b_ip = str_or_empty(b->host_ip);
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
                                    str_or_empty(port.port->name), port.port->container_port,
                                    str_or_empty(port.port->protocol), port.port->host_ip));
        for (guint j = 0; j < placed->len; j++)
            warn_port_pair(warner, &port, &g_array_index(placed, PlacedPort, j));
        g_array_append_val(placed, port);
    }
}

/* A name of two ports: whoever selects by name gets the first of them. */
static void
warn_port_names(const Warner *warner, const GArray *placed)
{
    for (guint i = 0; i < placed->len; i++) {
        const PlacedPort *later = &g_array_index(placed, PlacedPort, i);

        for (guint j = 0; j < i && !str_is_empty(later->port->name); j++) {
            const PlacedPort *first = &g_array_index(placed, PlacedPort, j);
            const char *where = str_internf("%s.%s", warner->path, first->where);

            if (!str_is(str_or_empty(first->port->name), later->port->name))
                continue;
            add_warning(warner, later->where,
                        str_internf("duplicate port name %s with %s, services and probes that select ports by name will use %s",
                                    api_quote(later->port->name), where, where));
            break;
        }
    }
}

static void
warn_containers(const Warner *warner, const StrMap *annotations, const PodSpec *spec)
{
    g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(PlacedPort));

    for (guint i = 0; i < spec->init_containers.count; i++)
        warn_container(warner, annotations, spec, str_internf("initContainers[%u]", i), &spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        warn_container(warner, annotations, spec, str_internf("containers[%u]", i), &spec->containers.items[i]);
    for (guint i = 0; i < spec->init_containers.count; i++)
        place_ports(warner, placed, str_internf("initContainers[%u]", i),
                    &spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        place_ports(warner, placed, str_internf("containers[%u]", i), &spec->containers.items[i]);
    warn_port_names(warner, placed);
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

    for (guint i = 0; i < spec->host_aliases.count; i++) {
        const char *ip = str_or_empty(spec->host_aliases.items[i].ip);

        if (str_list_contains(&ips, ip))
            add_warning(warner, str_internf("hostAliases[%u].ip", i), str_internf("duplicate ip %s", api_quote(ip)));
        str_list_add(&ips, ip);
    }
    for (guint i = 0; i < spec->image_pull_secrets.count; i++) {
        const char *name = str_or_empty(spec->image_pull_secrets.items[i].name);

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

/* Addresses that are read, but written in a way of which there will be an end. */
static void
warn_addresses(const Warner *warner, const PodSpec *spec)
{
    const Value *servers = value_get(spec->dns_config, "nameservers");

    for (guint i = 0; servers != NULL && i < servers->count; i++)
        warn_ip(warner->warnings, str_internf("%s.dnsConfig.nameservers[%u]", warner->path, i), servers->items[i]->text);
    for (guint i = 0; i < spec->host_aliases.count; i++)
        warn_ip(warner->warnings, str_internf("%s.hostAliases[%u].ip", warner->path, i), spec->host_aliases.items[i].ip);
}

/* Of the pod itself (@path is "") or of the template at @path. */
static void
warn_pod_spec(const ObjectMeta *meta, const PodSpec *spec, const char *path, GPtrArray *warnings)
{
    static const char sysctls[] = "non-functional in v1.11+; use the \"sysctls\" field instead";
    const char *dot = path[0] == '\0' ? "" : ".";
    const Warner warner = {str_internf("%s%sspec", path, dot), str_internf("%s%smetadata.annotations", path, dot),
                           path[0] != '\0', warnings};
    const StrMap *annotations = &meta->annotations;

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
    warn_annotation(&warner, annotations, "scheduler.alpha.kubernetes.io/critical-pod",
                    "non-functional in v1.16+; use the \"priorityClassName\" field instead");
    warn_annotation(&warner, annotations, "security.alpha.kubernetes.io/sysctls", sysctls);
    warn_annotation(&warner, annotations, "security.alpha.kubernetes.io/unsafe-sysctls", sysctls);
    warn_volumes(spec, warner.path, warnings);
    warn_lists(&warner, spec);
    warn_fraction(&warner, "overhead", &spec->overhead, "memory");
    warn_fraction(&warner, "overhead", &spec->overhead, "ephemeral-storage");
    if (!has_profile(spec->security_context, "seccompProfile"))
        warn_annotation(&warner, annotations, SECCOMP_POD,
                        "non-functional in v1.27+; use the \"seccompProfile\" field instead");
    warn_containers(&warner, annotations, spec);
    if (spec->termination_grace_s.is_set && spec->termination_grace_s.value < 0)
        add_warning(&warner, "terminationGracePeriodSeconds",
                    "must be >= 0; negative values are invalid and will be treated as 1");
    if (spec->affinity != NULL) {
        warn_pod_affinity(&warner, "podAffinity", spec->affinity->pod_affinity);
        warn_pod_affinity(&warner, "podAntiAffinity", spec->affinity->pod_anti_affinity);
    }
    warn_addresses(&warner, spec);
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
pod_warn(const ApiObject *pod, const ApiObject *old, GPtrArray *warnings)
{
    /* Nobody looks at what becomes of pods, and it happens often. */
    if (old != NULL)
        return;
    warn_name(pod, "the Pod's hostname", warnings);
    warn_pod_spec(pod->meta, pod->spec, "", warnings);
}

static void
warn_template(const PodTemplateSpec *template_, const char *path, GPtrArray *warnings)
{
    warn_pod_spec(&template_->metadata, &template_->spec, path, warnings);
}

/* An update is looked at if it makes a new generation; names stay what they are. */
static gboolean
is_news(const ApiObject *object, const ApiObject *old)
{
    return old == NULL || object->meta->generation != old->meta->generation;
}

void
workload_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    if (old == NULL && object->kind != &daemon_set_kind && object->kind != &stateful_set_kind)
        warn_name(object, "Pod names and hostnames", warnings);
    if (is_news(object, old))
        warn_template(workload_template(object), "spec.template", warnings);
}

void
pod_template_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    (void)old;
    warn_template(&((const PodTemplateBody *)object->body)->template_, "template", warnings);
}

/* Its claims and its history are looked at each time; upstream names the claims' spec only on update, and oddly. */
void
stateful_set_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    const StatefulSetSpec *spec = stateful_set_spec(object);

    workload_warn(object, old, warnings);
    for (guint i = 0; i < spec->claim_templates.count; i++)
        warn_claim(&spec->claim_templates.items[i].spec,
                   str_internf("spec.volumeClaimTemplates[%u]%s", i, old == NULL ? "" : ".Spec"), warnings);
    if (spec->revision_history_limit.is_set && spec->revision_history_limit.value < 0)
        g_ptr_array_add(warnings, g_strdup("spec.revisionHistoryLimit: a negative value retains all historical "
                                           "revisions; a value >= 0 is recommended"));
}

static void
warn_job_spec(const JobSpec *spec, const char *path, GPtrArray *warnings)
{
    if (str_is(spec->completion_mode, "Indexed") && spec->completions.value > 100000 && spec->parallelism.value > 10000)
        g_ptr_array_add(warnings,
                        g_strdup_printf("%s: In Indexed Jobs with a number of completions higher than 10^5 and a "
                                        "parallelism higher than 10^4, Kubernetes might not be able to track "
                                        "completedIndexes when a big number of indexes fail",
                                        path));
    warn_template(&spec->template_, str_internf("%s.template", path), warnings);
}

void
job_warn(const ApiObject *job, const ApiObject *old, GPtrArray *warnings)
{
    if (old == NULL)
        warn_name(job, "Pod names and hostnames", warnings);
    if (is_news(job, old))
        warn_job_spec(job_spec(job), "spec", warnings);
}

void
cron_job_warn(const ApiObject *cron, const ApiObject *old, GPtrArray *warnings)
{
    const CronJobSpec *spec = cron_job_spec(cron);

    if (old == NULL)
        warn_name(cron, "Pod names and hostnames", warnings);
    if (is_news(cron, old))
        warn_job_spec(&spec->job_template.spec, "spec.jobTemplate.spec", warnings);
    if (old != NULL && strstr(str_or_empty(spec->schedule), "TZ") != NULL)
        g_ptr_array_add(warnings, g_strdup("cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
                                           "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for "
                                           "more details"));
}
