/*
 * Validation of security contexts.
 *
 * Models: v1.34 pkg/apis/core/validation: validatePodSpecSecurityContext, ValidateSecurityContext.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/pod_internal.h"
#include "api/kinds/tables.h"

#define MAX_SYSCTL  253
#define MAX_PROFILE 4095
#define SYSCTL_PATTERN                                                                             \
    "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"

static void
check_id(ApiErrors *errors, const char *child, const Value *id)
{
    if (id != NULL && id->type == VALUE_INT && (id->integer < 0 || id->integer > G_MAXINT32))
        field_invalid_int(errors, child, id->integer, "must be between 0 and 2147483647, inclusive");
}

static const char *const profile_types[] = {"Localhost", "RuntimeDefault", "Unconfined", NULL};

static void
check_profile_type(ApiErrors *errors, const char *child, const char *type)
{
    if (type[0] == '\0')
        field_required(errors, "type", str_internf("type is required when %s is set", child));
    else if (!g_strv_contains(profile_types, type))
        field_not_supported(errors, "type", type, profile_types);
}

/* validateSeccompProfileField */
static void
check_seccomp_profile(ApiErrors *errors, const Value *context)
{
    const Value *profile = value_get(context, "seccompProfile");
    const char *type = value_get_string(profile, "type", "");
    const char *local = value_get_string(profile, "localhostProfile", NULL);
    gboolean is_local = strcmp(type, "Localhost") == 0;

    if (profile == NULL)
        return;
    api_errors_push(errors, "seccompProfile");
    check_profile_type(errors, "seccompProfile", type);
    if (is_local && local == NULL)
        field_required(errors, "localhostProfile", "must be set when seccomp type is Localhost");
    else if (is_local)
        check_local_path(errors, "localhostProfile", local);
    else if (local != NULL)
        field_invalid_raw(errors, "localhostProfile",
                          str_internf("{\"Type\":%s,\"LocalhostProfile\":%s}", api_quote(type), api_quote(local)),
                          "can only be set when seccomp type is Localhost");
    api_errors_pop(errors);
}

static void
check_local_app_armor(ApiErrors *errors, const char *local)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(str_or_empty(local)));

    if (local != NULL && strcmp(trimmed, local) != 0)
        field_invalid_string(errors, "localhostProfile", local, "must not be padded with whitespace");
    else if (trimmed[0] == '\0')
        field_required(errors, "localhostProfile", "must be set when AppArmor type is Localhost");
    if (local != NULL && strlen(local) > MAX_PROFILE)
        field_too_long(errors, "localhostProfile", MAX_PROFILE);
}

/* ValidateAppArmorProfileField */
static void
check_app_armor_profile(ApiErrors *errors, const Value *context)
{
    const Value *profile = value_get(context, "appArmorProfile");
    const char *type = value_get_string(profile, "type", "");
    const char *local = value_get_string(profile, "localhostProfile", NULL);

    if (profile == NULL)
        return;
    api_errors_push(errors, "appArmorProfile");
    check_profile_type(errors, "appArmorProfile", type);
    if (strcmp(type, "Localhost") == 0)
        check_local_app_armor(errors, local);
    else if (local != NULL && g_strv_contains(profile_types, type))
        field_invalid_string(errors, "localhostProfile", local, "can only be set when AppArmor type is Localhost");
    api_errors_pop(errors);
}

static gboolean
is_segment(const char *text, gsize length)
{
    if (length == 0 || !g_ascii_isalnum(text[0]) || !g_ascii_isalnum(text[length - 1]))
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isdigit(text[i]) && !g_ascii_islower(text[i]) && text[i] != '-' && text[i] != '_')
            return FALSE;
    return TRUE;
}

static gboolean
is_sysctl(const char *name)
{
    if (strlen(name) > MAX_SYSCTL)
        return FALSE;
    for (;;) {
        gsize length = strcspn(name, "./");

        if (!is_segment(name, length))
            return FALSE;
        if (name[length] == '\0')
            return TRUE;
        name += length + 1;
    }
}

/* utilsysctl.GetNamespace: parameters that belong to a namespace which the pod shares with its node */
static const char *
shared_namespace(const char *name, const PodSpec *spec)
{
    g_autofree char *dotted = g_strdelimit(g_strdup(name), "/", '.');

    if (spec->host_network && g_str_has_prefix(dotted, "net."))
        return "hostNetwork";
    if (spec->host_ipc && (g_str_has_prefix(dotted, "kernel.shm") || g_str_has_prefix(dotted, "kernel.msg") ||
                           strcmp(dotted, "kernel.sem") == 0 || g_str_has_prefix(dotted, "fs.mqueue.")))
        return "hostIPC";
    return NULL;
}

static void
check_sysctls(ApiErrors *errors, const PodSpec *spec)
{
    const Value *list = value_get(spec->security_context, "sysctls");
    StrList names = {0};

    for (guint i = 0; list != NULL && i < list->count; i++) {
        const char *name = value_get_string(list->items[i], "name", "");
        const char *child = str_internf("sysctls[%u].name", i);
        const char *shared = shared_namespace(name, spec);

        if (name[0] == '\0')
            field_required(errors, child, NULL);
        else if (!is_sysctl(name))
            field_invalid_string(errors, child, name,
                                 "must have at most 253 characters and match regex " SYSCTL_PATTERN);
        else if (str_list_contains(&names, name))
            field_duplicate(errors, child, api_quote(name));
        if (shared != NULL)
            field_invalid_string(errors, child, name, str_internf("may not be specified when '%s' is true", shared));
        str_list_add(&names, name);
    }
    g_free(names.items);
}

static void
check_word(ApiErrors *errors, const Value *context, const char *child, const char *const *words)
{
    const char *word = value_get_string(context, child, NULL);

    if (word != NULL && !g_strv_contains(words, word))
        field_not_supported(errors, child, word, words);
}

/* validatePodSpecSecurityContext: the cursor stands on the pod's spec */
void
check_security_contexts(ApiErrors *errors, const PodSpec *spec)
{
    static const char *const owners[] = {"Always", "OnRootMismatch", NULL};
    static const char *const groups[] = {"Merge", "Strict", NULL};
    static const char *const relabels[] = {"Recursive", NULL}; /* MountOption comes with SELinuxMount, which is off */
    const Value *context = spec->security_context;
    const Value *further = value_get(context, "supplementalGroups");

    if (context == NULL)
        return;
    api_errors_push(errors, "securityContext");
    check_id(errors, "fsGroup", value_get(context, "fsGroup"));
    check_id(errors, "runAsUser", value_get(context, "runAsUser"));
    check_id(errors, "runAsGroup", value_get(context, "runAsGroup"));
    for (guint i = 0; further != NULL && i < further->count; i++)
        check_id(errors, str_internf("supplementalGroups[%u]", i), further->items[i]);
    if (spec->share_process_namespace == OPT_TRUE && spec->host_pid)
        field_invalid_raw(errors, "shareProcessNamespace", "true",
                          "ShareProcessNamespace and HostPID cannot both be enabled");
    check_sysctls(errors, spec);
    check_word(errors, context, "fsGroupChangePolicy", owners);
    check_seccomp_profile(errors, context);
    check_windows_options(errors, context);
    check_app_armor_profile(errors, context);
    check_word(errors, context, "supplementalGroupsPolicy", groups);
    check_word(errors, context, "seLinuxChangePolicy", relabels);
    api_errors_pop(errors);
}

/* allowPrivilegeEscalation: false contradicts what gives all rights; reported on the whole context. */
static void
check_escalation(ApiErrors *errors, const Value *context)
{
    const Value *added = value_get_path(context, "capabilities", "add", NULL);
    g_autofree char *printed = NULL;

    if (value_get_bool(context, "allowPrivilegeEscalation", TRUE))
        return;
    printed = container_security_internal_json(context);
    if (value_get_bool(context, "privileged", FALSE))
        field_invalid_raw(errors, NULL, printed,
                          "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    for (guint i = 0; added != NULL && i < added->count; i++)
        if (str_is(added->items[i]->text, "CAP_SYS_ADMIN"))
            field_invalid_raw(errors, NULL, printed,
                              "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
}

/* ValidateSecurityContext: the cursor stands on the container */
void
check_container_security(ApiErrors *errors, const Value *context, gboolean uses_host_users)
{
    static const char *const mounts[] = {"Default", "Unmasked", NULL};

    if (context == NULL)
        return;
    api_errors_push(errors, "securityContext");
    check_id(errors, "runAsUser", value_get(context, "runAsUser"));
    check_id(errors, "runAsGroup", value_get(context, "runAsGroup"));
    check_word(errors, context, "procMount", mounts);
    if (uses_host_users && strcmp(value_get_string(context, "procMount", ""), "Unmasked") == 0)
        field_invalid_string(errors, "procMount", "Unmasked", "`hostUsers` must be false to use `Unmasked`");
    check_seccomp_profile(errors, context);
    check_escalation(errors, context);
    check_windows_options(errors, context);
    check_app_armor_profile(errors, context);
    api_errors_pop(errors);
}
