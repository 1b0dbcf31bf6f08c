/*
 * flag_owners.c - which flags a command has that shares its verb with others
 *
 * Models: what k8s.io/kubectl v0.33 lists with --help, of each of its commands; the program's own flags go with all.
 */

#include "kubectl/flag_owners.h"

/* clang-format off */
static const struct {
    const char *command, *flags;
} owners[] = {
    {"apply", " all allow-missing-template-keys cascade dry-run field-manager filename force force-conflicts "
     "grace-period kustomize openapi-patch output overwrite prune prune-allowlist recursive selector server-side "
     "show-managed-fields subresource template timeout validate wait "},
    {"apply edit-last-applied", " allow-missing-template-keys field-manager filename kustomize output recursive "
     "show-managed-fields template validate windows-line-endings "},
    {"apply set-last-applied", " allow-missing-template-keys create-annotation dry-run filename output "
     "show-managed-fields template "},
    {"apply view-last-applied", " all filename kustomize output recursive selector "},
    {"attach", " container pod-running-timeout quiet stdin tty "},
    {"auth", " "},
    {"auth can-i", " all-namespaces list no-headers quiet subresource "},
    {"auth reconcile", " allow-missing-template-keys dry-run filename kustomize output recursive "
     "remove-extra-permissions remove-extra-subjects show-managed-fields template "},
    {"auth whoami", " allow-missing-template-keys output show-managed-fields template "},
    {"cluster-info", " "},
    {"cluster-info dump", " all-namespaces allow-missing-template-keys namespaces output output-directory "
     "pod-running-timeout show-managed-fields template "},
    {"config", " "},
    {"config current-context", " "},
    {"config delete-cluster", " "},
    {"config delete-context", " "},
    {"config delete-user", " "},
    {"config get-clusters", " "},
    {"config get-contexts", " no-headers output "},
    {"config get-users", " "},
    {"config rename-context", " "},
    {"config set", " set-raw-bytes "},
    {"config set-cluster", " certificate-authority embed-certs insecure-skip-tls-verify proxy-url server "
     "tls-server-name "},
    {"config set-context", " cluster current namespace user "},
    {"config set-credentials", " auth-provider auth-provider-arg client-certificate client-key embed-certs "
     "exec-api-version exec-arg exec-command exec-env exec-interactive-mode exec-provide-cluster-info password "
     "token username "},
    {"config unset", " "},
    {"config use-context", " "},
    {"config view", " allow-missing-template-keys flatten merge minify output raw show-managed-fields template "},
    {"cp", " container no-preserve retries "},
    {"create", " allow-missing-template-keys dry-run edit field-manager filename kustomize output raw recursive "
     "save-config selector show-managed-fields template validate windows-line-endings "},
    {"create clusterrole", " aggregation-rule allow-missing-template-keys dry-run field-manager non-resource-url "
     "output resource resource-name save-config show-managed-fields template validate verb "},
    {"create clusterrolebinding", " allow-missing-template-keys clusterrole dry-run field-manager group output "
     "save-config serviceaccount show-managed-fields template user validate "},
    {"create configmap", " allow-missing-template-keys append-hash dry-run field-manager from-env-file from-file "
     "from-literal output save-config show-managed-fields template validate "},
    {"create cronjob", " allow-missing-template-keys dry-run field-manager image output restart save-config "
     "schedule show-managed-fields template validate "},
    {"create deployment", " allow-missing-template-keys dry-run field-manager image output port replicas "
     "save-config show-managed-fields template validate "},
    {"create ingress", " allow-missing-template-keys annotation class default-backend dry-run field-manager output "
     "rule save-config show-managed-fields template validate "},
    {"create job", " allow-missing-template-keys dry-run field-manager from image output save-config "
     "show-managed-fields template validate "},
    {"create namespace", " allow-missing-template-keys dry-run field-manager output save-config "
     "show-managed-fields template validate "},
    {"create poddisruptionbudget", " allow-missing-template-keys dry-run field-manager max-unavailable "
     "min-available output save-config selector show-managed-fields template validate "},
    {"create priorityclass", " allow-missing-template-keys description dry-run field-manager global-default output "
     "preemption-policy save-config show-managed-fields template validate value "},
    {"create quota", " allow-missing-template-keys dry-run field-manager hard output save-config scopes "
     "show-managed-fields template validate "},
    {"create role", " allow-missing-template-keys dry-run field-manager output resource resource-name save-config "
     "show-managed-fields template validate verb "},
    {"create rolebinding", " allow-missing-template-keys clusterrole dry-run field-manager group output role "
     "save-config serviceaccount show-managed-fields template user validate "},
    {"create secret", " "},
    {"create secret docker-registry", " allow-missing-template-keys append-hash docker-email docker-password "
     "docker-server docker-username dry-run field-manager from-file output save-config show-managed-fields "
     "template validate "},
    {"create secret generic", " allow-missing-template-keys append-hash dry-run field-manager from-env-file "
     "from-file from-literal output save-config show-managed-fields template type validate "},
    {"create secret tls", " allow-missing-template-keys append-hash cert dry-run field-manager key output "
     "save-config show-managed-fields template validate "},
    {"create service", " "},
    {"create service clusterip", " allow-missing-template-keys clusterip dry-run field-manager output save-config "
     "show-managed-fields tcp template validate "},
    {"create service externalname", " allow-missing-template-keys dry-run external-name field-manager output "
     "save-config show-managed-fields tcp template validate "},
    {"create service loadbalancer", " allow-missing-template-keys dry-run field-manager output save-config "
     "show-managed-fields tcp template validate "},
    {"create service nodeport", " allow-missing-template-keys dry-run field-manager node-port output save-config "
     "show-managed-fields tcp template validate "},
    {"create serviceaccount", " allow-missing-template-keys dry-run field-manager output save-config "
     "show-managed-fields template validate "},
    {"create token", " allow-missing-template-keys audience bound-object-kind bound-object-name bound-object-uid "
     "duration output show-managed-fields template "},
    {"exec", " container filename pod-running-timeout quiet stdin tty "},
    {"patch", " allow-missing-template-keys dry-run field-manager filename kustomize local output patch patch-file "
     "recursive show-managed-fields subresource template type "},
    {"rollout", " "},
    {"rollout history", " allow-missing-template-keys filename kustomize output recursive revision selector "
     "show-managed-fields template "},
    {"rollout pause", " allow-missing-template-keys field-manager filename kustomize output recursive selector "
     "show-managed-fields template "},
    {"rollout restart", " allow-missing-template-keys field-manager filename kustomize output recursive selector "
     "show-managed-fields template "},
    {"rollout resume", " allow-missing-template-keys field-manager filename kustomize output recursive selector "
     "show-managed-fields template "},
    {"rollout status", " filename kustomize recursive revision selector timeout watch "},
    {"rollout undo", " allow-missing-template-keys dry-run filename kustomize output recursive selector "
     "show-managed-fields template to-revision "},
    {"set", " "},
    {"set env", " all allow-missing-template-keys containers dry-run env field-manager filename from keys "
     "kustomize list local output overwrite prefix recursive resolve selector show-managed-fields template "},
    {"set image", " all allow-missing-template-keys dry-run field-manager filename kustomize local output "
     "recursive selector show-managed-fields template "},
    {"set resources", " all allow-missing-template-keys containers dry-run field-manager filename kustomize limits "
     "local output recursive requests selector show-managed-fields template "},
    {"set selector", " all allow-missing-template-keys dry-run field-manager filename local output recursive "
     "resource-version show-managed-fields template "},
    {"set serviceaccount", " all allow-missing-template-keys dry-run field-manager filename kustomize local output "
     "recursive show-managed-fields template "},
    {"set subject", " all allow-missing-template-keys dry-run field-manager filename group kustomize local output "
     "recursive selector serviceaccount show-managed-fields template user "},
    {"top", " "},
    {"top node", " no-headers selector show-capacity sort-by use-protocol-buffers "},
    {"top pod", " all-namespaces containers field-selector no-headers selector sort-by sum use-protocol-buffers "},
    {"wait", " all all-namespaces allow-missing-template-keys field-selector filename for local output recursive "
     "selector show-managed-fields template timeout "},
};
/* clang-format on */

gboolean
flag_owners_have(const char *path, const char *flag)
{
    static const char *const program[] = {"as",   "as-group",   "cluster",         "context", "help",
                                          "kubeconfig", "namespace", "request-timeout", "user",    "v", NULL};
    g_autofree char *word = NULL;

    if (g_strv_contains(program, flag))
        return TRUE;
    word = g_strconcat(" ", flag, " ", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(owners); i++)
        if (str_is(owners[i].command, path))
            return strstr(owners[i].flags, word) != NULL;
    return TRUE;
}
