/* pod_baseline.c - what the level baseline of the Pod Security Standards forbids; see pod_review.h */

#include "apiserver/admission/pod_review.h"

#include "api/validate.h"

#include <string.h>

#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"

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
    const Value *own = review_pod_context(review, key);
    gboolean is_pod = own != NULL && !is_fine_profile(own);

    if (is_pod)
        review_add_once(types, value_get_string(own, "type", ""));
    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *profile = review_context(review->containers[i], key);

        if (profile == NULL || is_fine_profile(profile))
            continue;
        str_list_add(names, str_or_empty(review->containers[i]->name));
        review_add_once(types, value_get_string(profile, "type", ""));
    }
    return is_pod;
}

static void
find_bad_annotations(const Review *review, StrList *found)
{
    for (guint i = 0; i < review->annotations->count; i++) {
        const char *key = review->annotations->items[i].key;
        const char *text = str_or_empty(review->annotations->items[i].value);

        if (g_str_has_prefix(key, APP_ARMOR_PREFIX) && text[0] != '\0' && strcmp(text, "runtime/default") != 0 &&
            !g_str_has_prefix(text, "localhost/"))
            review_add_once(found, str_internf("%s=%s", key, api_quote(text)));
    }
}

void
pod_check_app_armor(Review *review)
{
    StrList names = {0}, types = {0}, annotations = {0}, setters = {0};

    if (find_bad_profiles(review, "appArmorProfile", &names, &types))
        str_list_add(&setters, "pod");
    if (names.count > 0)
        str_list_add(&setters, review_name_containers(&names));
    find_bad_annotations(review, &annotations);
    if (annotations.count > 0)
        str_list_add(&setters, review_plural("annotation", "annotations", annotations.count));
    for (guint i = 0; i < annotations.count; i++)
        str_list_add(&types, annotations.items[i]);
    if (setters.count > 0)
        review_report(review, review_plural("forbidden AppArmor profile", "forbidden AppArmor profiles", types.count),
               str_internf("%s must not set AppArmor profile type to %s", review_join(&setters, " and "), review_quote(&types)));
    g_free(names.items);
    g_free(types.items);
    g_free(annotations.items);
    g_free(setters.items);
}

void
pod_check_capabilities(Review *review)
{
    static const char *const allowed[] = {"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE",     "FOWNER", "FSETID",
                                          "KILL",        "MKNOD",   "NET_BIND_SERVICE", "SETFCAP", "SETGID",
                                          "SETPCAP",     "SETUID",  "SYS_CHROOT",       NULL};
    StrList names = {0}, added = {0};

    review_find_added(review, allowed, &names, &added);
    if (names.count > 0)
        review_report(review, "non-default capabilities", review_describe_added(&names, &added));
    g_free(names.items);
    g_free(added.items);
}

void
pod_check_host_namespaces(Review *review)
{
    StrList shared = {0};

    if (review->spec->host_network)
        str_list_add(&shared, "hostNetwork=true");
    if (review->spec->host_pid)
        str_list_add(&shared, "hostPID=true");
    if (review->spec->host_ipc)
        str_list_add(&shared, "hostIPC=true");
    if (shared.count > 0)
        review_report(review, "host namespaces", review_join(&shared, ", "));
    g_free(shared.items);
}

void
pod_check_host_paths(Review *review)
{
    StrList names = {0};

    for (guint i = 0; i < review->spec->volumes.count; i++)
        if (review->spec->volumes.items[i].host_path != NULL)
            str_list_add(&names, str_or_empty(review->spec->volumes.items[i].name));
    if (names.count > 0)
        review_report(review, "hostPath volumes", str_internf("%s %s", review_plural("volume", "volumes", names.count), review_quote(&names)));
    g_free(names.items);
}

void
pod_check_host_ports(Review *review)
{
    StrList names = {0}, ports = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Container *container = review->containers[i];
        gboolean is_bad = FALSE;

        for (guint j = 0; j < container->ports.count; j++) {
            if (container->ports.items[j].host_port == 0)
                continue;
            is_bad = TRUE;
            review_add_once(&ports, str_internf("%d", container->ports.items[j].host_port));
        }
        if (is_bad)
            str_list_add(&names, str_or_empty(container->name));
    }
    if (names.count > 0)
        review_report(review, "hostPort",
               str_internf("%s %s %s %s", review_name_containers(&names), review_plural("uses", "use", names.count),
                           review_plural("hostPort", "hostPorts", ports.count), review_join(&ports, ", ")));
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

void
pod_check_hosts(Review *review)
{
    StrList names = {0}, all = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        StrList hosts = {0};

        find_hosts(review->containers[i], &hosts);
        if (hosts.count > 0)
            review_add_once(&names, review->containers[i]->name);
        for (guint j = 0; j < hosts.count; j++)
            review_add_once(&all, hosts.items[j]);
        g_free(hosts.items);
    }
    if (names.count > 0)
        review_report(review, "probe or lifecycle host",
               str_internf("%s %s %s %s", review_name_containers(&names), review_plural("uses", "use", names.count),
                           review_plural("probe or lifecycle host", "probe or lifecycle hosts", all.count), review_quote(&all)));
    g_free(names.items);
    g_free(all.items);
}

void
pod_check_privileged(Review *review)
{
    StrList names = {0};

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (review_is_flag(review_context(review->containers[i], "privileged"), TRUE))
            str_list_add(&names, str_or_empty(review->containers[i]->name));
    if (names.count > 0)
        review_report(review, "privileged", str_internf("%s must not set securityContext.privileged=true", review_name_containers(&names)));
    g_free(names.items);
}

void
pod_check_proc_mount(Review *review)
{
    StrList names = {0}, types = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *type = review_context(review->containers[i], "procMount");

        if (type == NULL || str_is(type->text, "Default"))
            continue;
        str_list_add(&names, str_or_empty(review->containers[i]->name));
        review_add_once(&types, type->text);
    }
    if (names.count > 0)
        review_report(review, "procMount",
               str_internf("%s must not set securityContext.procMount to %s", review_name_containers(&names), review_quote(&types)));
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
        review_add_once(&found->types, type);
    found->has_user |= has_user;
    found->has_role |= has_role;
    return !is_fine || has_user || has_role;
}

void
pod_check_relabels(Review *review)
{
    StrList names = {0}, data = {0};
    Relabels found = {0};
    gboolean is_pod = is_bad_relabel(review, review_pod_context(review, "seLinuxOptions"), &found);

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_bad_relabel(review, review_context(review->containers[i], "seLinuxOptions"), &found))
            str_list_add(&names, str_or_empty(review->containers[i]->name));
    if (found.types.count > 0)
        str_list_add(&data, str_internf("%s %s", review_plural("type", "types", found.types.count), review_quote(&found.types)));
    if (found.has_user)
        str_list_add(&data, "user may not be set");
    if (found.has_role)
        str_list_add(&data, "role may not be set");
    if (is_pod || names.count > 0)
        review_report(review, "seLinuxOptions",
               str_internf("%s set forbidden securityContext.seLinuxOptions: %s", review_name_setters(is_pod, &names), review_join(&data, "; ")));
    g_free(names.items);
    g_free(data.items);
    g_free(found.types.items);
}

void
pod_check_seccomp(Review *review)
{
    StrList names = {0}, types = {0};
    gboolean is_pod = find_bad_profiles(review, "seccompProfile", &names, &types);

    if (is_pod || names.count > 0)
        review_report(review, "seccompProfile",
               str_internf("%s must not set securityContext.seccompProfile.type to %s", review_name_setters(is_pod, &names),
                           review_quote(&types)));
    g_free(names.items);
    g_free(types.items);
}

void
pod_check_sysctls(Review *review)
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
    const Value *list = review_pod_context(review, "sysctls");
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
        review_report(review, "forbidden sysctls", review_join(&found, ", "));
    g_free(found.items);
}

void
pod_check_host_process(Review *review)
{
    StrList names = {0};
    gboolean is_pod = review_is_flag(value_get(review_pod_context(review, "windowsOptions"), "hostProcess"), TRUE);

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (review_is_flag(value_get(review_context(review->containers[i], "windowsOptions"), "hostProcess"), TRUE))
            str_list_add(&names, str_or_empty(review->containers[i]->name));
    if (is_pod || names.count > 0)
        review_report(review, "hostProcess",
               str_internf("%s must not set securityContext.windowsOptions.hostProcess=true", review_name_setters(is_pod, &names)));
    g_free(names.items);
}
