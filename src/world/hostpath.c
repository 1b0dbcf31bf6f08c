/* hostpath.c - what is on a machine's own disk, as far as volumes of type hostPath ask */

#include "world/rt.h"

/* Assumed: a Debian machine with containerd and a kubelet. */
static const char *const directories[] = {
    "/bin",         "/boot",    "/dev",  "/etc/cni/net.d", "/etc/kubernetes/manifests", "/etc/ssl/certs", "/home",
    "/lib/modules", "/media",   "/mnt",  "/opt/cni/bin",   "/proc",                     "/root",          "/run/containerd",
    "/sbin",        "/srv",     "/sys",  "/tmp",           "/usr/local",                "/usr/share",     "/usr/src",
    "/var/lib/cni", "/var/tmp", "/var/lib/containerd",     "/var/lib/kubelet/pods",     "/var/log/pods",  "/var/log/containers",
    "/var/run",
};
static const char *const files[] = {
    "/etc/hostname", "/etc/hosts", "/etc/localtime", "/etc/machine-id", "/etc/os-release", "/etc/passwd", "/etc/resolv.conf",
};
/* Neither files nor directories, so not in the tree. */
static const char *const sockets[] = {"/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"};
static const char *const devices[] = {"/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"};

void
host_files_fill(FsTree *tree)
{
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
        fs_tree_add_dir(tree, directories[i]);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++)
        fs_tree_write(tree, files[i], "");
}

static gboolean
is_one_of(const char *const *paths, guint count, const char *path)
{
    for (guint i = 0; i < count; i++)
        if (strcmp(paths[i], path) == 0)
            return TRUE;
    return FALSE;
}

static const char *
is_no(const char *path, const char *what)
{
    return str_internf("hostPath type check failed: %s is not %s", path, what);
}

/* v1.34 pkg/volume/hostpath/host_path.go, checkTypeInternal. */
const char *
runtime_check_host_path(Runtime *runtime, const char *path, const char *type)
{
    g_autofree char *full = fs_join("/", path);
    const FsNode *node = fs_tree_get(runtime->host_files, full);
    gboolean is_socket = is_one_of(sockets, G_N_ELEMENTS(sockets), full);
    gboolean is_device = is_one_of(devices, G_N_ELEMENTS(devices), full);
    gboolean may_be_made = g_str_has_suffix(type, "OrCreate") && node == NULL && !is_socket && !is_device;

    if (g_str_has_prefix(type, "Directory")) {
        if (may_be_made)
            fs_tree_add_dir(runtime->host_files, full);
        return may_be_made || (node != NULL && node->is_dir) ? NULL : is_no(path, "a directory");
    }
    if (g_str_has_prefix(type, "File")) {
        if (may_be_made)
            fs_tree_write(runtime->host_files, full, "");
        /* All that is there and no directory. */
        return may_be_made || is_socket || is_device || (node != NULL && !node->is_dir) ? NULL : is_no(path, "a file");
    }
    if (str_is(type, "Socket"))
        return is_socket ? NULL : is_no(path, "a socket file");
    if (str_is(type, "CharDevice"))
        return is_device ? NULL : is_no(path, "a character device");
    return str_is(type, "BlockDevice") ? is_no(path, "a block device") : NULL;
}
