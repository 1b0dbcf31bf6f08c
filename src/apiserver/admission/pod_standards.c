/* pod_standards.c - one function a check; see pod_standards.h */

#include "apiserver/admission/pod_standards.h"

#include "api/validate.h"

#include <string.h>

#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"

typedef struct {
    const PodSpec *spec;
    const StrMap *annotations;
    const Container **containers; /* those of the init phase first; ended by NULL */
    guint minor;
    gboolean with_details;
    GString *out;
} Review;

static void
report(Review *review, const char *reason, const char *detail)
{
    g_string_append_printf(review->out, "%s%s", review->out->len > 0 ? ", " : "", reason);
    if (review->with_details && detail != NULL)
        g_string_append_printf(review->out, " (%s)", detail);
}

/* --- words -------------------------------------------------------------------------------------------------- */

static const char *
or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static const char *
plural(const char *one, const char *many, guint n)
{
    return n == 1 ? one : many;
}

/* "a", "b": as they are, in quotes */
static const char *
quote_all(const StrList *texts)
{
    g_autoptr(GString) joined = g_string_new(NULL);

    for (guint i = 0; i < texts->count; i++)
        g_string_append_printf(joined, "%s\"%s\"", i > 0 ? ", " : "", texts->items[i]);
    return str_intern(joined->str);
}

static const char *
join(const StrList *texts, const char *between)
{
    g_autoptr(GString) joined = g_string_new(NULL);

    for (guint i = 0; i < texts->count; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? between : "", texts->items[i]);
    return str_intern(joined->str);
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_once(StrList *set, const char *text)
{
    if (!str_list_contains(set, or_empty(text)))
        str_list_add(set, or_empty(text));
    qsort(set->items, set->count, sizeof *set->items, compare_texts);
}

static const char *
name_containers(const StrList *names)
{
    return str_internf("%s %s", plural("container", "containers", names->count), quote_all(names));
}

/* "pod and container "c"", "containers "a", "b"" */
static const char *
name_setters(gboolean is_pod, const StrList *names)
{
    if (!is_pod)
        return name_containers(names);
    return names->count == 0 ? "pod" : str_internf("pod and %s", name_containers(names));
}

static const Value *
context_of(const Container *container, const char *key)
{
    const Value *value = value_get(container->security_context, key);

    return value == NULL || value->type == VALUE_NULL ? NULL : value;
}

static const Value *
pod_context(const Review *review, const char *key)
{
    const Value *value = value_get(review->spec->security_context, key);

    return value == NULL || value->type == VALUE_NULL ? NULL : value;
}

static gboolean
is_flag(const Value *value, gboolean flag)
{
    return value != NULL && value->type == VALUE_BOOL && value->boolean == flag;
}

static gboolean
is_windows(const Review *review)
{
    return review->minor >= 25 && review->spec->os != NULL && str_is(review->spec->os->name, "windows");
}

/* --- baseline ------------------------------------------------------------------------------------------------- */

static gboolean
is_fine_profile(const Value *profile)
{
    const char *type = value_get_string(profile, "type", "");

    return strcmp(type, "RuntimeDefault") == 0 || strcmp(type, "Localhost") == 0;
}

/* Profiles under @key that say something else; a pod's own, and its containers'. */
static gboolean
find_bad_profiles(const Review *review, const char *key, StrList *names, StrList *types)
{
    const Value *own = pod_context(review, key);
    gboolean is_pod = own != NULL && !is_fine_profile(own);

    if (is_pod)
        add_once(types, value_get_string(own, "type", ""));
    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *profile = context_of(review->containers[i], key);

        if (profile == NULL || is_fine_profile(profile))
            continue;
        str_list_add(names, or_empty(review->containers[i]->name));
        add_once(types, value_get_string(profile, "type", ""));
    }
    return is_pod;
}

static void
find_bad_annotations(const Review *review, StrList *found)
{
    for (guint i = 0; i < review->annotations->count; i++) {
        const char *key = review->annotations->items[i].key;
        const char *text = or_empty(review->annotations->items[i].value);

        if (g_str_has_prefix(key, APP_ARMOR_PREFIX) && text[0] != '\0' && strcmp(text, "runtime/default") != 0 &&
            !g_str_has_prefix(text, "localhost/"))
            add_once(found, str_internf("%s=%s", key, api_quote(text)));
    }
}

static void
check_app_armor(Review *review)
{
    StrList names = {0}, types = {0}, annotations = {0}, setters = {0};

    if (find_bad_profiles(review, "appArmorProfile", &names, &types))
        str_list_add(&setters, "pod");
    if (names.count > 0)
        str_list_add(&setters, name_containers(&names));
    find_bad_annotations(review, &annotations);
    if (annotations.count > 0)
        str_list_add(&setters, plural("annotation", "annotations", annotations.count));
    for (guint i = 0; i < annotations.count; i++)
        str_list_add(&types, annotations.items[i]);
    if (setters.count > 0)
        report(review, plural("forbidden AppArmor profile", "forbidden AppArmor profiles", types.count),
               str_internf("%s must not set AppArmor profile type to %s", join(&setters, " and "), quote_all(&types)));
    g_free(names.items);
    g_free(types.items);
    g_free(annotations.items);
    g_free(setters.items);
}

/* What containers add beyond @allowed; the names of those that do so. */
static void
find_added(const Review *review, const char *const *allowed, StrList *names, StrList *added)
{
    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *list = value_get(context_of(review->containers[i], "capabilities"), "add");
        gboolean is_bad = FALSE;

        for (guint j = 0; list != NULL && j < list->count; j++) {
            const char *capability = or_empty(list->items[j]->text);

            if (g_strv_contains(allowed, capability))
                continue;
            is_bad = TRUE;
            add_once(added, capability);
        }
        if (is_bad)
            str_list_add(names, or_empty(review->containers[i]->name));
    }
}

static const char *
describe_added(const StrList *names, const StrList *added)
{
    return str_internf("%s must not include %s in securityContext.capabilities.add", name_containers(names), quote_all(added));
}

static void
check_capabilities(Review *review)
{
    static const char *const allowed[] = {"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE",     "FOWNER", "FSETID",
                                          "KILL",        "MKNOD",   "NET_BIND_SERVICE", "SETFCAP", "SETGID",
                                          "SETPCAP",     "SETUID",  "SYS_CHROOT",       NULL};
    StrList names = {0}, added = {0};

    find_added(review, allowed, &names, &added);
    if (names.count > 0)
        report(review, "non-default capabilities", describe_added(&names, &added));
    g_free(names.items);
    g_free(added.items);
}

static void
check_host_namespaces(Review *review)
{
    StrList shared = {0};

    if (review->spec->host_network)
        str_list_add(&shared, "hostNetwork=true");
    if (review->spec->host_pid)
        str_list_add(&shared, "hostPID=true");
    if (review->spec->host_ipc)
        str_list_add(&shared, "hostIPC=true");
    if (shared.count > 0)
        report(review, "host namespaces", join(&shared, ", "));
    g_free(shared.items);
}

static void
check_host_paths(Review *review)
{
    StrList names = {0};

    for (guint i = 0; i < review->spec->volumes.count; i++)
        if (review->spec->volumes.items[i].host_path != NULL)
            str_list_add(&names, or_empty(review->spec->volumes.items[i].name));
    if (names.count > 0)
        report(review, "hostPath volumes", str_internf("%s %s", plural("volume", "volumes", names.count), quote_all(&names)));
    g_free(names.items);
}

static void
check_host_ports(Review *review)
{
    StrList names = {0}, ports = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Container *container = review->containers[i];
        gboolean is_bad = FALSE;

        for (guint j = 0; j < container->ports.count; j++) {
            if (container->ports.items[j].host_port == 0)
                continue;
            is_bad = TRUE;
            add_once(&ports, str_internf("%d", container->ports.items[j].host_port));
        }
        if (is_bad)
            str_list_add(&names, or_empty(container->name));
    }
    if (names.count > 0)
        report(review, "hostPort",
               str_internf("%s %s %s %s", name_containers(&names), plural("uses", "use", names.count),
                           plural("hostPort", "hostPorts", ports.count), join(&ports, ", ")));
    g_free(names.items);
    g_free(ports.items);
}

static void
add_hosts(StrList *hosts, const HttpGetAction *http, const TcpSocketAction *tcp)
{
    if (http != NULL && !str_is_empty(http->host))
        str_list_add(hosts, http->host);
    if (tcp != NULL && !str_is_empty(tcp->host))
        str_list_add(hosts, tcp->host);
}

static void
find_hosts(const Container *container, StrList *hosts)
{
    const Probe *const probes[] = {container->liveness_probe, container->readiness_probe, container->startup_probe};
    const Lifecycle *lifecycle = container->lifecycle;

    for (guint i = 0; i < G_N_ELEMENTS(probes); i++)
        if (probes[i] != NULL)
            add_hosts(hosts, probes[i]->http_get, probes[i]->tcp_socket);
    if (lifecycle != NULL && lifecycle->post_start != NULL)
        add_hosts(hosts, lifecycle->post_start->http_get, lifecycle->post_start->tcp_socket);
    if (lifecycle != NULL && lifecycle->pre_stop != NULL)
        add_hosts(hosts, lifecycle->pre_stop->http_get, lifecycle->pre_stop->tcp_socket);
}

static void
check_hosts(Review *review)
{
    StrList names = {0}, all = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        StrList hosts = {0};

        find_hosts(review->containers[i], &hosts);
        if (hosts.count > 0)
            add_once(&names, review->containers[i]->name);
        for (guint j = 0; j < hosts.count; j++)
            add_once(&all, hosts.items[j]);
        g_free(hosts.items);
    }
    if (names.count > 0)
        report(review, "probe or lifecycle host",
               str_internf("%s %s %s %s", name_containers(&names), plural("uses", "use", names.count),
                           plural("probe or lifecycle host", "probe or lifecycle hosts", all.count), quote_all(&all)));
    g_free(names.items);
    g_free(all.items);
}

static void
check_privileged(Review *review)
{
    StrList names = {0};

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_flag(context_of(review->containers[i], "privileged"), TRUE))
            str_list_add(&names, or_empty(review->containers[i]->name));
    if (names.count > 0)
        report(review, "privileged", str_internf("%s must not set securityContext.privileged=true", name_containers(&names)));
    g_free(names.items);
}

static void
check_proc_mount(Review *review)
{
    StrList names = {0}, types = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *type = context_of(review->containers[i], "procMount");

        if (type == NULL || str_is(type->text, "Default"))
            continue;
        str_list_add(&names, or_empty(review->containers[i]->name));
        add_once(&types, type->text);
    }
    if (names.count > 0)
        report(review, "procMount",
               str_internf("%s must not set securityContext.procMount to %s", name_containers(&names), quote_all(&types)));
    g_free(names.items);
    g_free(types.items);
}

typedef struct {
    StrList types;
    gboolean has_user, has_role;
} Relabels;

static gboolean
is_bad_relabel(const Review *review, const Value *options, Relabels *found)
{
    static const char *const allowed[] = {"", "container_t", "container_init_t", "container_kvm_t", NULL};
    const char *type = value_get_string(options, "type", "");
    gboolean is_fine = g_strv_contains(allowed, type) || (review->minor >= 31 && strcmp(type, "container_engine_t") == 0);
    gboolean has_user = value_get_string(options, "user", "")[0] != '\0';
    gboolean has_role = value_get_string(options, "role", "")[0] != '\0';

    if (options == NULL)
        return FALSE;
    if (!is_fine)
        add_once(&found->types, type);
    found->has_user |= has_user;
    found->has_role |= has_role;
    return !is_fine || has_user || has_role;
}

static void
check_relabels(Review *review)
{
    StrList names = {0}, data = {0};
    Relabels found = {0};
    gboolean is_pod = is_bad_relabel(review, pod_context(review, "seLinuxOptions"), &found);

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_bad_relabel(review, context_of(review->containers[i], "seLinuxOptions"), &found))
            str_list_add(&names, or_empty(review->containers[i]->name));
    if (found.types.count > 0)
        str_list_add(&data, str_internf("%s %s", plural("type", "types", found.types.count), quote_all(&found.types)));
    if (found.has_user)
        str_list_add(&data, "user may not be set");
    if (found.has_role)
        str_list_add(&data, "role may not be set");
    if (is_pod || names.count > 0)
        report(review, "seLinuxOptions",
               str_internf("%s set forbidden securityContext.seLinuxOptions: %s", name_setters(is_pod, &names), join(&data, "; ")));
    g_free(names.items);
    g_free(data.items);
    g_free(found.types.items);
}

static void
check_seccomp(Review *review)
{
    StrList names = {0}, types = {0};
    gboolean is_pod = find_bad_profiles(review, "seccompProfile", &names, &types);

    if (is_pod || names.count > 0)
        report(review, "seccompProfile",
               str_internf("%s must not set securityContext.seccompProfile.type to %s", name_setters(is_pod, &names),
                           quote_all(&types)));
    g_free(names.items);
    g_free(types.items);
}

static void
check_sysctls(Review *review)
{
    static const struct {
        const char *name;
        guint since;
    } safe[] = {
        {"kernel.shm_rmid_forced", 0},         {"net.ipv4.ip_local_port_range", 0},    {"net.ipv4.tcp_syncookies", 0},
        {"net.ipv4.ping_group_range", 0},      {"net.ipv4.ip_unprivileged_port_start", 0}, {"net.ipv4.ip_local_reserved_ports", 27},
        {"net.ipv4.tcp_keepalive_time", 29},   {"net.ipv4.tcp_fin_timeout", 29},       {"net.ipv4.tcp_keepalive_intvl", 29},
        {"net.ipv4.tcp_keepalive_probes", 29}, {"net.ipv4.tcp_rmem", 32},              {"net.ipv4.tcp_wmem", 32},
    };
    const Value *list = pod_context(review, "sysctls");
    StrList found = {0};

    for (guint i = 0; list != NULL && i < list->count; i++) {
        const char *name = value_get_string(list->items[i], "name", "");
        gboolean is_safe = FALSE;

        for (guint j = 0; j < G_N_ELEMENTS(safe); j++)
            is_safe |= strcmp(safe[j].name, name) == 0 && review->minor >= safe[j].since;
        if (!is_safe)
            str_list_add(&found, name);
    }
    if (found.count > 0)
        report(review, "forbidden sysctls", join(&found, ", "));
    g_free(found.items);
}

static void
check_host_process(Review *review)
{
    StrList names = {0};
    gboolean is_pod = is_flag(value_get(pod_context(review, "windowsOptions"), "hostProcess"), TRUE);

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_flag(value_get(context_of(review->containers[i], "windowsOptions"), "hostProcess"), TRUE))
            str_list_add(&names, or_empty(review->containers[i]->name));
    if (is_pod || names.count > 0)
        report(review, "hostProcess",
               str_internf("%s must not set securityContext.windowsOptions.hostProcess=true", name_setters(is_pod, &names)));
    g_free(names.items);
}

/* --- restricted ----------------------------------------------------------------------------------------------- */

static void
check_escalation(Review *review)
{
    StrList names = {0};

    for (guint i = 0; !is_windows(review) && review->containers[i] != NULL; i++)
        if (!is_flag(context_of(review->containers[i], "allowPrivilegeEscalation"), FALSE))
            str_list_add(&names, or_empty(review->containers[i]->name));
    if (names.count > 0)
        report(review, "allowPrivilegeEscalation != false",
               str_internf("%s must set securityContext.allowPrivilegeEscalation=false", name_containers(&names)));
    g_free(names.items);
}

static gboolean
drops_all(const Container *container)
{
    const Value *list = value_get(context_of(container, "capabilities"), "drop");

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (str_is(list->items[i]->text, "ALL"))
            return TRUE;
    return FALSE;
}

static void
check_capabilities_restricted(Review *review)
{
    static const char *const allowed[] = {"NET_BIND_SERVICE", NULL};
    StrList keeping = {0}, adding = {0}, added = {0}, details = {0};

    for (guint i = 0; !is_windows(review) && review->containers[i] != NULL; i++)
        if (!drops_all(review->containers[i]))
            str_list_add(&keeping, or_empty(review->containers[i]->name));
    if (!is_windows(review))
        find_added(review, allowed, &adding, &added);
    if (keeping.count > 0)
        str_list_add(&details,
                     str_internf("%s must set securityContext.capabilities.drop=[\"ALL\"]", name_containers(&keeping)));
    if (adding.count > 0)
        str_list_add(&details, describe_added(&adding, &added));
    if (details.count > 0)
        report(review, "unrestricted capabilities", join(&details, "; "));
    g_free(keeping.items);
    g_free(adding.items);
    g_free(added.items);
    g_free(details.items);
}

/* NULL: of a kind that anybody may use */
static const char *
restricted_type(const Volume *volume)
{
    const struct {
        gconstpointer source;
        const char *type;
    } types[] = {
        {volume->host_path, "hostPath"},
        {volume->gce_disk, "gcePersistentDisk"},
        {volume->aws_disk, "awsElasticBlockStore"},
        {volume->git_repo, "gitRepo"},
        {volume->nfs, "nfs"},
        {volume->iscsi, "iscsi"},
        {volume->glusterfs, "glusterfs"},
        {volume->rbd, "rbd"},
        {volume->flex_volume, "flexVolume"},
        {volume->cinder, "cinder"},
        {volume->cephfs, "cephfs"},
        {volume->flocker, "flocker"},
        {volume->other, "fc"},
        {volume->azure_file, "azureFile"},
        {volume->vsphere_volume, "vsphereVolume"},
        {volume->quobyte, "quobyte"},
        {volume->azure_disk, "azureDisk"},
        {volume->photon_disk, "photonPersistentDisk"},
        {volume->portworx_volume, "portworxVolume"},
        {volume->scale_io, "scaleIO"},
        {volume->storageos, "storageos"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].source != NULL)
            return types[i].type;
    return NULL;
}

static void
check_volumes(Review *review)
{
    StrList names = {0}, types = {0};

    for (guint i = 0; i < review->spec->volumes.count; i++) {
        const Volume *volume = &review->spec->volumes.items[i];
        const char *type = restricted_type(volume);

        if (type == NULL)
            continue;
        str_list_add(&names, or_empty(volume->name));
        add_once(&types, type);
    }
    if (names.count > 0)
        report(review, "restricted volume types",
               str_internf("%s %s %s %s %s", plural("volume", "volumes", names.count), quote_all(&names),
                           plural("uses", "use", names.count),
                           plural("restricted volume type", "restricted volume types", types.count), quote_all(&types)));
    g_free(names.items);
    g_free(types.items);
}

static void
check_non_root(Review *review)
{
    const Value *own = pod_context(review, "runAsNonRoot");
    gboolean is_pod = is_flag(own, FALSE);
    StrList saying = {0}, silent = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *flag = context_of(review->containers[i], "runAsNonRoot");

        if (is_flag(flag, FALSE))
            str_list_add(&saying, or_empty(review->containers[i]->name));
        else if (flag == NULL && !is_flag(own, TRUE))
            str_list_add(&silent, or_empty(review->containers[i]->name));
    }
    if (is_pod || saying.count > 0)
        report(review, "runAsNonRoot != true",
               str_internf("%s must not set securityContext.runAsNonRoot=false", name_setters(is_pod, &saying)));
    else if (silent.count > 0)
        report(review, "runAsNonRoot != true",
               str_internf("pod or %s must set securityContext.runAsNonRoot=true", name_containers(&silent)));
    g_free(saying.items);
    g_free(silent.items);
}

static gboolean
is_root(const Value *user)
{
    return user != NULL && user->type == VALUE_INT && user->integer == 0;
}

static void
check_user(Review *review)
{
    gboolean is_pod = is_root(pod_context(review, "runAsUser"));
    StrList names = {0};

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_root(context_of(review->containers[i], "runAsUser")))
            str_list_add(&names, or_empty(review->containers[i]->name));
    if (is_pod || names.count > 0)
        report(review, "runAsUser=0", str_internf("%s must not set runAsUser=0", name_setters(is_pod, &names)));
    g_free(names.items);
}

/* What is wrong is told of before what is missing. */
static void
check_seccomp_restricted(Review *review)
{
    gsize before = review->out->len;
    StrList silent = {0};

    if (is_windows(review))
        return;
    check_seccomp(review);
    for (guint i = 0; pod_context(review, "seccompProfile") == NULL && review->containers[i] != NULL; i++)
        if (context_of(review->containers[i], "seccompProfile") == NULL)
            str_list_add(&silent, or_empty(review->containers[i]->name));
    if (review->out->len == before && silent.count > 0)
        report(review, "seccompProfile",
               str_internf("pod or %s must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
                           name_containers(&silent)));
    g_free(silent.items);
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

/* By upstream's names of the checks, baseline first. @replaced: the restricted level has its own from that version on. */
static const struct {
    void (*check)(Review *review);
    PodLevel level;
    guint since, replaced;
} checks[] = {
    {check_app_armor, POD_BASELINE, 0, POD_LATEST},
    {check_capabilities, POD_BASELINE, 0, 22},
    {check_host_namespaces, POD_BASELINE, 0, POD_LATEST},
    {check_host_paths, POD_BASELINE, 0, 0},
    {check_host_ports, POD_BASELINE, 0, POD_LATEST},
    {check_hosts, POD_BASELINE, 34, POD_LATEST},
    {check_privileged, POD_BASELINE, 0, POD_LATEST},
    {check_proc_mount, POD_BASELINE, 0, POD_LATEST},
    {check_relabels, POD_BASELINE, 0, POD_LATEST},
    {check_seccomp, POD_BASELINE, 19, 19},
    {check_sysctls, POD_BASELINE, 0, POD_LATEST},
    {check_host_process, POD_BASELINE, 0, POD_LATEST},
    {check_escalation, POD_RESTRICTED, 8, POD_LATEST},
    {check_capabilities_restricted, POD_RESTRICTED, 22, POD_LATEST},
    {check_volumes, POD_RESTRICTED, 0, POD_LATEST},
    {check_non_root, POD_RESTRICTED, 0, POD_LATEST},
    {check_user, POD_RESTRICTED, 23, POD_LATEST},
    {check_seccomp_restricted, POD_RESTRICTED, 19, POD_LATEST},
};

static const Container **
list_containers(const PodSpec *spec)
{
    const Container **list = g_new0(const Container *, spec->init_containers.count + spec->containers.count + 1);
    guint n = 0;

    for (guint i = 0; i < spec->init_containers.count; i++)
        list[n++] = &spec->init_containers.items[i];
    for (guint i = 0; i < spec->containers.count; i++)
        list[n++] = &spec->containers.items[i];
    return list;
}

char *
pod_standard_violations(PodStandard standard, guint now, const StrMap *annotations, const PodSpec *spec, gboolean with_details)
{
    g_autofree const Container **containers = NULL;
    Review review = {spec, annotations, NULL, MIN(standard.minor, now), with_details, NULL};

    if (standard.level == POD_PRIVILEGED)
        return NULL;
    containers = list_containers(spec);
    review.containers = containers;
    review.out = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
        if (checks[i].level <= standard.level && review.minor >= checks[i].since &&
            (standard.level != POD_RESTRICTED || review.minor < checks[i].replaced))
            checks[i].check(&review);
    if (review.out->len > 0)
        return g_string_free(review.out, FALSE);
    g_string_free(review.out, TRUE);
    return NULL;
}

const char *
pod_standard_format(PodStandard standard)
{
    static const char *const names[] = {"privileged", "baseline", "restricted"};

    if (standard.minor == POD_LATEST)
        return str_internf("%s:latest", names[standard.level]);
    return str_internf("%s:v1.%u", names[standard.level], standard.minor);
}
