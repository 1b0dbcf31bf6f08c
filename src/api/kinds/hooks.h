/*
 * kinds/hooks.h - what the hooks of the kinds share with each other
 *
 * Only files of this folder include it. The public face is kinds.h.
 */
#pragma once

#include "api/kinds.h"
#include "api/names.h"
#include "api/validate.h"

/* part_differs: parts that are shared are equal without looking. */
static inline gboolean
part_differs(const ApiType *type, gconstpointer a, gconstpointer b)
{
    return a != b && !api_struct_equal(type, a, b);
}

/* set_generation: that of @old, one more if @is_raised. */
void set_generation(ApiObject *object, const ApiObject *old, gboolean is_raised);

/* Defaults. pod_spec_set_defaults: what the table cannot say, for pods and templates. */
void pod_spec_set_defaults(PodSpec *spec);
void pod_set_defaults(ApiObject *pod);
/* tree_set_defaults: a tree of the shape @shape gets the defaults that the shape's rows say; NULL stays. */
void tree_set_defaults(Value **tree, const ApiType *shape);
void resource_map_set_defaults(QuantityMap *map);

/*
 * Checks of single values; errors go to the cursor's path + @child (NULL: the
 * cursor itself). Each gives TRUE if there was nothing to complain of.
 */
gboolean check_name(ApiErrors *errors, const char *child, NameRule rule, const char *text);
gboolean check_not_negative(ApiErrors *errors, const char *child, gint64 value);
gboolean check_port_number(ApiErrors *errors, const char *child, gint64 port);
gboolean check_port_number_or_name(ApiErrors *errors, const char *child, const IntOrString *port);
gboolean check_one_of(ApiErrors *errors,
                      const char *child,
                      const char *text,
                      const char *const *supported); /* "" or absent: Required value */
void check_label_selector(ApiErrors *errors, const char *child, const LabelSelector *selector);
/* label_selector_is_convertible: the selector has no fault that keeps it from being used. */
gboolean label_selector_is_convertible(const LabelSelector *selector);
gboolean check_ip(ApiErrors *errors, const char *child, const char *text);
/* check_plain_ip: ValidateNonSpecialIP: no loopback, link-local, ...; check_cidr: TRUE if it is one. */
void check_plain_ip(ApiErrors *errors, const char *child, const char *ip);
gboolean check_cidr(ApiErrors *errors, const char *child, const char *text);
/* cidr_contains: @inner is a range within @outer, and smaller. Both are ranges. */
gboolean cidr_contains(const char *outer, const char *inner);
/* ip_is_usual: an IPv4 address as everybody writes it, of which warn_ip says nothing. Cheap; FALSE for many others that are fine. */
gboolean ip_is_usual(const char *text);
/* cidr_is_usual: the same of an IPv4 range, of which neither check_cidr nor warn_cidr says anything. */
gboolean cidr_is_usual(const char *text);
/* warn_ip, warn_cidr: GetWarningsForIP, GetWarningsForCIDR. */
void warn_ip(GPtrArray *warnings, const char *path, const char *text);
void warn_cidr(GPtrArray *warnings, const char *path, const char *text);
void check_immutable(ApiErrors *errors, const char *child, const char *text, const char *old);
/* field_not_supported_raw: the value is printed already. */
void field_not_supported_raw(ApiErrors *errors,
                             const char *child,
                             const char *printed,
                             const char *const *supported);
/* Printed values: a struct in the API's form; a map of labels (null if empty). */
const char *print_struct(const ApiType *type, gconstpointer data);
const char *print_str_map(const StrMap *map);
const char *print_str_list(const StrList *list);

/* Validation of parts; the errors' cursor stands on the part. */
/* check_volumes: @pod: NULL in a template; @out_names gets the names that mounts may have. */
void check_volumes(ApiErrors *errors, const ApiObject *pod, const PodSpec *spec, StrList *out_names);
void check_key_selector_field(ApiErrors *errors, const ObjectFieldSelector *field, gboolean is_env);
void
check_resource_field(ApiErrors *errors, const ResourceFieldSelector *field, gboolean is_volume);
/* check_host_path, check_nfs: the cursor stands on the source. */
void check_host_path(ApiErrors *errors, const HostPathVolumeSource *source);
void check_nfs(ApiErrors *errors, const Value *nfs);
/* The same for the others that are kept as trees; check_csi_driver: a name. */
void check_iscsi(ApiErrors *errors, const Value *iscsi);
void check_fibre_channel(ApiErrors *errors, const Value *fc);
void check_inline_csi(ApiErrors *errors, const Value *csi);
void check_ephemeral(ApiErrors *errors, const Value *ephemeral);
void check_csi_driver(ApiErrors *errors, const char *child, const char *driver);
void check_gce_disk(ApiErrors *errors, const Value *source);
void check_aws_disk(ApiErrors *errors, const Value *source);
void check_glusterfs(ApiErrors *errors, const Value *source);
void check_flocker(ApiErrors *errors, const Value *source);
void check_rbd(ApiErrors *errors, const Value *source);
void check_cinder(ApiErrors *errors, const Value *source);
void check_cephfs(ApiErrors *errors, const Value *source);
void check_quobyte(ApiErrors *errors, const Value *source);
void check_flex_volume(ApiErrors *errors, const Value *source);
void check_azure_file(ApiErrors *errors, const Value *source);
void check_azure_disk(ApiErrors *errors, const Value *source);
void check_vsphere_volume(ApiErrors *errors, const Value *source);
void check_photon_disk(ApiErrors *errors, const Value *source);
void check_portworx_volume(ApiErrors *errors, const Value *source);
void check_scale_io(ApiErrors *errors, const Value *source);
void check_storageos(ApiErrors *errors, const Value *source);
void check_access_modes(ApiErrors *errors, const StrList *given);
void check_node_selector(ApiErrors *errors, const NodeSelector *selector);
const char *print_quantities(const QuantityMap *map);
void check_no_backsteps(ApiErrors *errors, const char *child, const char *path);
void check_local_path(ApiErrors *errors, const char *child, const char *path);
void check_containers(ApiErrors *errors, const PodSpec *spec, const StrList *volumes);
void check_hooks_and_probes(ApiErrors *errors, const Container *container, OptInt64 grace);
void forbid_hooks_and_probes(ApiErrors *errors, const Container *container);
void check_resources(ApiErrors *errors, const ResourceRequirements *resources, gboolean is_pod);
void check_pod_claims(ApiErrors *errors, const PodSpec *spec);
void check_resource_claims(ApiErrors *errors, const ResourceRequirements *resources, const PodSpec *pod);
/* check_container_resource_name: the cursor stands on it. */
void check_container_resource_name(ApiErrors *errors, const char *name);
void check_quantity(ApiErrors *errors, const char *child, const char *name, const Quantity *value);
/* For quotas and limit ranges; the cursor stands on the entry. */
gboolean is_quota_resource(const char *name);
gboolean is_overcommit_allowed(const char *name);
void check_quota_resource_name(ApiErrors *errors, const char *name);
void check_limit_resource_name(ApiErrors *errors, const char *type, const char *name);
void check_tolerations(ApiErrors *errors, const TolerationList *tolerations);
void check_taint_effect(ApiErrors *errors, const char *child, const char *effect);
void check_affinity(ApiErrors *errors, const Affinity *affinity);
void check_topology_spread(ApiErrors *errors, const PodSpec *spec);
void check_security_contexts(ApiErrors *errors, const PodSpec *spec);
void check_container_security(ApiErrors *errors, const Value *context, gboolean uses_host_users);
void check_dns_config(ApiErrors *errors, const PodSpec *spec);
void check_pod_os(ApiErrors *errors, const PodSpec *spec);
void check_host_processes(ApiErrors *errors, const PodSpec *spec);
/* check_windows_options: the cursor stands on the security context. */
void check_windows_options(ApiErrors *errors, const Value *context);
/* The annotations of a pod or template; the cursor stands on what holds them. */
void check_pod_annotations(ApiErrors *errors, const StrMap *annotations, const PodSpec *spec);
void check_pod_annotations_update(ApiErrors *errors, const StrMap *annotations, const StrMap *old);
/* check_profile_annotations: the cursor stands on the pod's spec. */
void check_profile_annotations(ApiErrors *errors, const StrMap *annotations, const PodSpec *spec);
/* visit_containers: VisitContainersWithPath: init containers, then the others, each with "containers[0]". */
typedef void (*ContainerVisit)(ApiErrors *errors, const Container *container, const char *path, gconstpointer data);
void visit_containers(ApiErrors *errors, const PodSpec *spec, ContainerVisit visit, gconstpointer data);
/* check_pod_spec: "spec" of @pod, or of a template: NULL. */
void check_pod_spec(ApiErrors *errors, const ApiObject *pod, const PodSpec *spec, const StrList *claims);
/* check_pod_template: "template" of a workload. @claims: further names that mounts may have, or NULL. */
void check_pod_template(ApiErrors *errors, const PodTemplateSpec *template_, const StrList *claims);
/* warn_volumes: of the spec at @path: plugins that are gone, paths that hide each other. */
void warn_volumes(const PodSpec *spec, const char *path, GPtrArray *warnings);
/* warn_claim: amounts that are no whole bytes; @path names the claim's spec. */
void warn_claim(const PvcSpec *spec, const char *path, GPtrArray *warnings);

void service_warn(const ApiObject *service, const ApiObject *old, GPtrArray *warnings);
void pod_validate(const ApiObject *pod, ApiErrors *errors);
void pod_validate_update(const ApiObject *pod, const ApiObject *old, ApiErrors *errors);
void pod_validate_status(const ApiObject *pod, const ApiObject *old, ApiErrors *errors);
void pod_prepare_status(ApiObject *pod, const ApiObject *old);
void replica_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void deployment_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void daemon_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void pdb_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void hpa_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void namespace_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void service_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void stateful_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
/* pod_warn_early, pod_sync_app_armor: AppArmor annotations of a new pod, before its strategy and in it. */
void pod_warn_early(const ApiObject *pod, GPtrArray *warnings);
void pod_sync_app_armor(ApiObject *pod);
void pod_warn(const ApiObject *pod, const ApiObject *old, GPtrArray *warnings);

/* Parts of workloads. int_or_percent: the number, with or without its sign; 0 for other text. */
const char *print_int_or_string(const IntOrString *value);
gint64 int_or_percent(const IntOrString *value);
void check_int_or_percent(ApiErrors *errors, const char *child, const IntOrString *value);
/* check_at_most_all: a percentage above 100 is refused. */
void check_at_most_all(ApiErrors *errors, const char *child, const IntOrString *value);
void check_selector_unchanged(ApiErrors *errors,
                              const LabelSelector *selector,
                              const LabelSelector *old);

void daemon_set_validate(const ApiObject *object, ApiErrors *errors);
void daemon_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void stateful_set_validate(const ApiObject *object, ApiErrors *errors);
void stateful_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void controller_revision_validate(const ApiObject *object, ApiErrors *errors);
void controller_revision_validate_update(const ApiObject *object,
                                         const ApiObject *old,
                                         ApiErrors *errors);
void check_claim_spec(ApiErrors *errors, const PvcSpec *spec);
void replica_set_validate(const ApiObject *object, ApiErrors *errors);
void replica_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void deployment_validate(const ApiObject *object, ApiErrors *errors);
void deployment_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void replication_controller_validate(const ApiObject *object, ApiErrors *errors);
void pod_template_validate(const ApiObject *object, ApiErrors *errors);
void pod_template_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void workload_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
void stateful_set_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
void pod_template_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);

void service_validate(const ApiObject *service, ApiErrors *errors);
void service_validate_update(const ApiObject *service, const ApiObject *old, ApiErrors *errors);
void endpoint_slice_validate(const ApiObject *slice, ApiErrors *errors);
void
endpoint_slice_validate_update(const ApiObject *slice, const ApiObject *old, ApiErrors *errors);

void node_set_defaults(ApiObject *node);
void node_validate(const ApiObject *node, ApiErrors *errors);
void node_validate_update(const ApiObject *node, const ApiObject *old, ApiErrors *errors);

void pv_validate(const ApiObject *object, ApiErrors *errors);
void pv_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void pv_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
void pvc_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);

void namespace_set_defaults(ApiObject *object);
void namespace_validate(const ApiObject *object, ApiErrors *errors);
void config_map_validate(const ApiObject *object, ApiErrors *errors);
void config_map_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void secret_set_defaults(ApiObject *object);
void secret_validate(const ApiObject *object, ApiErrors *errors);
void secret_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void priority_class_validate(const ApiObject *object, ApiErrors *errors);
void
priority_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void lease_validate(const ApiObject *object, ApiErrors *errors);
void event_validate(const ApiObject *object, ApiErrors *errors);

/* index_list_count: how many indexes "1,3-5" names; 0 with *out_problem (owned). index_interval_parse: one part of it. */
gint64 index_list_count(const char *text, gint64 completions, char **out_problem);
gboolean
index_interval_parse(const char *text, gint64 completions, gint64 *out_first, gint64 *out_last, char **out_problem);
void job_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void job_validate(const ApiObject *object, ApiErrors *errors);
void job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void job_warn(const ApiObject *job, const ApiObject *old, GPtrArray *warnings);
void cron_job_warn(const ApiObject *cron, const ApiObject *old, GPtrArray *warnings);
void cron_job_validate(const ApiObject *object, ApiErrors *errors);
void cron_job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);

void ingress_validate(const ApiObject *object, ApiErrors *errors);
void ingress_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void ingress_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void ingress_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
void network_policy_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
void network_policy_validate(const ApiObject *object, ApiErrors *errors);
void storage_class_validate(const ApiObject *object, ApiErrors *errors);
void storage_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);

void hpa_validate(const ApiObject *object, ApiErrors *errors);
void hpa_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void quota_validate(const ApiObject *object, ApiErrors *errors);
void quota_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void quota_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void limit_range_validate(const ApiObject *object, ApiErrors *errors);
