#include "controllers/revisions.h"

#define FNV_OFFSET_32 2166136261u
#define FNV_PRIME_32  16777619u

Value *
revision_data(const PodTemplateSpec *template_)
{
    Value *data = value_new_map();
    Value *spec = value_new_map();
    Value *tree = api_struct_encode(&pod_template_spec_type, template_);

    value_set(tree, "$patch", value_new_string("replace"));
    value_set(spec, "template", tree);
    value_set(data, "spec", spec);
    value_sort(data);
    return data;
}

gboolean
revision_template(const ApiObject *revision, PodTemplateSpec *out_template)
{
    const Value *tree =
        value_get_path(controller_revision_body(revision)->data, "spec", "template", NULL);
    g_autoptr(Value) plain = NULL;
    ApiDecodeResult result = {0};
    gboolean is_fine;

    if (tree == NULL)
        return FALSE;
    plain = value_copy(tree);
    value_remove(plain, "$patch");
    is_fine = api_struct_decode(&pod_template_spec_type, out_template, plain, "", &result);
    api_decode_result_clear(&result);
    return is_fine;
}

/* HashControllerRevision: FNV-1, not 1a. */
const char *
revision_hash(const Value *data, gint32 collision_count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint32 hash = FNV_OFFSET_32;

    value_append_json(text, data, 0);
    g_string_append_printf(text, "%d", collision_count);
    for (gsize i = 0; i < text->len; i++) {
        hash *= FNV_PRIME_32;
        hash ^= (guchar)text->str[i];
    }
    return safe_encode(hash);
}

ApiObject *
revision_new(const ApiObject *owner,
             const PodTemplateSpec *template_,
             Value *data,
             const char *hash_label,
             const char *hash,
             gint64 number)
{
    const char *prefix = str_internf("%.*s", REVISION_PREFIX_MAX, api_name(owner));
    ApiObject *revision = api_object_new(&controller_revision_kind, api_namespace(owner),
                                         str_internf("%s-%s", prefix, hash));
    ObjectMeta *meta = api_edit_meta(revision);
    ControllerRevisionBody *body = api_edit_body(revision);

    str_map_copy(&meta->labels, &template_->metadata.labels);
    str_map_set(&meta->labels, hash_label, hash);
    str_map_copy(&meta->annotations, &owner->meta->annotations);
    api_set_controller(meta, owner);
    body->data = data;
    body->revision = number;
    return revision;
}

gint64
revision_number(const ApiObject *revision)
{
    return controller_revision_body(revision)->revision;
}

ApiObject *
revision_renumber(const ApiObject *revision, gint64 number)
{
    ApiObject *changed = api_object_copy(revision);
    ControllerRevisionBody *body = api_edit_body(changed);

    body->revision = number;
    return changed;
}

static gint
compare_revisions(gconstpointer a, gconstpointer b)
{
    const ApiObject *revision_a = *(ApiObject *const *)a;
    const ApiObject *revision_b = *(ApiObject *const *)b;
    gint64 number_a = revision_number(revision_a);
    gint64 number_b = revision_number(revision_b);

    if (number_a != number_b)
        return number_a < number_b ? -1 : 1;
    return compare_creation(revision_a, revision_b);
}

void
revisions_sort(GPtrArray *revisions)
{
    g_ptr_array_sort(revisions, compare_revisions);
}

void
revisions_list(View *view, const ApiObject *owner, GPtrArray *out)
{
    view_list_owned(view, &controller_revision_kind, api_uid(owner), out);
    view_list_orphans(view, &controller_revision_kind, api_namespace(owner), out);
}
