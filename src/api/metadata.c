/*
 * metadata.c - validation of metadata, and the frame round the kinds' hooks
 *
 * Models: apimachinery pkg/api/validation/objectmeta.go and
 * pkg/apis/core/validation ValidateObjectMeta (v1.34).
 */

#include "api/names.h"
#include "api/type_index.h"
#include "api/validate.h"
#include "base/duration.h"

#define MAX_ANNOTATION_BYTES (256 * 1024)

static const char *const standard_finalizers[] = {"kubernetes", "orphan", "foregroundDeletion",
                                                  NULL};

static void
check_name(ApiErrors *errors,
           const char *child,
           NameRule rule,
           const char *text,
           gboolean is_prefix)
{
    StrList messages = {0};

    if (!is_prefix && name_is_fine(rule, text))
        return;
    if (!name_check(rule, text, is_prefix, &messages))
        field_invalid_name(errors, child, text, &messages);
    g_free(messages.items);
}

void
api_validate_labels(ApiErrors *errors, const char *child, const StrMap *labels)
{
    for (guint i = 0; i < labels->count; i++) {
        check_name(errors, child, NAME_QUALIFIED, labels->items[i].key, FALSE);
        check_name(errors, child, NAME_LABEL_VALUE, labels->items[i].value, FALSE);
    }
}

void
api_validate_annotations(ApiErrors *errors, const char *child, const StrMap *annotations)
{
    gsize total = 0;

    for (guint i = 0; i < annotations->count; i++) {
        const StrPair *pair = &annotations->items[i];
        g_autofree char *lower = NULL;
        StrList messages = {0};

        total += strlen(pair->key) + (pair->value == NULL ? 0 : strlen(pair->value));
        if (name_is_fine(NAME_QUALIFIED, pair->key))
            continue;
        /* The case of the key does not matter, but it is printed as it came. */
        lower = g_ascii_strdown(pair->key, -1);
        if (!name_check(NAME_QUALIFIED, lower, FALSE, &messages))
            field_invalid_name(errors, child, pair->key, &messages);
        g_free(messages.items);
    }
    if (total > MAX_ANNOTATION_BYTES)
        field_too_long(errors, child, MAX_ANNOTATION_BYTES);
}

/* --- owners, finalizers ----------------------------------------------------------------- */

static void
validate_owner(ApiErrors *errors, const OwnerReference *owner)
{
    const char *api_version = owner->api_version == NULL ? "" : owner->api_version;
    const char *slash = strchr(api_version, '/');
    gboolean has_version = slash == NULL ? api_version[0] != '\0' : slash[1] != '\0' && strchr(slash + 1, '/') == NULL;

    /* The paths have no index: the server does not give one. */
    if (!has_version)
        field_invalid_string(errors, "apiVersion", api_version, "version must not be empty");
    if (str_is_empty(owner->kind))
        field_invalid_string(errors, "kind", "", "must not be empty");
    if (str_is_empty(owner->name))
        field_invalid_string(errors, "name", "", "must not be empty");
    if (str_is_empty(owner->uid))
        field_invalid_string(errors, "uid", "", "must not be empty");
    if (str_is(api_version, "v1") && str_is(owner->kind, "Event")) {
        g_autoptr(Value) printed = api_struct_encode(&owner_reference_type, owner);

        field_invalid_value(errors, NULL, printed,
                            "/v1, Kind=Event is disallowed from being an owner");
    }
}

static const char *
owner_text(const OwnerReference *owner)
{
    return str_internf("%s/%s", str_or_empty(owner->kind), str_or_empty(owner->name));
}

static void
validate_owners(ApiErrors *errors, const ObjectMeta *meta)
{
    const OwnerReference *first = NULL;

    if (meta->owner_references.count == 0)
        return;
    api_errors_push(errors, "ownerReferences");
    for (guint i = 0; i < meta->owner_references.count; i++) {
        const OwnerReference *owner = &meta->owner_references.items[i];

        validate_owner(errors, owner);
        if (owner->controller != OPT_TRUE)
            continue;
        if (first == NULL) {
            first = owner;
            continue;
        }

        g_autoptr(Value) all = value_new_list();

        for (guint j = 0; j < meta->owner_references.count; j++)
            value_append(all, api_struct_encode(&owner_reference_type,
                                                &meta->owner_references.items[j]));
        field_invalid_value(errors, NULL, all,
                            str_internf("Only one reference can have Controller set to true. "
                                        "Found \"true\" in references for %s and %s",
                                        owner_text(first), owner_text(owner)));
    }
    api_errors_pop(errors);
}

static Value *
encode_list(const StrList *list)
{
    Value *value = value_new_list();

    for (guint i = 0; i < list->count; i++)
        value_append(value, value_new_string(list->items[i]));
    return value;
}

static void
validate_finalizers(ApiErrors *errors, const StrList *finalizers)
{
    if (finalizers->count == 0)
        return;
    for (guint i = 0; i < finalizers->count; i++)
        check_name(errors, "finalizers", NAME_QUALIFIED, finalizers->items[i], FALSE);
    if (str_list_contains(finalizers, "orphan") &&
        str_list_contains(finalizers, "foregroundDeletion")) {
        g_autoptr(Value) printed = encode_list(finalizers);

        field_invalid_value(errors, "finalizers", printed,
                            "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/* pkg/apis/core/validation validateKubeFinalizerName: a name without a domain must be known. */
static void
validate_finalizer_names(ApiErrors *errors, const StrList *finalizers)
{
    if (finalizers->count == 0)
        return;
    api_errors_push(errors, "finalizers");
    for (guint i = 0; i < finalizers->count; i++) {
        const char *name = finalizers->items[i];

        if (strchr(name, '/') != NULL || g_strv_contains(standard_finalizers, name))
            continue;
        api_errors_push_index(errors, i);
        field_invalid_string(errors, NULL, name,
                             "name is neither a standard finalizer name nor is it fully qualified");
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- metadata ------------------------------------------------------------------------------ */

static void
validate_namespace(const ApiObject *object, ApiErrors *errors)
{
    const char *namespace_ = object->meta->namespace_;

    if (!object->kind->is_namespaced) {
        if (!str_is_empty(namespace_))
            field_forbidden(errors, "namespace", "not allowed on this type");
    } else if (str_is_empty(namespace_)) {
        field_required(errors, "namespace", "");
    } else {
        check_name(errors, "namespace", NAME_DNS_LABEL, namespace_, FALSE);
    }
}

/* No other object has it, so nobody needs to remember that it is fine. */
static void
check_own_name(ApiErrors *errors, NameRule rule, const char *name)
{
    StrList messages = {0};

    if (G_LIKELY(name_check(rule, name, FALSE, &messages)))
        return;
    field_invalid_name(errors, "name", name, &messages);
    g_free(messages.items);
}

/* What ValidateObjectMetaAccessor looks at before labels. */
static void
validate_meta_names(const ApiObject *object, NameRule rule, ApiErrors *errors)
{
    const ObjectMeta *meta = object->meta;

    if (!str_is_empty(meta->generate_name))
        check_name(errors, "generateName", rule, meta->generate_name, TRUE);
    if (str_is_empty(meta->name))
        field_required(errors, "name", "name or generateName is required");
    else
        check_own_name(errors, rule, meta->name);
    validate_namespace(object, errors);
    if (meta->generation < 0)
        field_invalid_int(errors, "generation", meta->generation,
                          "must be greater than or equal to 0");
}

/* ValidateObjectMetaAccessor, with any name that is one of a path. */
static void
validate_meta_whole(const ApiObject *object, ApiErrors *errors)
{
    const ObjectMeta *meta = object->meta;

    api_errors_push(errors, "metadata");
    validate_meta_names(object, NAME_PATH_SEGMENT, errors);
    api_validate_labels(errors, "labels", &meta->labels);
    api_validate_annotations(errors, "annotations", &meta->annotations);
    validate_owners(errors, meta);
    validate_finalizers(errors, &meta->finalizers);
    api_errors_pop(errors);
}

/* @is_clean: labels, annotations and owners were looked at already and are fine. */
static void
validate_meta_create(const ApiObject *object, gboolean is_clean, ApiErrors *errors)
{
    const ObjectMeta *meta = object->meta;

    api_errors_push(errors, "metadata");
    validate_meta_names(object, (NameRule)object->kind->name_rule, errors);
    if (!is_clean) {
        if (meta->labels.count > 0)
            api_validate_labels(errors, "labels", &meta->labels);
        if (meta->annotations.count > 0)
            api_validate_annotations(errors, "annotations", &meta->annotations);
        validate_owners(errors, meta);
    }
    validate_finalizers(errors, &meta->finalizers);
    if (!object->kind->takes_any_finalizer && !object->kind->checks_meta_last)
        validate_finalizer_names(errors, &meta->finalizers);
    api_errors_pop(errors);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
validate_no_new_finalizers(ApiErrors *errors, const StrList *finalizers, const StrList *old)
{
    g_autoptr(GPtrArray) extra = g_ptr_array_new();
    g_autoptr(GString) detail = g_string_new(
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        "[]string{");

    for (guint i = 0; i < finalizers->count; i++)
        if (!str_list_contains(old, finalizers->items[i]) &&
            !g_ptr_array_find(extra, finalizers->items[i], NULL))
            g_ptr_array_add(extra, (gpointer)finalizers->items[i]);
    if (extra->len == 0)
        return;
    g_ptr_array_sort(extra, compare_texts);
    for (guint i = 0; i < extra->len; i++)
        g_string_append_printf(detail, "%s%s", i > 0 ? ", " : "",
                               api_quote(g_ptr_array_index(extra, i)));
    g_string_append_c(detail, '}');
    field_forbidden(errors, "finalizers", detail->str);
}

static void
check_immutable(ApiErrors *errors, const char *child, const char *text, const char *old)
{
    if (str_is(text, old) || (str_is_empty(text) && str_is_empty(old)))
        return;
    field_invalid_string(errors, child, text, "field is immutable");
}

static void
check_immutable_time(ApiErrors *errors, const char *child, ApiTime time, ApiTime old)
{
    g_autofree char *text = NULL;

    if (time == old)
        return;
    text = time == 0 ? NULL : time_format_rfc3339(time);
    field_invalid_raw(errors, child, text == NULL ? "null" : api_quote(text), "field is immutable");
}

/* ValidateObjectMetaAccessorUpdate */
static void
validate_meta_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const ObjectMeta *meta = object->meta;
    const ObjectMeta *before = old->meta;

    api_errors_push(errors, "metadata");
    if (before->deletion_time != 0)
        validate_no_new_finalizers(errors, &meta->finalizers, &before->finalizers);
    if (meta->generation < before->generation)
        field_invalid_int(errors, "generation", meta->generation, "must not be decremented");
    check_immutable(errors, "name", meta->name, before->name);
    check_immutable(errors, "namespace", meta->namespace_, before->namespace_);
    check_immutable(errors, "uid", meta->uid, before->uid);
    check_immutable_time(errors, "creationTimestamp", meta->creation_time, before->creation_time);
    check_immutable_time(errors, "deletionTimestamp", meta->deletion_time, before->deletion_time);
    if (meta->deletion_grace_s.is_set != before->deletion_grace_s.is_set ||
        meta->deletion_grace_s.value != before->deletion_grace_s.value)
        field_invalid_raw(errors, "deletionGracePeriodSeconds",
                          meta->deletion_grace_s.is_set
                              ? str_internf("%" G_GINT64_FORMAT, meta->deletion_grace_s.value)
                              : "null",
                          "field is immutable");
    api_validate_labels(errors, "labels", &meta->labels);
    api_validate_annotations(errors, "annotations", &meta->annotations);
    validate_owners(errors, meta);
    api_errors_pop(errors);
}

/* pkg/apis/core/validation ValidateObjectMetaUpdate; @is_clean: rest.BeforeUpdate found nothing. */
static void
validate_meta_update_again(const ApiObject *object, const ApiObject *old, gboolean is_clean, ApiErrors *errors)
{
    if (!is_clean)
        validate_meta_update(object, old, errors);
    if (object->kind->takes_any_finalizer)
        return;
    api_errors_push(errors, "metadata");
    validate_finalizer_names(errors, &object->meta->finalizers);
    api_errors_pop(errors);
}

/* --- the frame --------------------------------------------------------------------------------- */

void
api_validate_create(const ApiObject *object, ApiErrors *errors)
{
    if (!object->kind->checks_meta_last)
        validate_meta_create(object, FALSE, errors);
    if (object->kind->validate != NULL)
        object->kind->validate(object, errors);
    /* rest.BeforeCreate looks at it when the kind's own validation is through, without a fault. */
    if (object->kind->checks_meta_last && errors->list.count == 0)
        validate_meta_create(object, FALSE, errors);
}

/* validateCommonFields of rest.BeforeUpdate: all of it, and what changed. Returns: whether nothing is wrong */
static gboolean
check_common_fields(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    guint before = errors->list.count;

    /* Most writes leave metadata alone; what was valid stays valid. */
    if (object->meta != old->meta) {
        validate_meta_whole(object, errors);
        validate_meta_update(object, old, errors);
    }
    return errors->list.count == before;
}

void
api_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const ApiKind *kind = object->kind;
    const char *steps = kind->update_steps;
    gboolean is_clean = check_common_fields(object, old, errors);
    gboolean has_meta = object->meta != old->meta;

    if (steps == NULL)
        steps = kind->validate_update != NULL ? "UD" : "UV";
    for (; *steps != '\0'; steps++) {
        if (*steps == 'M' && has_meta)
            validate_meta_create(object, is_clean, errors);
        else if (*steps == 'U' && has_meta)
            validate_meta_update_again(object, old, is_clean, errors);
        else if (*steps == 'V' && kind->validate != NULL)
            kind->validate(object, errors);
        else if (*steps == 'D')
            kind->validate_update(object, old, errors);
    }
}

void
api_validate_status_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    gboolean is_clean = check_common_fields(object, old, errors);

    if (object->meta != old->meta && !object->kind->checks_meta_last)
        validate_meta_update_again(object, old, is_clean, errors);
    if (object->kind->validate_status != NULL)
        object->kind->validate_status(object, old, errors);
}

void
api_default(ApiObject *object)
{
    const ApiKind *kind = object->kind;

    if (api_object_is_defaulted(object))
        return;
    if (object->spec != NULL && type_index_of(kind->spec)->has_defaults)
        api_struct_default(kind->spec, api_edit_spec(object));
    if (object->body != NULL && type_index_of(kind->body)->has_defaults)
        api_struct_default(kind->body, api_edit_body(object));
    if (kind->set_defaults != NULL)
        kind->set_defaults(object);
    api_object_set_defaulted(object);
}
