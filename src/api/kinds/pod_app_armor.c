/*
 * AppArmor annotations of new pods become the fields that took their place.
 *
 * Models: v1.34 pkg/registry/core/pod/strategy.go: applyAppArmorVersionSkew. Nothing is written the other way any more.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define LOCAL_PREFIX     "localhost/"

/* ApparmorFieldForAnnotation: NULL if the annotation says nothing that a field may say. */
static Value *
profile_of(const char *annotation)
{
    const char *local = g_str_has_prefix(annotation, LOCAL_PREFIX) ? annotation + strlen(LOCAL_PREFIX) : NULL;
    Value *profile;

    if (local != NULL && (local[0] == '\0' || g_ascii_isspace(local[0]) || g_ascii_isspace(local[strlen(local) - 1])))
        return NULL;
    if (local == NULL && strcmp(annotation, "unconfined") != 0 && strcmp(annotation, "runtime/default") != 0)
        return NULL;
    profile = value_new_map();
    if (local != NULL)
        value_set(profile, "localhostProfile", value_new_string(local));
    value_set(profile, "type",
              value_new_string(local != NULL                            ? "Localhost"
                               : strcmp(annotation, "unconfined") == 0 ? "Unconfined"
                                                                        : "RuntimeDefault"));
    return profile;
}

/* Of a container without a profile of its own: what its annotation says, NULL if there is none. */
static const char *
lonely_annotation(const ApiObject *pod, const Container *container)
{
    const Value *own = value_get(container->security_context, "appArmorProfile");
    const PodSpec *spec = pod->spec;

    if ((own != NULL && own->type != VALUE_NULL) || (spec->os != NULL && str_is(spec->os->name, "windows")))
        return NULL;
    return str_map_get(&pod->meta->annotations, str_internf(APP_ARMOR_PREFIX "%s", str_or_empty(container->name)));
}

/* What the pod says for all its containers is not said again. */
static gboolean
is_new_profile(const PodSpec *spec, const Value *profile)
{
    const Value *common = value_get(spec->security_context, "appArmorProfile");

    return common == NULL || !str_is(value_get_string(common, "type", ""), value_get_string(profile, "type", "")) ||
           !str_is(value_get_string(common, "localhostProfile", ""), value_get_string(profile, "localhostProfile", ""));
}

static void
sync_container(ApiObject *pod, Container *container)
{
    const char *annotation = lonely_annotation(pod, container);
    g_autoptr(Value) profile = annotation == NULL ? NULL : profile_of(annotation);

    if (profile == NULL || !is_new_profile(pod->spec, profile))
        return;
    if (container->security_context == NULL)
        container->security_context = value_new_map();
    value_set(container->security_context, "appArmorProfile", g_steal_pointer(&profile));
}

void
pod_sync_app_armor(ApiObject *pod)
{
    PodSpec *spec;

    if (pod->meta->annotations.count == 0)
        return;
    spec = api_edit_spec(pod);
    for (guint i = 0; i < spec->init_containers.count; i++)
        sync_container(pod, &spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        sync_container(pod, &spec->containers.items[i]);
}

static void
warn_container(const ApiObject *pod, const Container *container, GPtrArray *warnings)
{
    const char *annotation = lonely_annotation(pod, container);
    g_autoptr(Value) profile = annotation == NULL ? NULL : profile_of(annotation);

    if (annotation != NULL && (profile == NULL || is_new_profile(pod->spec, profile)))
        g_ptr_array_add(warnings, g_strdup_printf("metadata.annotations[" APP_ARMOR_PREFIX "%s]: deprecated since v1.30; use the "
                                                  "\"appArmorProfile\" field instead",
                                                  str_or_empty(container->name)));
}

void
pod_warn_early(const ApiObject *pod, GPtrArray *warnings)
{
    const PodSpec *spec = pod->spec;

    if (pod->meta->annotations.count == 0)
        return;
    for (guint i = 0; i < spec->init_containers.count; i++)
        warn_container(pod, &spec->init_containers.items[i], warnings);
    for (guint i = 0; i < spec->containers.count; i++)
        warn_container(pod, &spec->containers.items[i], warnings);
}
