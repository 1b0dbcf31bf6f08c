/*
 * Validation of what depends on the operating system of a pod, and of what only Windows knows.
 *
 * Models: v1.34 pkg/apis/core/validation: validateOS, validateLinux, validateWindows, validateWindowsHostProcessPod,
 * validateWindowsSecurityContextOptions.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

#define MAX_CREDENTIAL_BYTES (64 * 1024)
#define MAX_DOMAIN 256
#define MAX_USER   104
#define DNS_LABEL  "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

static const char not_on_windows[] = "cannot be set for a windows pod";

void
visit_containers(ApiErrors *errors, const PodSpec *spec, ContainerVisit visit, gconstpointer data)
{
    for (guint i = 0; i < spec->init_containers.count; i++)
        visit(errors, &spec->init_containers.items[i], str_internf("initContainers[%u]", i), data);
    for (guint i = 0; i < spec->containers.count; i++)
        visit(errors, &spec->containers.items[i], str_internf("containers[%u]", i), data);
}

/* --- windowsOptions -------------------------------------------------------------------------------------- */

static void
check_user_part(ApiErrors *errors, const char *name, const char *user)
{
    if (user[0] == '\0')
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName's User cannot be empty");
    else if (strlen(user) > MAX_USER)
        field_invalid_string(errors, "runAsUserName", name,
                             "runAsUserName's User length must not be longer than 104 characters");
    if (user[0] != '\0' && strspn(user, ". ") == strlen(user))
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName's User cannot contain only periods or spaces");
    if (strpbrk(user, "\"/\\:;|=,+*?<>@[]") != NULL)
        field_invalid_string(errors, "runAsUserName", name,
                             "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
}

static void
check_user_name(ApiErrors *errors, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "\\", -1);
    guint count = g_strv_length(parts);
    const char *domain = count == 2 ? parts[0] : NULL;

    if (name[0] == '\0') {
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName cannot be an empty string");
        return;
    }
    if (g_regex_match_simple("[[:cntrl:]]", name, 0, 0)) {
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName cannot contain control characters");
        return;
    }
    if (count > 2) {
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName cannot contain more than one backslash");
        return;
    }
    if (domain != NULL && strlen(domain) >= MAX_DOMAIN)
        field_invalid_string(errors, "runAsUserName", name, "runAsUserName's Domain length must be under 256 characters");
    if (domain != NULL && !g_regex_match_simple("^[^\\\\/:*?\"<>|.][^\\\\/:*?\"<>|]{0,14}$", domain, G_REGEX_DOLLAR_ENDONLY, 0) &&
        !g_regex_match_simple("^" DNS_LABEL "(?:\\." DNS_LABEL ")*$", domain, G_REGEX_DOLLAR_ENDONLY, 0))
        field_invalid_string(errors, "runAsUserName", name,
                             "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    check_user_part(errors, name, parts[count - 1]);
}

void
check_windows_options(ApiErrors *errors, const Value *context)
{
    const Value *options = value_get(context, "windowsOptions");
    const char *spec_name = value_get_string(options, "gmsaCredentialSpecName", NULL);
    const char *spec = value_get_string(options, "gmsaCredentialSpec", NULL);
    const char *user = value_get_string(options, "runAsUserName", NULL);

    if (options == NULL)
        return;
    api_errors_push(errors, "windowsOptions");
    if (spec_name != NULL)
        check_name(errors, "gmsaCredentialSpecName", NAME_DNS_SUBDOMAIN, spec_name);
    if (spec != NULL && spec[0] == '\0')
        field_invalid_string(errors, "gmsaCredentialSpec", spec, "gmsaCredentialSpec cannot be an empty string");
    else if (spec != NULL && strlen(spec) > MAX_CREDENTIAL_BYTES)
        field_invalid_string(errors, "gmsaCredentialSpec", spec, "gmsaCredentialSpec size must be under 64 KiB");
    if (user != NULL)
        check_user_name(errors, user);
    api_errors_pop(errors);
}

/* --- host processes ---------------------------------------------------------------------------------------- */

typedef struct {
    const Value *pod; /* the pod's own hostProcess, NULL if it says nothing */
    guint *n_all, *n_host;
} HostProcesses;

static gboolean
is_yes(const Value *flag)
{
    return flag != NULL && flag->type == VALUE_BOOL && flag->boolean;
}

static void
count_host_process(ApiErrors *errors, const Container *container, const char *path, gconstpointer data)
{
    const HostProcesses *processes = data;
    const Value *own = value_get_path(container->security_context, "windowsOptions", "hostProcess", NULL);

    ++*processes->n_all;
    if (processes->pod != NULL && own != NULL && is_yes(processes->pod) != is_yes(own))
        field_invalid_raw(errors, str_internf("%s.securityContext.windowsOptions.hostProcess", path), is_yes(own) ? "true" : "false",
                          str_internf("pod hostProcess value must be identical if both are specified, was %s",
                                      is_yes(processes->pod) ? "true" : "false"));
    if (is_yes(own != NULL ? own : processes->pod))
        ++*processes->n_host;
}

void
check_host_processes(ApiErrors *errors, const PodSpec *spec)
{
    guint n_all = 0;
    guint n_host = 0;
    const HostProcesses processes = {value_get_path(spec->security_context, "windowsOptions", "hostProcess", NULL), &n_all,
                                     &n_host};

    visit_containers(errors, spec, count_host_process, &processes);
    if (n_host == 0)
        return;
    if (n_host != n_all)
        field_invalid_string(errors, NULL, "",
                             "If pod contains any hostProcess containers then all containers must be HostProcess containers");
    if (!spec->host_network)
        field_invalid_raw(errors, "hostNetwork", "false",
                          "hostNetwork must be true if pod contains any hostProcess containers");
}

/* --- os ---------------------------------------------------------------------------------------------------------- */

static void
forbid_windows_options(ApiErrors *errors, const Container *container, const char *path, gconstpointer data)
{
    (void)data;
    if (value_get(container->security_context, "windowsOptions") != NULL)
        field_forbidden(errors, str_internf("%s.securityContext.windowsOptions", path),
                        "windows options cannot be set for a linux pod");
}

static void
check_linux(ApiErrors *errors, const PodSpec *spec)
{
    if (value_get(spec->security_context, "windowsOptions") != NULL)
        field_forbidden(errors, "securityContext.windowsOptions", "windows options cannot be set for a linux pod");
    visit_containers(errors, spec, forbid_windows_options, NULL);
}

static void
forbid_linux_context(ApiErrors *errors, const Container *container, const char *path, gconstpointer data)
{
    static const char *const keys[] = {"appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
                                       "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
                                       "runAsUser", "runAsGroup"};

    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (value_get(container->security_context, keys[i]) != NULL)
            field_forbidden(errors, str_internf("%s.securityContext.%s", path, keys[i]), not_on_windows);
}

static void
forbid_key(ApiErrors *errors, const PodSpec *spec, const char *key)
{
    if (value_get(spec->security_context, key) != NULL)
        field_forbidden(errors, str_internf("securityContext.%s", key), not_on_windows);
}

static void
check_windows(ApiErrors *errors, const PodSpec *spec)
{
    static const char *const first[] = {"seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"};
    static const char *const last[] = {"runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
                                       "seLinuxChangePolicy"};

    forbid_key(errors, spec, "appArmorProfile");
    forbid_key(errors, spec, "seLinuxOptions");
    if (spec->host_users != OPT_UNSET)
        field_forbidden(errors, "hostUsers", not_on_windows);
    if (spec->host_pid)
        field_forbidden(errors, "hostPID", not_on_windows);
    if (spec->host_ipc)
        field_forbidden(errors, "hostIPC", not_on_windows);
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        forbid_key(errors, spec, first[i]);
    if (spec->share_process_namespace != OPT_UNSET)
        field_forbidden(errors, "shareProcessNamespace", not_on_windows);
    for (guint i = 0; i < G_N_ELEMENTS(last); i++)
        forbid_key(errors, spec, last[i]);
    visit_containers(errors, spec, forbid_linux_context, NULL);
}

void
check_pod_os(ApiErrors *errors, const PodSpec *spec)
{
    static const char *const systems[] = {"linux", "windows", NULL};

    if (spec->os == NULL)
        return;
    if (str_is_empty(spec->os->name))
        field_required(errors, "os.name", NULL);
    else if (!check_one_of(errors, "os", spec->os->name, systems))
        return;
    else if (str_is(spec->os->name, "linux"))
        check_linux(errors, spec);
    else
        check_windows(errors, spec);
}
