/*
 * Validation of the annotations of pods and templates that mean something to the API server.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidatePodSpecificAnnotations, ValidatePodSpecificAnnotationUpdates,
 * validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

#define MIRROR           "kubernetes.io/config.mirror"
#define DELETION_COST    "controller.kubernetes.io/pod-deletion-cost"
#define SECCOMP_POD      "seccomp.security.alpha.kubernetes.io/pod"
#define SECCOMP_PREFIX   "container.seccomp.security.alpha.kubernetes.io/"
#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define LOCAL_PREFIX     "localhost/"

static gboolean
is_deletion_cost(const char *text)
{
    gboolean has_good_start = text[0] == '-' || (text[0] >= '1' && text[0] <= '9') || strcmp(text, "0") == 0;

    return has_good_start && g_ascii_string_to_signed(text, 10, G_MININT32, G_MAXINT32, NULL, NULL);
}

/* ValidateSeccompProfile: the annotation is a step of the path, not a key of it */
static void
check_seccomp(ApiErrors *errors, const char *key, const char *value)
{
    const char *child = str_internf("annotations.%s", key);

    if (g_str_has_prefix(value, LOCAL_PREFIX))
        check_local_path(errors, child, value + strlen(LOCAL_PREFIX));
    else if (strcmp(value, "runtime/default") != 0 && strcmp(value, "docker/default") != 0 && strcmp(value, "unconfined") != 0)
        field_invalid_string(errors, child, value, "must be a valid seccomp profile");
}

static gboolean
has_container(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->containers.count; i++)
        if (strcmp(str_or_empty(spec->containers.items[i].name), name) == 0)
            return TRUE;
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (strcmp(str_or_empty(spec->init_containers.items[i].name), name) == 0)
            return TRUE;
    return FALSE;
}

static void
check_app_armor(ApiErrors *errors, const char *key, const char *value, const PodSpec *spec)
{
    const char *child = str_internf("annotations[%s]", key);
    const char *name = key + strlen(APP_ARMOR_PREFIX);

    if (!has_container(spec, name))
        field_invalid_string(errors, child, name, "container not found");
    if (value[0] != '\0' && strcmp(value, "runtime/default") != 0 && strcmp(value, "unconfined") != 0 &&
        !g_str_has_prefix(value, LOCAL_PREFIX))
        field_invalid_string(errors, child, value, str_internf("invalid AppArmor profile name: %s", api_quote(value)));
}

void
check_pod_annotations(ApiErrors *errors, const StrMap *annotations, const PodSpec *spec)
{
    const char *mirror = str_map_get(annotations, str_intern(MIRROR));
    const char *cost = str_map_get(annotations, str_intern(DELETION_COST));

    if (mirror != NULL && str_is_empty(spec->node_name))
        field_invalid_string(errors, "annotations[" MIRROR "]", mirror,
                             "must set spec.nodeName if mirror pod annotation is set");
    if (cost != NULL && !is_deletion_cost(cost))
        field_invalid_string(errors, "annotations[" DELETION_COST "]", cost, "must be a 32bit integer");
    if (str_map_get(annotations, str_intern(SECCOMP_POD)) != NULL)
        check_seccomp(errors, SECCOMP_POD, str_map_get(annotations, str_intern(SECCOMP_POD)));
    for (guint i = 0; i < annotations->count; i++)
        if (g_str_has_prefix(annotations->items[i].key, SECCOMP_PREFIX))
            check_seccomp(errors, annotations->items[i].key, str_or_empty(annotations->items[i].value));
    for (guint i = 0; i < annotations->count; i++)
        if (g_str_has_prefix(annotations->items[i].key, APP_ARMOR_PREFIX))
            check_app_armor(errors, annotations->items[i].key, str_or_empty(annotations->items[i].value), spec);
}

void
check_pod_annotations_update(ApiErrors *errors, const StrMap *annotations, const StrMap *old)
{
    for (guint i = 0; i < old->count; i++) {
        const char *key = old->items[i].key;
        const char *child = str_internf("annotations[%s]", key);
        const char *now = str_map_get(annotations, key);

        if (now != NULL && str_is(now, str_or_empty(old->items[i].value)))
            continue;
        if (g_str_has_prefix(key, APP_ARMOR_PREFIX))
            field_forbidden(errors, child, "may not remove or update AppArmor annotations");
        if (strcmp(key, MIRROR) == 0)
            field_forbidden(errors, child, "may not remove or update mirror pod annotation");
    }
    for (guint i = 0; i < annotations->count; i++) {
        const char *key = annotations->items[i].key;
        const char *child = str_internf("annotations[%s]", key);

        if (str_map_get(old, key) != NULL)
            continue;
        if (g_str_has_prefix(key, APP_ARMOR_PREFIX))
            field_forbidden(errors, child, "may not add AppArmor annotations");
        if (strcmp(key, MIRROR) == 0)
            field_forbidden(errors, child, "may not add mirror pod annotation");
    }
}

/* --- annotation and field --------------------------------------------------------------------------------- */

/* An annotation that stands beside a field says the same. @what: "seccomp", "apparmor". */
static void
check_same_profile(ApiErrors *errors, const char *path, const char *what, const char *annotation, const Value *profile)
{
    const char *type = value_get_string(profile, "type", "");
    const char *local = value_get_string(profile, "localhostProfile", NULL);
    const char *type_differs = str_internf("%s type in annotation and field must match", what);
    gboolean is_seccomp = strcmp(what, "seccomp") == 0;
    gboolean is_same = TRUE;

    if (strcmp(type, "Unconfined") == 0)
        is_same = strcmp(annotation, "unconfined") == 0;
    else if (strcmp(type, "RuntimeDefault") == 0)
        is_same = strcmp(annotation, "runtime/default") == 0 || (is_seccomp && strcmp(annotation, "docker/default") == 0);
    else if (strcmp(type, "Localhost") == 0)
        is_same = g_str_has_prefix(annotation, LOCAL_PREFIX);
    if (!is_same)
        field_forbidden(errors, str_internf("%s.type", path), type_differs);
    else if (strcmp(type, "Localhost") == 0 && (local == NULL || strcmp(annotation + strlen(LOCAL_PREFIX), local) != 0))
        field_forbidden(errors, str_internf("%s.localhostProfile", path),
                        str_internf("%s profile in annotation and field must match", what));
}

typedef struct {
    const StrMap *annotations;
    const Value *pod; /* the pod's own profile, of which containers without one are */
    const char *prefix, *key, *what;
} Profiles;

static void
check_container_profile(ApiErrors *errors, const Container *container, const char *path, gconstpointer data)
{
    const Profiles *profiles = data;
    const Value *profile = value_get(container->security_context, profiles->key);
    const char *name = str_internf("%s%s", profiles->prefix, str_or_empty(container->name));
    const char *annotation = str_map_get(profiles->annotations, name);

    if (profile == NULL)
        profile = profiles->pod;
    if (profile != NULL && annotation != NULL)
        check_same_profile(errors, str_internf("%s.securityContext.%s", path, profiles->key), profiles->what, annotation, profile);
}

void
check_profile_annotations(ApiErrors *errors, const StrMap *annotations, const PodSpec *spec)
{
    const char *pod_seccomp = str_map_get(annotations, str_intern(SECCOMP_POD));
    const Value *seccomp_field = value_get(spec->security_context, "seccompProfile");
    const Profiles seccomp = {annotations, NULL, SECCOMP_PREFIX, "seccompProfile", "seccomp"};
    const Profiles app_armor = {annotations, value_get(spec->security_context, "appArmorProfile"), APP_ARMOR_PREFIX,
                                "appArmorProfile", "apparmor"};

    if (annotations->count == 0)
        return;
    if (pod_seccomp != NULL && seccomp_field != NULL)
        check_same_profile(errors, "securityContext.seccompProfile", "seccomp", pod_seccomp, seccomp_field);
    visit_containers(errors, spec, check_container_profile, &seccomp);
    if (spec->os == NULL || !str_is(spec->os->name, "windows"))
        visit_containers(errors, spec, check_container_profile, &app_armor);
}
