/* view.c - see view.h */

#include "client/view.h"

typedef struct {
    const ApiKind *kind;
    Informer *informer;
} KindInformer;

struct View {
    InformerFactory *factory; /* NULL: over an array */
    GArray *informers;        /* of KindInformer */
    GPtrArray *objects;       /* borrowed */
    GPtrArray *scratch;       /* lent by view_scratch; NULL: not asked for yet */
    guint64 visited;
};

static View *
view_new(void)
{
    View *view = g_new0(View, 1);

    view->informers = g_array_new(FALSE, FALSE, sizeof(KindInformer));
    view->objects = g_ptr_array_new();
    return view;
}

View *
view_new_array(const ApiObject *const *objects, guint count)
{
    View *view = view_new();

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(view->objects, (gpointer)objects[i]);
    return view;
}

View *
view_new_informers(InformerFactory *factory)
{
    View *view = view_new();

    view->factory = factory;
    return view;
}

void
view_free(View *view)
{
    if (view == NULL)
        return;
    g_array_free(view->informers, TRUE);
    g_ptr_array_free(view->objects, TRUE);
    if (view->scratch != NULL)
        g_ptr_array_free(view->scratch, TRUE);
    g_free(view);
}

static Informer *
view_find(const View *view, const ApiKind *kind)
{
    for (guint i = 0; i < view->informers->len; i++) {
        const KindInformer *item = &g_array_index(view->informers, KindInformer, i);

        if (item->kind == kind)
            return item->informer;
    }
    return NULL;
}

Informer *
view_add_kind(View *view, const ApiKind *kind)
{
    KindInformer item = {kind, view_find(view, kind)};

    if (item.informer != NULL)
        return item.informer;
    item.informer = informer_factory_get(view->factory, kind, NULL);
    g_array_append_val(view->informers, item);
    return item.informer;
}

/* A kind that nobody watches would look empty, and a reconciler would act on that. */
static Informer *
view_informer(const View *view, const ApiKind *kind)
{
    Informer *informer = view_find(view, kind);

    if (informer == NULL)
        g_error("kind %s is read but not among the controller's sources", kind->kind);
    return informer;
}

/* --- arrays ----------------------------------------------------------------------------------- */

typedef gboolean (*ViewMatch)(const ApiObject *object, const char *value);

static gboolean
match_namespace(const ApiObject *object, const char *value)
{
    return str_is_empty(value) || str_is(api_namespace(object), value);
}

static gboolean
match_owner(const ApiObject *object, const char *value)
{
    const OwnerReference *controller = api_controller_of(object);

    return controller != NULL && str_is(controller->uid, value);
}

static gboolean
match_orphan(const ApiObject *object, const char *value)
{
    return api_controller_of(object) == NULL && match_namespace(object, value);
}

static gboolean
match_node(const ApiObject *object, const char *value)
{
    return str_is(pod_spec(object)->node_name, value);
}

static void
view_scan(View *view, const ApiKind *kind, ViewMatch match, const char *value, GPtrArray *out)
{
    for (guint i = 0; i < view->objects->len; i++) {
        const ApiObject *object = view->objects->pdata[i];

        if (object->kind == kind && match(object, value))
            g_ptr_array_add(out, (gpointer)object);
    }
}

/* --- public ----------------------------------------------------------------------------------- */

const ApiObject *
view_get(View *view, const ApiKind *kind, const char *namespace_, const char *name)
{
    view->visited++;
    if (view->factory != NULL)
        return informer_get(view_informer(view, kind), namespace_, name);
    for (guint i = 0; i < view->objects->len; i++) {
        const ApiObject *object = view->objects->pdata[i];

        if (object->kind == kind && str_is(api_name(object), name) &&
            (!kind->is_namespaced || str_is(api_namespace(object), namespace_)))
            return object;
    }
    return NULL;
}

const LeaseTable *
view_leases(View *view)
{
    static const LeaseTable none;

    return view->factory == NULL ? &none : informer_leases(view_informer(view, &lease_kind));
}

void
view_list(View *view, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    guint before = out->len;

    if (view->factory != NULL)
        informer_list(view_informer(view, kind), namespace_, out);
    else
        view_scan(view, kind, match_namespace, namespace_, out);
    view->visited += out->len - before;
}

void
view_list_owned(View *view, const ApiKind *kind, const char *owner_uid, GPtrArray *out)
{
    guint before = out->len;

    if (view->factory != NULL)
        informer_list_owned(view_informer(view, kind), owner_uid, out);
    else
        view_scan(view, kind, match_owner, owner_uid, out);
    view->visited += out->len - before;
}

guint
view_count_owned(View *view, const ApiKind *kind, const char *owner_uid)
{
    guint count = 0;

    if (view->factory != NULL)
        return informer_count_owned(view_informer(view, kind), owner_uid);
    for (guint i = 0; i < view->objects->len; i++) {
        const ApiObject *object = view->objects->pdata[i];

        count += object->kind == kind && match_owner(object, owner_uid);
    }
    return count;
}

void
view_list_orphans(View *view, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    guint before = out->len;

    if (view->factory != NULL)
        informer_list_orphans(view_informer(view, kind), namespace_, out);
    else
        view_scan(view, kind, match_orphan, namespace_, out);
    view->visited += out->len - before;
}

void
view_list_on_node(View *view, const char *node_name, GPtrArray *out)
{
    guint before = out->len;

    if (view->factory != NULL)
        informer_list_on_node(view_informer(view, &pod_kind), node_name, out);
    else
        view_scan(view, &pod_kind, match_node, node_name, out);
    view->visited += out->len - before;
}

gboolean
view_is_empty(View *view, const ApiKind *kind)
{
    if (view->factory != NULL)
        return informer_count(view_informer(view, kind)) == 0;
    for (guint i = 0; i < view->objects->len; i++)
        if (((const ApiObject *)view->objects->pdata[i])->kind == kind)
            return FALSE;
    return TRUE;
}

GPtrArray *
view_scratch(View *view)
{
    if (view->scratch == NULL)
        view->scratch = g_ptr_array_new();
    g_ptr_array_set_size(view->scratch, 0);
    return view->scratch;
}

gboolean
view_knows(const View *view, const ApiKind *kind)
{
    return view->factory != NULL ? view_find(view, kind) != NULL : !kind->is_custom;
}

guint64
view_visited(const View *view)
{
    return view->visited;
}
