/* object.c - see object.h; kinds in kind.c, the codec in codec_*.c */

#include "api/object.h"

#include "base/caches.h"
#include "base/pool.h"

/*
 * A part is preceded by its head. Sixteen bytes keep the part aligned for
 * quantities. The size is an estimate that is kept until somebody edits.
 */
typedef struct {
    const ApiType *type;
    guint ref_count;
    guint is_defaulted : 1;
    guint size_bytes : 31; /* 0 = not yet known */
} PartHead;

G_STATIC_ASSERT(sizeof(PartHead) == 16);

static PartHead *
part_head(gconstpointer part)
{
    return (PartHead *)part - 1;
}

static gpointer
part_alloc(const ApiType *type)
{
    PartHead *head = pool_alloc(sizeof *head + type->size);

    *head = (PartHead){.type = type, .ref_count = 1};
    return head + 1;
}

gpointer
api_part_new(const ApiType *type)
{
    gpointer part = part_alloc(type);

    memset(part, 0, type->size);
    return part;
}

gpointer
api_part_ref(gconstpointer part)
{
    if (part != NULL)
        part_head(part)->ref_count++;
    return (gpointer)part;
}

void
api_part_unref(gpointer part)
{
    if (part == NULL)
        return;

    PartHead *head = part_head(part);

    g_assert(head->ref_count > 0);
    if (--head->ref_count > 0)
        return;
    api_struct_clear(head->type, part);
    pool_free(sizeof *head + head->type->size, head);
}

static gpointer
part_unshare(gpointer *part)
{
    if (*part == NULL)
        return NULL;

    PartHead *head = part_head(*part);

    if (head->ref_count == 1) {
        head->size_bytes = 0;
        head->is_defaulted = FALSE;
        return *part;
    }

    gpointer copy = part_alloc(head->type);

    api_struct_copy(head->type, copy, *part);
    head->ref_count--;
    *part = copy;
    return copy;
}

gpointer
api_part_edit(gpointer *part)
{
    return part_unshare(part);
}

static void
part_set(gpointer *part, gconstpointer value)
{
    gpointer old = *part;

    *part = api_part_ref(value);
    api_part_unref(old);
}

ApiObject *
api_object_new(const ApiKind *kind, const char *namespace_, const char *name)
{
    ApiObject *object = POOL_NEW0(ApiObject);

    object->kind = kind;
    object->ref_count = 1;
    object->meta = api_part_new(&object_meta_type);
    object->meta->name = str_intern(name);
    object->meta->namespace_ = str_intern(namespace_);
    if (kind->spec != NULL)
        object->spec = api_part_new(kind->spec);
    if (kind->status != NULL)
        object->status = api_part_new(kind->status);
    if (kind->body != NULL)
        object->body = api_part_new(kind->body);
    return object;
}

ApiObject *
api_object_of_parts(const ApiKind *kind, const char *namespace_, const char *name, gconstpointer spec, gconstpointer status)
{
    ApiObject *object = POOL_NEW(ApiObject);

    g_assert(kind->body == NULL && (kind->spec == NULL) == (spec == NULL) && (kind->status == NULL) == (status == NULL));
    *object = (ApiObject){
        .kind = kind,
        .ref_count = 1,
        .meta = api_part_new(&object_meta_type),
        .spec = api_part_ref(spec),
        .status = api_part_ref(status),
    };
    object->meta->namespace_ = namespace_;
    object->meta->name = name;
    return object;
}

ApiObject *
api_object_ref(const ApiObject *object)
{
    ApiObject *shared = (ApiObject *)object;

    shared->ref_count++;
    return shared;
}

void
api_object_unref(gpointer object)
{
    ApiObject *self = object;

    if (self == NULL)
        return;
    g_assert(self->ref_count > 0);
    if (--self->ref_count > 0)
        return;
    api_part_unref(self->meta);
    api_part_unref(self->spec);
    api_part_unref(self->status);
    api_part_unref(self->body);
    POOL_FREE(ApiObject, self);
}

static void
forget_facts(ApiObject *object)
{
    object->facts = 0;
    object->fits = NULL;
}

ApiObject *
api_object_copy(const ApiObject *object)
{
    ApiObject *copy = POOL_NEW(ApiObject);

    *copy = *object;
    copy->ref_count = 1;
    forget_facts(copy);
    api_part_ref(copy->meta);
    api_part_ref(copy->spec);
    api_part_ref(copy->status);
    api_part_ref(copy->body);
    return copy;
}

ObjectMeta *
api_edit_meta(ApiObject *object)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    return part_unshare((gpointer *)&object->meta);
}

gpointer
api_edit_spec(ApiObject *object)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    return part_unshare(&object->spec);
}

gpointer
api_edit_status(ApiObject *object)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    return part_unshare(&object->status);
}

gpointer
api_edit_body(ApiObject *object)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    return part_unshare(&object->body);
}

void
api_object_set_meta(ApiObject *object, gconstpointer part)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    g_assert(part != NULL);
    part_set((gpointer *)&object->meta, part);
}

void
api_object_set_spec(ApiObject *object, gconstpointer part)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    part_set(&object->spec, part);
}

void
api_object_set_status(ApiObject *object, gconstpointer part)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    part_set(&object->status, part);
}

void
api_object_set_body(ApiObject *object, gconstpointer part)
{
    g_assert(object->ref_count == 1);
    forget_facts(object);
    part_set(&object->body, part);
}

static gboolean
part_equal(gconstpointer a, gconstpointer b)
{
    if (a == b)
        return TRUE;
    if (a == NULL || b == NULL)
        return FALSE;
    return api_struct_equal(part_head(a)->type, a, b);
}

gboolean
api_object_equal(const ApiObject *a, const ApiObject *b)
{
    if (a == b)
        return TRUE;
    return a->kind == b->kind && part_equal(a->status, b->status) && part_equal(a->meta, b->meta) &&
           part_equal(a->spec, b->spec) && part_equal(a->body, b->body);
}

static guint
size_of(const PartHead *head, gconstpointer part)
{
    gsize size = api_struct_size_bytes(head->type, part);

    return size < G_MAXINT32 ? (guint)size : G_MAXINT32;
}

static inline gsize
part_size_bytes(gconstpointer part)
{
    PartHead *head = part_head(part);

    if (G_UNLIKELY(head->size_bytes == 0))
        head->size_bytes = size_of(head, part) & G_MAXINT32;
    return head->size_bytes;
}

/*
 * A part keeps the mark until somebody edits it. So a status update, which
 * shares the other parts, neither computes defaults again nor copies them.
 */
gboolean
api_object_is_defaulted(const ApiObject *object)
{
    return part_head(object->meta)->is_defaulted &&
           (object->spec == NULL || part_head(object->spec)->is_defaulted) &&
           (object->body == NULL || part_head(object->body)->is_defaulted);
}

void
api_object_set_defaulted(ApiObject *object)
{
    part_head(object->meta)->is_defaulted = TRUE;
    if (object->spec != NULL)
        part_head(object->spec)->is_defaulted = TRUE;
    if (object->body != NULL)
        part_head(object->body)->is_defaulted = TRUE;
}

gsize
api_object_size_bytes(const ApiObject *object)
{
    gconstpointer parts[] = {object->meta, object->spec, object->status, object->body};
    gsize total = 80; /* what stands around the parts: apiVersion, kind and the parts' names */

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i] == NULL)
            continue;
        total += part_size_bytes(parts[i]);
        if (caches_are_checked())
            g_assert(part_size_bytes(parts[i]) == size_of(part_head(parts[i]), parts[i]));
    }
    return total;
}

/* --- small things everybody needs --------------------------------------------------- */

const char *
api_key_of(const char *namespace_, const char *name)
{
    return str_is_empty(namespace_) ? str_intern(name) : str_intern_path(namespace_, name);
}

/* Keys are asked for by every component that hears of the object. Events have none: nobody asks. */
static inline ObjectMeta *
with_made(const ApiObject *object)
{
    ObjectMeta *meta = object->meta;

    if (meta->made.name != meta->name || meta->made.namespace_ != meta->namespace_ || meta->made.kind != object->kind) {
        meta->made.namespace_ = meta->namespace_;
        meta->made.name = meta->name;
        meta->made.kind = object->kind;
        meta->made.key = meta->made.text = NULL;
    }
    return meta;
}

const char *
api_key(const ApiObject *object)
{
    ObjectMeta *meta = with_made(object);

    if (meta->made.key == NULL)
        meta->made.key = api_key_of(meta->namespace_, meta->name);
    else if (caches_are_checked())
        g_assert(meta->made.key == api_key_of(meta->namespace_, meta->name));
    return meta->made.key;
}

void
api_split_key(const char *key, const char **out_namespace, const char **out_name)
{
    const char *slash = strchr(key, '/');

    *out_namespace = slash == NULL ? NULL : str_intern_len(key, (gsize)(slash - key));
    *out_name = slash == NULL ? str_intern(key) : str_intern(slash + 1);
}

static const char *
ref_text_of(const ApiObject *object)
{
    const ObjectMeta *meta = object->meta;
    const char *singular = object->kind->singular;

    return str_is_empty(meta->namespace_) ? str_intern_path(singular, meta->name)
                                          : str_intern_path3(singular, meta->namespace_, meta->name);
}

const char *
api_ref_text(const ApiObject *object)
{
    ObjectMeta *meta = with_made(object);

    if (meta->made.text == NULL)
        meta->made.text = ref_text_of(object);
    else if (caches_are_checked())
        g_assert(meta->made.text == ref_text_of(object));
    return meta->made.text;
}

const OwnerReference *
api_controller_of(const ApiObject *object)
{
    const ObjectMeta *meta = object->meta;

    for (guint i = 0; i < meta->owner_references.count; i++)
        if (meta->owner_references.items[i].controller == OPT_TRUE)
            return &meta->owner_references.items[i];
    return NULL;
}

gboolean
api_is_controlled_by(const ApiObject *object, const ApiObject *owner)
{
    const OwnerReference *reference = api_controller_of(object);

    return reference != NULL && str_is(reference->uid, owner->meta->uid);
}

void
api_set_controller(ObjectMeta *meta, const ApiObject *owner)
{
    OwnerReference *reference = NULL;

    for (guint i = 0; i < meta->owner_references.count; i++)
        if (str_is(meta->owner_references.items[i].uid, owner->meta->uid))
            reference = &meta->owner_references.items[i];
    if (reference == NULL)
        reference = API_LIST_ADD(&meta->owner_references);
    *reference = (OwnerReference){
        .api_version = api_kind_api_version(owner->kind),
        .kind = api_kind_name(owner->kind),
        .name = owner->meta->name,
        .uid = owner->meta->uid,
        .controller = OPT_TRUE,
        .block_owner_deletion = OPT_TRUE,
    };
}

gint32
int_or_string_scale(const IntOrString *value, gint32 total, gboolean round_up)
{
    if (value->type == INT_OR_STRING_UNSET)
        return 0;
    if (value->type == INT_OR_STRING_INT)
        return value->integer;

    /* v1.34 pkg/util/intstr GetScaledValueFromIntOrPercent: ceil or floor of total*percent/100. */
    gint64 percent = 0;
    const char *at = value->string;

    for (; g_ascii_isdigit(*at) && percent < 100000000; at++) /* times a replica count: no overflow */
        percent = percent * 10 + (*at - '0');
    if (at == value->string || strcmp(at, "%") != 0)
        return 0;

    gint64 product = percent * total;

    return (gint32)((product + (round_up ? 99 : 0)) / 100);
}

const Condition *
condition_find(const ConditionList *list, const char *type)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].type, type))
            return &list->items[i];
    return NULL;
}

gboolean
condition_is(const ConditionList *list, const char *type, const char *status)
{
    const Condition *condition = condition_find(list, type);

    return condition != NULL && str_is(condition->status, status);
}

Condition *
condition_edit(ConditionList *list, const char *type)
{
    Condition *condition = (Condition *)condition_find(list, type);

    if (condition == NULL) {
        condition = API_LIST_ADD(list);
        condition->type = str_intern(type);
    }
    return condition;
}

gboolean
condition_remove(ConditionList *list, const char *type)
{
    for (guint i = 0; i < list->count; i++) {
        if (str_is(list->items[i].type, type)) {
            api_list_remove((ApiList *)list, sizeof *list->items, i);
            return TRUE;
        }
    }
    return FALSE;
}
