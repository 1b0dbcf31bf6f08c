/*
 * pod_security.c - the labels of a namespace say what its pods may be
 *
 * Models: v1.34 k8s.io/pod-security-admission, admission: ValidateNamespace, ValidatePod, ValidatePodController; api:
 * PolicyToEvaluate. Nobody is exempt and the default is privileged, as in a server without a configuration of its own.
 * The audit level is read for its mistakes only: there is no audit log.
 */

#include "apiserver/admission/admission.h"
#include "apiserver/admission/pod_standards.h"

#include "api/profile.h"
#include "base/caches.h"

#include <string.h>

#define LABEL    "pod-security.kubernetes.io/"
#define MAX_PODS 3000

typedef struct {
    PodStandard enforce, audit, warn;
} PodPolicy;

/* --- labels --------------------------------------------------------------------------------------------------- */

static void
complain(ApiErrors *errors, const char *label, const char *text, const char *why)
{
    if (errors != NULL)
        field_invalid_string(errors, str_internf("metadata.labels[" LABEL "%s]", label), text, why);
}

/* FALSE: there is no such label, or it says nothing that is a level; of that comes @fallback. */
static gboolean
read_level(const StrMap *labels, const char *label, PodLevel fallback, PodLevel *out, ApiErrors *errors)
{
    static const char *const names[] = {"privileged", "baseline", "restricted"};
    const char *text = str_map_get(labels, str_internf(LABEL "%s", label));

    for (guint i = 0; text != NULL && i < G_N_ELEMENTS(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (PodLevel)i;
            return TRUE;
        }
    if (text != NULL) {
        *out = fallback;
        complain(errors, label, text, "must be one of privileged, baseline, restricted");
    }
    return FALSE;
}

static gboolean
read_version(const StrMap *labels, const char *label, guint *out, ApiErrors *errors)
{
    const char *text = str_map_get(labels, str_internf(LABEL "%s-version", label));
    guint64 minor = 0;

    if (text == NULL)
        return FALSE;
    *out = POD_LATEST;
    if (strcmp(text, "latest") == 0)
        return TRUE;
    if (g_str_has_prefix(text, "v1.") && (text[3] != '0' || text[4] == '\0') && strspn(text + 3, "0123456789") == strlen(text + 3) &&
        g_ascii_string_to_unsigned(text + 3, 10, 0, G_MAXINT32, &minor, NULL))
        *out = (guint)minor;
    else
        complain(errors, str_internf("%s-version", label), text, "must be \"latest\" or \"v1.x\"");
    return TRUE;
}

/* What is enforced is warned of too, unless the labels say how much. @errors may be NULL. */
static PodPolicy
read_policy(const StrMap *labels, ApiErrors *errors)
{
    PodPolicy policy = {{POD_PRIVILEGED, POD_LATEST}, {POD_PRIVILEGED, POD_LATEST}, {POD_PRIVILEGED, POD_LATEST}};
    gboolean enforces, warns, has_version;

    enforces = read_level(labels, "enforce", POD_RESTRICTED, &policy.enforce.level, errors);
    read_version(labels, "enforce", &policy.enforce.minor, errors);
    read_level(labels, "audit", POD_PRIVILEGED, &policy.audit.level, errors);
    read_version(labels, "audit", &policy.audit.minor, errors);
    read_level(labels, "warn", POD_PRIVILEGED, &policy.warn.level, errors);
    warns = str_map_get(labels, str_intern(LABEL "warn")) != NULL;
    has_version = read_version(labels, "warn", &policy.warn.minor, errors);
    if (enforces && !warns && policy.enforce.level > policy.warn.level) {
        policy.warn.level = policy.enforce.level;
        if (!has_version)
            policy.warn.minor = policy.enforce.minor;
    }
    return policy;
}

static gboolean
has_policy(const ApiObject *namespace_)
{
    const StrMap *labels = &namespace_->meta->labels;

    for (guint i = 0; i < labels->count; i++)
        if (g_str_has_prefix(labels->items[i].key, LABEL))
            return TRUE;
    return FALSE;
}

static guint
own_minor(const Admission *admission)
{
    return profile_minor(admission->server->options.version_minor);
}

/* --- namespaces ----------------------------------------------------------------------------------------------- */

typedef struct {
    char *reasons; /* (owned) */
    const char *first;
    guint count;
} Offence;

static void
offence_clear(gpointer data)
{
    Offence *offence = data;

    g_free(offence->reasons);
}

static void
note_offence(GArray *offences, const ApiObject *pod, char *reasons)
{
    for (guint i = 0; i < offences->len; i++) {
        Offence *offence = &g_array_index(offences, Offence, i);

        if (strcmp(offence->reasons, reasons) == 0) {
            offence->count++;
            g_free(reasons);
            return;
        }
    }
    g_array_append_val(offences, ((Offence){reasons, api_name(pod), 1}));
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* EvaluatePodsInNamespace */
static void
warn_of_pods(const Admission *admission, PodStandard standard)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    g_autoptr(GArray) offences = g_array_new(FALSE, FALSE, sizeof(Offence));

    g_array_set_clear_func(offences, offence_clear);
    cache_list(admission->server, &pod_kind, admission->name, pods);
    for (guint i = 0; i < MIN(pods->len, MAX_PODS); i++) {
        const ApiObject *pod = pods->pdata[i];
        char *reasons = pod_standard_violations(standard, own_minor(admission), &pod->meta->annotations, pod->spec, FALSE);

        if (reasons != NULL)
            note_offence(offences, pod, reasons);
    }
    if (pods->len > MAX_PODS)
        call_warn(admission->call, str_internf("new PodSecurity enforce level only checked against the first %d of %u existing pods",
                                               MAX_PODS, pods->len));
    if (offences->len > 0)
        call_warn(admission->call, str_internf("existing pods in namespace %s violate the new PodSecurity enforce level \"%s\"",
                                               api_quote(admission->name), pod_standard_format(standard)));
    for (guint i = 0; i < offences->len; i++) {
        const Offence *offence = &g_array_index(offences, Offence, i);
        const char *others = offence->count == 1   ? ""
                             : offence->count == 2 ? " (and 1 other pod)"
                                                   : str_internf(" (and %u other pods)", offence->count - 1);

        g_ptr_array_add(texts, (gpointer)str_internf("%s%s: %s", offence->first, others, offence->reasons));
    }
    g_ptr_array_sort(texts, compare_texts);
    for (guint i = 0; i < texts->len; i++)
        call_warn(admission->call, texts->pdata[i]);
}

static gboolean
is_same_faults(const ApiErrors *a, const ApiErrors *b)
{
    if (a->list.count != b->list.count)
        return FALSE;
    for (guint i = 0; i < a->list.count; i++)
        if (!str_is(a->list.items[i].path, str_or_empty(b->list.items[i].path)) ||
            !str_is(str_or_empty(a->list.items[i].value), str_or_empty(b->list.items[i].value)))
            return FALSE;
    return TRUE;
}

static ApiStatus *
check_namespace(const Admission *admission)
{
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autoptr(ApiErrors) old_errors = api_errors_new();
    const ApiObject *old = admission->old;
    PodPolicy policy = read_policy(&admission->object->meta->labels, errors);
    PodPolicy before = read_policy(old == NULL ? &admission->object->meta->labels : &old->meta->labels, old_errors);

    if (errors->list.count > 0 && (old == NULL || !is_same_faults(errors, old_errors)))
        return api_status_invalid(&namespace_kind, admission->name, errors);
    if (old == NULL || policy.enforce.level == POD_PRIVILEGED ||
        (policy.enforce.minor == before.enforce.minor && policy.enforce.level <= before.enforce.level))
        return NULL;
    warn_of_pods(admission, policy.enforce);
    return NULL;
}

/* --- pods and what makes them ------------------------------------------------------------------------------------ */

static const ApiObject *
find_namespace(const Admission *admission)
{
    ApiServer *server = admission->server;
    gboolean is_lax = admission->namespace_ != NULL && server->remembered.lax == admission->namespace_;
    const ApiObject *found;

    if (is_lax && !caches_are_checked())
        return NULL;
    found = cache_get(server, storage_key(server, &namespace_kind, NULL, admission->namespace_));
    if (found != NULL && has_policy(found)) {
        g_assert(!is_lax);
        return found;
    }
    server->remembered.lax = admission->namespace_;
    return NULL;
}

static gboolean
is_same_images(const Container *a, guint n_a, const Container *b, guint n_b)
{
    if (n_a != n_b)
        return FALSE;
    for (guint i = 0; i < n_a; i++)
        if (!str_is(str_or_empty(a[i].image), str_or_empty(b[i].image)))
            return FALSE;
    return TRUE;
}

/* isSignificantPodUpdate */
static gboolean
is_significant(const ApiObject *pod, const ApiObject *old)
{
    const PodSpec *now = pod->spec;
    const PodSpec *was = old->spec;

    return now != was && (!is_same_images(now->containers.items, now->containers.count, was->containers.items, was->containers.count) ||
                          !is_same_images(now->init_containers.items, now->init_containers.count, was->init_containers.items,
                                          was->init_containers.count));
}

static void
warn_of(const Admission *admission, PodStandard standard, const StrMap *annotations, const PodSpec *spec)
{
    g_autofree char *why = pod_standard_violations(standard, own_minor(admission), annotations, spec, TRUE);

    if (why != NULL)
        call_warn(admission->call, str_internf("would violate PodSecurity \"%s\": %s", pod_standard_format(standard), why));
}

static ApiStatus *
check_pod(const Admission *admission)
{
    const ApiObject *pod = admission->object;
    const ApiObject *namespace_;
    g_autofree char *why = NULL;
    PodPolicy policy;

    if (admission->old != NULL && !is_significant(pod, admission->old))
        return NULL;
    namespace_ = find_namespace(admission);
    if (namespace_ == NULL)
        return NULL;
    policy = read_policy(&namespace_->meta->labels, NULL);
    why = pod_standard_violations(policy.enforce, own_minor(admission), &pod->meta->annotations, pod->spec, TRUE);
    if (why != NULL)
        return api_status_forbidden(&pod_kind, str_or_empty(admission->name),
                                    str_internf("violates PodSecurity \"%s\": %s", pod_standard_format(policy.enforce), why));
    warn_of(admission, policy.warn, &pod->meta->annotations, pod->spec);
    return NULL;
}

static const PodTemplateSpec *
find_template(const ApiObject *object)
{
    if (object->kind == &cron_job_kind)
        return &cron_job_spec(object)->job_template.spec.template_;
    if (object->kind == &pod_template_kind)
        return &((const PodTemplateBody *)object->body)->template_;
    if (object->kind == &job_kind)
        return &job_spec(object)->template_;
    return workload_template(object);
}

static ApiStatus *
pod_security_validate(Admission *admission)
{
    const PodTemplateSpec *template_;
    const ApiObject *namespace_;

    if (admission->kind == &namespace_kind)
        return check_namespace(admission);
    if (admission->kind == &pod_kind)
        return check_pod(admission);
    template_ = find_template(admission->object);
    namespace_ = template_ == NULL ? NULL : find_namespace(admission);
    if (namespace_ != NULL)
        warn_of(admission, read_policy(&namespace_->meta->labels, NULL).warn, &template_->metadata.annotations, &template_->spec);
    return NULL;
}

static gboolean
pod_security_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    static const ApiKind *const with_templates[] = {
        &cron_job_kind,    &pod_template_kind, &job_kind,         &deployment_kind,
        &replica_set_kind, &daemon_set_kind,   &stateful_set_kind, &replication_controller_kind,
    };

    if (is_of_part || operation == ADMISSION_DELETE)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(with_templates); i++)
        if (kind == with_templates[i])
            return TRUE;
    return kind == &namespace_kind || kind == &pod_kind;
}

const AdmissionPlugin pod_security_plugin = {
    .name = "PodSecurity",
    .looks_at = pod_security_looks_at,
    .validate = pod_security_validate,
};
