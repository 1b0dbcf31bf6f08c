/*
 * Validation of volumes of storage systems that few have left; all of them are kept as trees.
 *
 * Models: v1.34 pkg/apis/core/validation: what validateVolumeSource asks of each. The cursor stands on the source.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

#define MAX_TENANT 64
#define REGISTRY_MESSAGE "must be a host:port pair or multiple pairs separated by commas"

static void
need_text(ApiErrors *errors, const Value *source, const char *key)
{
    if (value_get_string(source, key, "")[0] == '\0')
        field_required(errors, key, NULL);
}

static void
need_items(ApiErrors *errors, const Value *source, const char *key)
{
    const Value *list = value_get(source, key);

    if (list == NULL || list->count == 0)
        field_required(errors, key, NULL);
}

static void
need_secret_name(ApiErrors *errors, const Value *source)
{
    const Value *secret = value_get(source, "secretRef");

    if (secret != NULL && value_get_string(secret, "name", "")[0] == '\0')
        field_required(errors, "secretRef.name", NULL);
}

static void
check_partition(ApiErrors *errors, const Value *source)
{
    gint64 partition = value_get_int(source, "partition", 0);

    if (partition < 0 || partition > 255)
        field_invalid_int(errors, "partition", partition, "must be between 1 and 255, inclusive");
}

void
check_gce_disk(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "pdName");
    check_partition(errors, source);
}

void
check_aws_disk(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "volumeID");
    check_partition(errors, source);
}

void
check_glusterfs(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "endpoints");
    need_text(errors, source, "path");
}

void
check_flocker(ApiErrors *errors, const Value *source)
{
    const char *name = value_get_string(source, "datasetName", "");
    gboolean has_uuid = value_get_string(source, "datasetUUID", "")[0] != '\0';

    if (name[0] == '\0' && !has_uuid)
        field_required(errors, NULL, "one of datasetName and datasetUUID is required");
    if (name[0] != '\0' && has_uuid)
        field_invalid_string(errors, NULL, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    if (strchr(name, '/') != NULL)
        field_invalid_string(errors, "datasetName", name, "must not contain '/'");
}

void
check_rbd(ApiErrors *errors, const Value *source)
{
    need_items(errors, source, "monitors");
    need_text(errors, source, "image");
}

void
check_cinder(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "volumeID");
    need_secret_name(errors, source);
}

void
check_cephfs(ApiErrors *errors, const Value *source)
{
    need_items(errors, source, "monitors");
}

/* net.SplitHostPort */
static gboolean
is_host_and_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    gsize length = colon == NULL ? 0 : (gsize)(colon - text);

    if (colon == NULL)
        return FALSE;
    if (text[0] == '[')
        return length > 0 && text[length - 1] == ']';
    return memchr(text, ':', length) == NULL && strpbrk(text, "[]") == NULL;
}

void
check_quobyte(ApiErrors *errors, const Value *source)
{
    const char *registry = value_get_string(source, "registry", "");
    g_auto(GStrv) pairs = g_strsplit(registry, ",", -1);

    if (registry[0] == '\0')
        field_required(errors, "registry", REGISTRY_MESSAGE);
    else if (strlen(value_get_string(source, "tenant", "")) > MAX_TENANT)
        field_required(errors, "tenant", "must be a UUID and may not exceed a length of 64 characters");
    else
        for (guint i = 0; pairs[i] != NULL; i++)
            if (!is_host_and_port(pairs[i]))
                field_invalid_string(errors, "registry", registry, REGISTRY_MESSAGE);
    need_text(errors, source, "volume");
}

void
check_flex_volume(ApiErrors *errors, const Value *source)
{
    const Value *options = value_get(source, "options");

    need_text(errors, source, "driver");
    for (guint i = 0; options != NULL && i < options->count; i++) {
        const char *key = options->keys[i];
        const char *slash = strchr(key, '/');
        g_autofree char *head = slash == NULL ? g_strdup(key) : g_strndup(key, (gsize)(slash - key));
        g_autofree char *lower = g_ascii_strdown(head, -1);
        g_autofree char *dotted = g_strconcat(".", lower, NULL);

        if (g_str_has_suffix(dotted, ".kubernetes.io") || g_str_has_suffix(dotted, ".k8s.io"))
            field_invalid_string(errors, str_internf("options[%s]", key), key,
                                 "kubernetes.io and k8s.io namespaces are reserved");
    }
}

void
check_azure_file(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "secretName");
    need_text(errors, source, "shareName");
}

void
check_azure_disk(ApiErrors *errors, const Value *source)
{
    static const char *const caching[] = {"None", "ReadOnly", "ReadWrite", NULL};
    static const char *const kinds[] = {"Dedicated", "Managed", "Shared", NULL};
    static const char *const managed[] =
        {"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}", NULL};
    static const char *const blob[] = {"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd", NULL};
    const char *mode = value_get_string(source, "cachingMode", NULL);
    const char *kind = value_get_string(source, "kind", NULL);
    const char *uri = value_get_string(source, "diskURI", "");
    gboolean is_managed = kind != NULL && strcmp(kind, "Managed") == 0;

    need_text(errors, source, "diskName");
    need_text(errors, source, "diskURI");
    if (mode != NULL && !g_strv_contains(caching, mode))
        field_not_supported(errors, "cachingMode", mode, caching);
    if (kind != NULL && !g_strv_contains(kinds, kind))
        field_not_supported(errors, "kind", kind, kinds);
    if (is_managed && !g_str_has_prefix(uri, "/subscriptions/"))
        field_not_supported(errors, "diskURI", uri, managed);
    if (kind != NULL && !is_managed && !g_str_has_prefix(uri, "https://"))
        field_not_supported(errors, "diskURI", uri, blob);
}

void
check_vsphere_volume(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "volumePath");
}

void
check_photon_disk(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "pdID");
}

void
check_portworx_volume(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "volumeID");
}

void
check_scale_io(ApiErrors *errors, const Value *source)
{
    need_text(errors, source, "gateway");
    need_text(errors, source, "system");
    need_text(errors, source, "volumeName");
}

void
check_storageos(ApiErrors *errors, const Value *source)
{
    const char *name = value_get_string(source, "volumeName", "");
    const char *namespace_ = value_get_string(source, "volumeNamespace", "");

    if (name[0] == '\0')
        field_required(errors, "volumeName", NULL);
    else
        check_name(errors, "volumeName", NAME_DNS_LABEL, name);
    if (namespace_[0] != '\0')
        check_name(errors, "volumeNamespace", NAME_DNS_LABEL, namespace_);
    need_secret_name(errors, source);
}
