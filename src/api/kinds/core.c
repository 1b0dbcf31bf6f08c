/* Namespace, ConfigMap, Secret, ServiceAccount, PriorityClass, Lease: tables and kinds. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

/* --- Namespace ---------------------------------------------------------------------------- */

static const ApiField namespace_spec_fields[] = {
    {"finalizers", API_STR_LIST, AT(NamespaceSpec, finalizers), .go_type = "[]v1.FinalizerName",
     .doc = "What must be done before the namespace can go; kubernetes stands for its content."},
    {0},
};
static const ApiType namespace_spec_type =
    TYPE("NamespaceSpec", NamespaceSpec, namespace_spec_fields, "What is wanted.");

static const ApiField namespace_condition_fields[] = {
    CONDITION_HEAD("v1.NamespaceConditionType", "What of the deletion it is about."),
    CONDITION_TAIL,
    {0},
};
static const ApiType namespace_condition_type = TYPE("NamespaceCondition",
                                                     Condition,
                                                     namespace_condition_fields,
                                                     "One aspect of the namespace's state.");

static const ApiField namespace_status_fields[] = {
    {"phase", API_STRING, AT(NamespaceStatus, phase), .go_type = "v1.NamespacePhase",
     .doc = "Active or Terminating."},
    {"conditions", API_MESSAGE_LIST, AT(NamespaceStatus, conditions),
     .message = &namespace_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the namespace's deletion."},
    {0},
};
static const ApiType namespace_status_type =
    TYPE("NamespaceStatus", NamespaceStatus, namespace_status_fields, "What is there.");

/* v1.34 pkg/registry/core/namespace/strategy.go: PrepareForCreate */
static void
namespace_prepare_create(ApiObject *object)
{
    NamespaceSpec *spec = api_edit_spec(object);
    NamespaceStatus *status = api_edit_status(object);

    api_struct_clear(&namespace_status_type, status);
    status->phase = str_intern("Active");
    if (!str_list_contains(&spec->finalizers, str_intern("kubernetes")))
        str_list_add(&spec->finalizers, str_intern("kubernetes"));
}

/* PrepareForUpdate: the finalizers of the spec change only through their own subresource. */
static void
namespace_prepare_update(ApiObject *object, const ApiObject *old)
{
    api_object_set_spec(object, old->spec);
}

static const char *
namespace_select_field(const ApiObject *object, const char *label)
{
    if (strcmp(label, "status.phase") == 0)
        return str_or_empty(namespace_status(object)->phase);
    return NULL;
}

static const char *const namespace_short_names[] = {"ns", NULL};

const ApiKind namespace_kind = {
    .kind = "Namespace",
    .group = "",
    .version = "v1",
    .plural = "namespaces",
    .singular = "namespace",
    .short_names = namespace_short_names,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &namespace_spec_type,
    .status = &namespace_status_type,
    .doc = "Keeps the names of its objects apart from those of other namespaces.",
    .set_defaults = namespace_set_defaults,
    .prepare_create = namespace_prepare_create,
    .prepare_update = namespace_prepare_update,
    .validate = namespace_validate,
    .validate_status = namespace_validate_status,
    .update_steps = "MVU",
    .name_rule = NAME_DNS_LABEL,
    .select_field = namespace_select_field,
};

/* --- ConfigMap ---------------------------------------------------------------------------- */

static const ApiField config_map_fields[] = {
    {"immutable", API_OPT_BOOL, AT(ConfigMapBody, immutable),
     .doc = "Whether the data can never be changed again."},
    {"data", API_STR_MAP, AT(ConfigMapBody, data), .doc = "The data, as text."},
    {"binaryData", API_BYTES_MAP, AT(ConfigMapBody, binary_data),
     .doc = "The data that is no text, in base64."},
    {0},
};
static const ApiType config_map_type =
    TYPE("ConfigMap", ConfigMapBody, config_map_fields, "Configuration data.");

static const char *const config_map_short_names[] = {"cm", NULL};

const ApiKind config_map_kind = {
    .kind = "ConfigMap",
    .group = "",
    .version = "v1",
    .plural = "configmaps",
    .singular = "configmap",
    .short_names = config_map_short_names,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &config_map_type,
    .doc = "Configuration data for pods.",
    .validate = config_map_validate,
    .validate_update = config_map_validate_update,
    .update_steps = "UDMV",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

/* --- Secret ------------------------------------------------------------------------------- */

static const ApiField secret_fields[] = {
    {"immutable", API_OPT_BOOL, AT(SecretBody, immutable),
     .doc = "Whether the data can never be changed again."},
    {"data", API_BYTES_MAP, AT(SecretBody, data), .doc = "The data, in base64."},
    {"stringData", API_STR_MAP, AT(SecretBody, string_data),
     .doc = "Data as text, moved to data when it is written."},
    {"type", API_STRING, AT(SecretBody, type), API_IMMUTABLE, .def = "Opaque",
     .go_type = "v1.SecretType", .doc = "What the data is for; Opaque if absent."},
    {0},
};
static const ApiType secret_type =
    TYPE("Secret", SecretBody, secret_fields, "Data to be kept secret.");

static const char *
secret_select_field(const ApiObject *object, const char *label)
{
    const SecretBody *body = object->body;

    if (strcmp(label, "type") == 0)
        return str_or_empty(body->type);
    return NULL;
}

const ApiKind secret_kind = {
    .kind = "Secret",
    .group = "",
    .version = "v1",
    .plural = "secrets",
    .singular = "secret",
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &secret_type,
    .doc = "Data for pods that must be kept secret.",
    .set_defaults = secret_set_defaults,
    .validate = secret_validate,
    .validate_update = secret_validate_update,
    .update_steps = "UDMV",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = secret_select_field,
};

/* --- ServiceAccount ----------------------------------------------------------------------- */

static const ApiField service_account_fields[] = {
    {"secrets", API_MESSAGE_LIST, AT(ServiceAccountBody, secrets),
     .message = &object_reference_type, .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "Secrets that pods of the account may use."},
    {"imagePullSecrets", API_MESSAGE_LIST, AT(ServiceAccountBody, image_pull_secrets),
     .message = &local_object_reference_type,
     .doc = "Secrets with which images are pulled for pods of the account."},
    {"automountServiceAccountToken", API_OPT_BOOL,
     AT(ServiceAccountBody, automount_service_account_token),
     .doc = "Whether a token is mounted in pods of the account."},
    {0},
};
static const ApiType service_account_type =
    TYPE("ServiceAccount", ServiceAccountBody, service_account_fields, "Who pods are.");

/* v1.34 pkg/registry/core/serviceaccount: cleanSecretReferences leaves the names. */
static void
clean_secrets(ApiObject *account)
{
    const ServiceAccountBody *sent = account->body;
    ServiceAccountBody *body;

    if (sent->secrets.count == 0)
        return;
    body = api_edit_body(account);
    for (guint i = 0; i < body->secrets.count; i++)
        body->secrets.items[i] = (ObjectReference){.name = body->secrets.items[i].name};
}

static void
service_account_prepare_update(ApiObject *account, const ApiObject *old)
{
    if (account->body != old->body)
        clean_secrets(account);
}

static void
service_account_warn(const ApiObject *account, const ApiObject *old, GPtrArray *warnings)
{
    static const char key[] = "kubernetes.io/enforce-mountable-secrets";

    /* Told once: an update that finds it there says nothing. */
    if (old != NULL && str_map_get(&old->meta->annotations, str_intern(key)) != NULL)
        return;
    if (str_map_get(&account->meta->annotations, str_intern(key)) != NULL)
        g_ptr_array_add(warnings, g_strdup_printf("metadata.annotations[%s]: deprecated in v1.32+; prefer separate namespaces "
                                                  "to isolate access to mounted secrets",
                                                  key));
}

static const char *const service_account_short_names[] = {"sa", NULL};

const ApiKind service_account_kind = {
    .kind = "ServiceAccount",
    .group = "",
    .version = "v1",
    .plural = "serviceaccounts",
    .singular = "serviceaccount",
    .short_names = service_account_short_names,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &service_account_type,
    .prepare_create = clean_secrets,
    .prepare_update = service_account_prepare_update,
    .warn = service_account_warn,
    .doc = "Who a pod is when it speaks to the API.",
    .update_steps = "UM",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

/* --- PriorityClass ------------------------------------------------------------------------ */

static const ApiField priority_class_fields[] = {
    {"value", API_INT32, AT(PriorityClassBody, value), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .doc = "Priority of the pods of this class; at most 1000000000."},
    {"globalDefault", API_BOOL, AT(PriorityClassBody, global_default),
     .doc = "Whether pods without a class get this one."},
    {"description", API_STRING, AT(PriorityClassBody, description),
     .doc = "When to use the class."},
    {"preemptionPolicy", API_STRING, AT(PriorityClassBody, preemption_policy), API_POINTER,
     .def = "PreemptLowerPriority", .go_type = "v1.PreemptionPolicy",
     .doc = "PreemptLowerPriority, or Never to wait without displacing other pods."},
    {0},
};
static const ApiType priority_class_type =
    TYPE("PriorityClass", PriorityClassBody, priority_class_fields, "A priority with a name.");

static void
priority_class_prepare_create(ApiObject *object)
{
    api_edit_meta(object)->generation = 1;
}

static void
priority_class_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, FALSE);
}

static const char *const priority_class_short_names[] = {"pc", NULL};

const ApiKind priority_class_kind = {
    .kind = "PriorityClass",
    .group = "scheduling.k8s.io",
    .version = "v1",
    .plural = "priorityclasses",
    .singular = "priorityclass",
    .short_names = priority_class_short_names,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &priority_class_type,
    .doc = "A priority with a name that pods can refer to.",
    .prepare_create = priority_class_prepare_create,
    .prepare_update = priority_class_prepare_update,
    .validate = priority_class_validate,
    .validate_update = priority_class_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};

/* --- Lease -------------------------------------------------------------------------------- */

static const ApiField lease_spec_fields[] = {
    {"holderIdentity", API_STRING, AT(LeaseSpec, holder_identity), API_POINTER,
     .doc = "Who holds the lease."},
    {"leaseDurationSeconds", API_OPT_INT32, AT(LeaseSpec, lease_duration_s),
     .doc = "Seconds after renewTime at which others may take the lease."},
    {"acquireTime", API_MICRO_TIME, AT(LeaseSpec, acquire_time),
     .doc = "When the lease was taken."},
    {"renewTime", API_MICRO_TIME, AT(LeaseSpec, renew_time),
     .doc = "When the holder last said that it is alive."},
    {"leaseTransitions", API_OPT_INT32, AT(LeaseSpec, lease_transitions),
     .doc = "How often the holder changed."},
    {"strategy", API_STRING, AT(LeaseSpec, strategy), API_POINTER,
     .go_type = "v1.CoordinatedLeaseStrategy", .doc = "How the holder is chosen."},
    {"preferredHolder", API_STRING, AT(LeaseSpec, preferred_holder), API_POINTER,
     .doc = "Who should have the lease next."},
    {0},
};
static const ApiType lease_spec_type =
    TYPE("LeaseSpec", LeaseSpec, lease_spec_fields, "State of the lease.");

/* v1.34 pkg/registry/coordination/lease: CoordinatedLeaderElection is off, what belongs to it is dropped. */
static void
lease_prepare_create(ApiObject *object)
{
    const LeaseSpec *sent = object->spec;

    if (sent->strategy != NULL || sent->preferred_holder != NULL) {
        LeaseSpec *spec = api_edit_spec(object);

        spec->strategy = NULL;
        spec->preferred_holder = NULL;
    }
}

/* ValidateLease takes the apimachinery's view of metadata, not that of pkg/apis/core. */
const ApiKind lease_kind = {
    .kind = "Lease",
    .group = "coordination.k8s.io",
    .version = "v1",
    .plural = "leases",
    .singular = "lease",
    .is_created_by_update = TRUE,
    .is_namespaced = TRUE,
    .spec = &lease_spec_type,
    .doc = "Says who holds something, and until when.",
    .prepare_create = lease_prepare_create,
    .validate = lease_validate,
    .takes_any_finalizer = TRUE,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
