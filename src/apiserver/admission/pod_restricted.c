/* pod_restricted.c - what the level restricted of the Pod Security Standards forbids besides; see pod_review.h */

#include "apiserver/admission/pod_review.h"

#include <string.h>

void
pod_check_escalation(Review *review)
{
    StrList names = {0};

    for (guint i = 0; !review_is_windows(review) && review->containers[i] != NULL; i++)
        if (!review_is_flag(review_context(review->containers[i], "allowPrivilegeEscalation"), FALSE))
            str_list_add(&names, str_or_empty(review->containers[i]->name));
    if (names.count > 0)
        review_report(review, "allowPrivilegeEscalation != false",
               str_internf("%s must set securityContext.allowPrivilegeEscalation=false", review_name_containers(&names)));
    g_free(names.items);
}

static gboolean
drops_all(const Container *container)
{
    const Value *list = value_get(review_context(container, "capabilities"), "drop");

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (str_is(list->items[i]->text, "ALL"))
            return TRUE;
    return FALSE;
}

void
pod_check_capabilities_restricted(Review *review)
{
    static const char *const allowed[] = {"NET_BIND_SERVICE", NULL};
    StrList keeping = {0}, adding = {0}, added = {0}, details = {0};

    for (guint i = 0; !review_is_windows(review) && review->containers[i] != NULL; i++)
        if (!drops_all(review->containers[i]))
            str_list_add(&keeping, str_or_empty(review->containers[i]->name));
    if (!review_is_windows(review))
        review_find_added(review, allowed, &adding, &added);
    if (keeping.count > 0)
        str_list_add(&details,
                     str_internf("%s must set securityContext.capabilities.drop=[\"ALL\"]", review_name_containers(&keeping)));
    if (adding.count > 0)
        str_list_add(&details, review_describe_added(&adding, &added));
    if (details.count > 0)
        review_report(review, "unrestricted capabilities", review_join(&details, "; "));
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

void
pod_check_volumes(Review *review)
{
    StrList names = {0}, types = {0};

    for (guint i = 0; i < review->spec->volumes.count; i++) {
        const Volume *volume = &review->spec->volumes.items[i];
        const char *type = restricted_type(volume);

        if (type == NULL)
            continue;
        str_list_add(&names, str_or_empty(volume->name));
        review_add_once(&types, type);
    }
    if (names.count > 0)
        review_report(review, "restricted volume types",
               str_internf("%s %s %s %s %s", review_plural("volume", "volumes", names.count), review_quote(&names),
                           review_plural("uses", "use", names.count),
                           review_plural("restricted volume type", "restricted volume types", types.count), review_quote(&types)));
    g_free(names.items);
    g_free(types.items);
}

void
pod_check_non_root(Review *review)
{
    const Value *own = review_pod_context(review, "runAsNonRoot");
    gboolean is_pod = review_is_flag(own, FALSE);
    StrList saying = {0}, silent = {0};

    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *flag = review_context(review->containers[i], "runAsNonRoot");

        if (review_is_flag(flag, FALSE))
            str_list_add(&saying, str_or_empty(review->containers[i]->name));
        else if (flag == NULL && !review_is_flag(own, TRUE))
            str_list_add(&silent, str_or_empty(review->containers[i]->name));
    }
    if (is_pod || saying.count > 0)
        review_report(review, "runAsNonRoot != true",
               str_internf("%s must not set securityContext.runAsNonRoot=false", review_name_setters(is_pod, &saying)));
    else if (silent.count > 0)
        review_report(review, "runAsNonRoot != true",
               str_internf("pod or %s must set securityContext.runAsNonRoot=true", review_name_containers(&silent)));
    g_free(saying.items);
    g_free(silent.items);
}

static gboolean
is_root(const Value *user)
{
    return user != NULL && user->type == VALUE_INT && user->integer == 0;
}

void
pod_check_user(Review *review)
{
    gboolean is_pod = is_root(review_pod_context(review, "runAsUser"));
    StrList names = {0};

    for (guint i = 0; review->containers[i] != NULL; i++)
        if (is_root(review_context(review->containers[i], "runAsUser")))
            str_list_add(&names, str_or_empty(review->containers[i]->name));
    if (is_pod || names.count > 0)
        review_report(review, "runAsUser=0", str_internf("%s must not set runAsUser=0", review_name_setters(is_pod, &names)));
    g_free(names.items);
}

/* What is wrong is told of before what is missing. */
void
pod_check_seccomp_restricted(Review *review)
{
    gsize before = review->out->len;
    StrList silent = {0};

    if (review_is_windows(review))
        return;
    pod_check_seccomp(review);
    for (guint i = 0; review_pod_context(review, "seccompProfile") == NULL && review->containers[i] != NULL; i++)
        if (review_context(review->containers[i], "seccompProfile") == NULL)
            str_list_add(&silent, str_or_empty(review->containers[i]->name));
    if (review->out->len == before && silent.count > 0)
        review_report(review, "seccompProfile",
               str_internf("pod or %s must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
                           review_name_containers(&silent)));
    g_free(silent.items);
}
