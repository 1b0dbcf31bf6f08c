/* replica_sets.c - see replica_sets.h */

#include "kubectl/replica_sets.h"

#include "api/selector.h"

static gint
by_creation(gconstpointer a, gconstpointer b)
{
    const ApiObject *left = *(const ApiObject *const *)a;
    const ApiObject *right = *(const ApiObject *const *)b;

    if (left->meta->creation_time != right->meta->creation_time)
        return left->meta->creation_time < right->meta->creation_time ? -1 : 1;
    return strcmp(api_name(left), api_name(right));
}

GPtrArray *
owned_replica_sets(const ApiObject *deployment, const GPtrArray *all)
{
    GPtrArray *owned = g_ptr_array_new();

    for (guint i = 0; all != NULL && i < all->len; i++)
        if (api_is_controlled_by(g_ptr_array_index(all, i), deployment))
            g_ptr_array_add(owned, g_ptr_array_index(all, i));
    g_ptr_array_sort(owned, by_creation);
    return owned;
}

gboolean
templates_equal(const PodTemplateSpec *a, const PodTemplateSpec *b)
{
    PodTemplateSpec left = {0};
    PodTemplateSpec right = {0};
    gboolean equal;

    api_struct_copy(&pod_template_spec_type, &left, a);
    api_struct_copy(&pod_template_spec_type, &right, b);
    str_map_remove(&left.metadata.labels, HASH_LABEL);
    str_map_remove(&right.metadata.labels, HASH_LABEL);
    equal = api_struct_equal(&pod_template_spec_type, &left, &right);
    api_struct_clear(&pod_template_spec_type, &left);
    api_struct_clear(&pod_template_spec_type, &right);
    return equal;
}

const ApiObject *
new_replica_set(const ApiObject *deployment, const GPtrArray *owned)
{
    for (guint i = 0; i < owned->len; i++)
        if (templates_equal(&replica_set_spec(g_ptr_array_index(owned, i))->template_,
                            &deployment_spec(deployment)->template_))
            return g_ptr_array_index(owned, i);
    return NULL;
}

gint64
revision_of(const ApiObject *object)
{
    const char *text = str_map_get(&object->meta->annotations, REVISION_ANNOTATION);
    gint64 revision = 0;

    if (text != NULL)
        g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &revision, NULL);
    return revision;
}

ApiRequest *
list_replica_sets(const ApiObject *deployment)
{
    ApiRequest *request =
        api_request_new(VERB_LIST, &replica_set_kind, api_namespace(deployment), NULL);
    g_autoptr(Selector) selector =
        selector_from_label_selector(deployment_spec(deployment)->selector);

    if (selector != NULL)
        request->label_selector = selector_format(selector);
    return request;
}
