/*
 * service_account.c - every pod is somebody, and gets a token for it
 *
 * Models: v1.34 plugin/pkg/admission/serviceaccount: the default account, its
 * existence, the projected token volume and its mounts, image pull secrets.
 */

#include "apiserver/admission/admission.h"

#include "base/caches.h"

#define TOKEN_PATH    "/var/run/secrets/kubernetes.io/serviceaccount"
#define DEFAULT_TRIES 10

static ApiStatus *
refuse(const Admission *admission, const char *why)
{
    return api_status_forbidden(&pod_kind, admission->name == NULL ? "" : admission->name, why);
}

static gboolean
has_token_mount(const Container *container)
{
    for (guint i = 0; i < container->volume_mounts.count; i++)
        if (str_is(container->volume_mounts.items[i].mount_path, TOKEN_PATH))
            return TRUE;
    return FALSE;
}

static gboolean
mount_token(Container *container, const char *volume)
{
    if (has_token_mount(container))
        return FALSE;

    VolumeMount *mount = API_LIST_ADD(&container->volume_mounts);

    mount->name = volume;
    mount->mount_path = str_intern(TOKEN_PATH);
    mount->read_only = TRUE;
    return TRUE;
}

/* The volume as a document: what is read back from the API. */
static const char token_volume_json[] =
    "{\"projected\":{\"defaultMode\":420,\"sources\":["
    "{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},"
    "{\"configMap\":{\"name\":\"kube-root-ca.crt\","
    "\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}},"
    "{\"downwardAPI\":{\"items\":[{\"path\":\"namespace\","
    "\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}]}}";

static const ApiType *
find_volume_type(void)
{
    for (const ApiField *field = pod_spec_type.fields; field->name != NULL; field++)
        if (strcmp(field->name, "volumes") == 0)
            return field->message;
    g_assert_not_reached();
}

static void
add_token_volume(PodSpec *spec, const char *name)
{
    Volume *volume = API_LIST_ADD(&spec->volumes);
    g_autoptr(Value) tree = value_read_json(token_volume_json, sizeof token_volume_json - 1, NULL);
    ApiDecodeResult result = {0};
    gboolean is_good = api_struct_decode(find_volume_type(), volume, tree, "", &result);

    g_assert(is_good);
    api_decode_result_clear(&result);
    volume->name = name;
}

/* The volume of this kind that the pod brought itself, so that a pod sent twice keeps its name. */
static const char *
find_token_volume(const PodSpec *spec)
{
    for (guint i = 0; i < spec->volumes.count; i++)
        if (g_str_has_prefix(spec->volumes.items[i].name == NULL ? "" : spec->volumes.items[i].name,
                             "kube-api-access-"))
            return spec->volumes.items[i].name;
    return NULL;
}

static void
add_token(ApiServer *server, PodSpec *spec)
{
    const char *volume = find_token_volume(spec);
    gboolean has_volume = volume != NULL;
    gboolean is_mounted = FALSE;

    if (!has_volume)
        volume = str_internf("kube-api-access-%s", identity_suffix(server->admission_rng));
    for (guint i = 0; i < spec->init_containers.count; i++)
        is_mounted |= mount_token(&spec->init_containers.items[i], volume);
    for (guint i = 0; i < spec->containers.count; i++)
        is_mounted |= mount_token(&spec->containers.items[i], volume);
    if (is_mounted && !has_volume)
        add_token_volume(spec, volume);
}

static gboolean
wants_token(const PodSpec *spec, const ServiceAccountBody *account)
{
    if (spec->automount_service_account_token != OPT_UNSET)
        return spec->automount_service_account_token == OPT_TRUE;
    return account->automount_service_account_token != OPT_FALSE;
}

static void
copy_pull_secrets(PodSpec *spec, const ServiceAccountBody *account)
{
    if (spec->image_pull_secrets.count > 0)
        return;
    for (guint i = 0; i < account->image_pull_secrets.count; i++)
        API_LIST_ADD(&spec->image_pull_secrets)->name = account->image_pull_secrets.items[i].name;
}

/* Validate of a mirror pod, whose spec is the kubelet's: it is left as it is. */
static ApiStatus *
check_mirror(const Admission *admission)
{
    const PodSpec *spec = pod_spec(admission->object);

    if (!str_is_empty(spec->service_account_name))
        return refuse(admission, "a mirror pod may not reference service accounts");
    for (guint i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].secret != NULL)
            return refuse(admission, "a mirror pod may not reference secrets");
    return NULL;
}

/* A pod that needs nothing of its account but that it is there: the last one that was looked at is. */
static gboolean
is_known_account(const Admission *admission, const char *name)
{
    const Remembered *remembered = &admission->server->remembered;

    if (!admission->is_known || remembered->account.name != name ||
        remembered->account.namespace_ != admission->namespace_)
        return FALSE;
    g_assert(!caches_are_checked() ||
             admission_lookup(admission, &service_account_kind, admission->namespace_, name) != NULL);
    return TRUE;
}

static ApiStatus *
service_account_mutate(Admission *admission)
{
    if (str_map_get(&admission->object->meta->annotations, str_intern("kubernetes.io/config.mirror")) != NULL)
        return check_mirror(admission);

    const char *wanted = pod_spec(admission->object)->service_account_name;
    const char *name = str_is_empty(wanted) ? str_intern("default") : wanted;
    const ApiObject *account;

    if (is_known_account(admission, name))
        return NULL;
    account = admission_lookup(admission, &service_account_kind, admission->namespace_, name);
    if (account == NULL) {
        guint tries = str_is(name, "default") ? DEFAULT_TRIES : 1;

        if (admission->attempt < tries) {
            admission->wait_ns = str_is(name, "default") && admission->attempt > 0
                                     ? rng_between_ns(admission->server->admission_rng,
                                                      100 * NS_PER_MS, 200 * NS_PER_MS)
                                     : 1;
            admission->is_live = TRUE;
            return NULL;
        }
        return refuse(admission, str_internf("error looking up service account %s/%s: "
                                             "serviceaccount \"%s\" not found",
                                             admission->namespace_, name, name));
    }

    if (admission->attempt == 0) {
        admission->server->remembered.account.namespace_ = admission->namespace_;
        admission->server->remembered.account.name = name;
    }
    if (admission->is_known)
        return NULL;

    PodSpec *spec = api_edit_spec(admission->object);

    spec->service_account_name = name;
    spec->deprecated_service_account = name;
    if (wants_token(spec, account->body))
        add_token(admission->server, spec);
    copy_pull_secrets(spec, account->body);
    return NULL;
}

static gboolean
service_account_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return kind == &pod_kind && operation == ADMISSION_CREATE && !is_of_part;
}

const AdmissionPlugin service_account_plugin = {
    .name = "ServiceAccount",
    .looks_at = service_account_looks_at,
    .mutate = service_account_mutate,
};
