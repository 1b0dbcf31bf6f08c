/*
 * managers.c - see managers.h
 *
 * Models: v1.34 apimachinery util/managedfields/internal: structuredmerge.go, managedfieldsupdater.go,
 * stripmeta.go, lastapplied.go, conflict.go, managedfields.go; structured-merge-diff merge/update.go.
 */

#include "apiserver/managers.h"

#include "api/field_set.h"

#define CLIENT_APPLY_NOTE "kubectl.kubernetes.io/last-applied-configuration"

typedef struct {
    const char *manager, *operation, *version, *time, *subresource; /* interned; subresource may be NULL */
    FieldSet *set;                                                  /* (owned) */
} Entry;

static void
entry_free(gpointer data)
{
    Entry *self = data;

    field_set_free(self->set);
    g_free(self);
}

/* Programs of their own; all other components are loops of a controller manager. */
static const char *const own_programs[] = {"cluster-autoscaler", "vpa-recommender", "chaos", NULL};

/* The name that the user agent of each component begins with. */
static const char *
manager_of(const ApiRequest *request)
{
    const char *user = request->user == NULL ? "" : request->user;

    if (request->field_manager != NULL)
        return request->field_manager;
    if (str_is(user, "kubernetes-admin"))
        return str_intern("kubectl");
    if (g_str_has_prefix(user, "system:node:"))
        return str_intern("kubelet");
    if (str_is(user, "system:apiserver"))
        return str_intern("kube-apiserver");
    if (g_str_has_prefix(user, "system:"))
        return str_intern(strrchr(user, ':') + 1);
    if (g_strv_contains(own_programs, user))
        return str_intern(user);
    return str_intern(g_str_has_prefix(user, "cloud-") ? "cloud-controller-manager" : "kube-controller-manager");
}

static const char *
version_of(const ApiRequest *request)
{
    return api_kind_api_version(request->form != NULL ? request->form : request->kind);
}

static const char *
now_text(const Call *call)
{
    g_autofree char *text = time_format_rfc3339(sim_wall_ns(call->server->sim));

    return str_intern(text);
}

/* --- the list of entries --------------------------------------------------------------------- */

static GPtrArray *
read_entries(const Value *managed)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);

    for (guint i = 0; managed != NULL && managed->type == VALUE_LIST && i < managed->count; i++) {
        const Value *item = managed->items[i];
        Entry *entry;

        if (value_get(item, "manager") == NULL)
            continue;
        entry = g_new0(Entry, 1);
        *entry = (Entry){
            .manager = str_intern(value_get_string(item, "manager", "")),
            .operation = str_intern(value_get_string(item, "operation", "")),
            .version = str_intern(value_get_string(item, "apiVersion", "")),
            .time = str_intern(value_get_string(item, "time", "")),
            .subresource = str_intern(value_get_string(item, "subresource", NULL)),
            .set = field_set_read(value_get(item, "fieldsV1")),
        };
        g_ptr_array_add(entries, entry);
    }
    return entries;
}

/* sortEncodedManagedFields */
static int
compare_entries(gconstpointer a, gconstpointer b)
{
    const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;
    int order = strcmp(x->operation, y->operation);

    if (order == 0)
        order = strcmp(x->time, y->time);
    if (order == 0)
        order = strcmp(x->manager, y->manager);
    if (order == 0)
        order = strcmp(x->version, y->version);
    return order != 0 ? order : g_strcmp0(x->subresource, y->subresource);
}

static Value *
write_entries(GPtrArray *entries)
{
    Value *list;

    for (guint i = entries->len; i-- > 0;)
        if (field_set_is_empty(((Entry *)entries->pdata[i])->set))
            g_ptr_array_remove_index(entries, i);
    if (entries->len == 0)
        return NULL;
    g_ptr_array_sort(entries, compare_entries);
    list = value_new_list();
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        Value *item = value_new_map();

        value_add_member(item, "manager", value_new_string(entry->manager));
        value_add_member(item, "operation", value_new_string(entry->operation));
        value_add_member(item, "apiVersion", value_new_string(entry->version));
        value_add_member(item, "time", value_new_string(entry->time));
        value_add_member(item, "fieldsType", value_new_string("FieldsV1"));
        value_add_member(item, "fieldsV1", field_set_write(entry->set));
        if (!str_is_empty(entry->subresource))
            value_add_member(item, "subresource", value_new_string(entry->subresource));
        value_append(list, item);
    }
    return list;
}

/* BuildManagerIdentifier: an applier is one and the same in all versions. */
static Entry *
entry_of(const Call *call, GPtrArray *entries, const char *operation)
{
    const ApiRequest *request = call->request;
    const char *manager = manager_of(request);
    gboolean is_apply = str_is(operation, "Apply");
    Entry *entry;

    for (guint i = 0; i < entries->len; i++) {
        entry = entries->pdata[i];
        if (entry->manager == manager && str_is(entry->operation, operation) &&
            str_is(entry->subresource, request->subresource) && (is_apply || entry->version == version_of(request)))
            return entry;
    }
    entry = g_new0(Entry, 1);
    *entry = (Entry){
        .manager = manager,
        .operation = str_intern(operation),
        .version = version_of(request),
        .time = str_intern(""),
        .subresource = request->subresource,
        .set = field_set_new(),
    };
    g_ptr_array_add(entries, entry);
    return entry;
}

gboolean
managers_equal(const Value *a, const Value *b)
{
    g_autoptr(GPtrArray) x = read_entries(a);
    g_autoptr(GPtrArray) y = read_entries(b);

    if (x->len != y->len)
        return FALSE;
    for (guint i = 0; i < x->len; i++) {
        const Entry *left = x->pdata[i];
        gboolean is_found = FALSE;

        for (guint j = 0; j < y->len && !is_found; j++) {
            const Entry *right = y->pdata[j];

            is_found = left->manager == right->manager && left->operation == right->operation &&
                       left->version == right->version && left->subresource == right->subresource &&
                       field_set_equal(left->set, right->set);
        }
        if (!is_found)
            return FALSE;
    }
    return TRUE;
}

/* --- what nobody owns ------------------------------------------------------------------------ */

/* stripmeta.go, and what the strategy resets at this place: status, or all but it. */
static void
strip(const ApiRequest *request, FieldSet *set)
{
    static const char *const of_object[] = {"f:apiVersion", "f:kind"};
    static const char *const of_meta[] = {"f:name",       "f:namespace",     "f:creationTimestamp",
                                          "f:selfLink",   "f:uid",           "f:clusterName",
                                          "f:generation", "f:managedFields", "f:resourceVersion"};
    FieldSet *meta = field_set_find(set, "f:metadata");

    for (guint i = 0; meta != NULL && i < G_N_ELEMENTS(of_meta); i++)
        field_set_take(meta, of_meta[i]);
    for (guint i = 0; i < G_N_ELEMENTS(of_object); i++)
        field_set_take(set, of_object[i]);
    if (str_is(request->subresource, "status"))
        field_set_take(set, "f:spec");
    else if (request->kind->has_status)
        field_set_take(set, "f:status");
}

static FieldChanges
changes_between(const ApiRequest *request, const Value *before, const Value *after)
{
    FieldChanges changes = {field_set_new(), field_set_new(), field_set_new()};

    field_set_compare(request->form != NULL ? request->form : request->kind, before, after, &changes);
    strip(request, changes.added);
    strip(request, changes.modified);
    return changes;
}

static void
changes_clear(FieldChanges *changes)
{
    field_set_free(changes->added);
    field_set_free(changes->modified);
    field_set_free(changes->removed);
}

/* The document in the version that was asked for, which is the one the paths are of. */
static Value *
encode(const ApiRequest *request, const ApiObject *object)
{
    g_autoptr(ApiObject) shown = request->form != NULL ? request->form->from_stored(object) : api_object_ref(object);
    Value *value = api_object_encode(shown);

    if (value_get(value, "metadata") != NULL)
        value_remove(value_get(value, "metadata"), "managedFields");
    return value;
}

static Value *
encode_old(const ApiRequest *request, const ApiObject *old)
{
    return old != NULL ? encode(request, old) : field_blank(request->form != NULL ? request->form : request->kind);
}

static void
set_managed(ApiObject *object, Value *managed)
{
    ObjectMeta *meta = api_edit_meta(object);

    value_free(meta->managed_fields);
    meta->managed_fields = managed;
}

/* --- updates ---------------------------------------------------------------------------------- */

void
managers_update(const Call *call, const ApiObject *old, ApiObject *object)
{
    const ApiRequest *request = call->request;
    const Value *sent = object->meta->managed_fields;
    const Value *known = old != NULL && sent == NULL ? old->meta->managed_fields : sent;
    g_autoptr(GPtrArray) entries = read_entries(old == NULL ? NULL : known);
    g_autoptr(Value) before = encode_old(request, old);
    g_autoptr(Value) after = encode(request, object);
    FieldChanges changes = changes_between(request, before, after);
    g_autoptr(FieldSet) taken = field_set_copy(changes.added);

    field_set_add(taken, changes.modified);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = entries->pdata[i];

        field_set_subtract(entry->set, taken);
        field_set_subtract(entry->set, changes.removed);
    }
    if (!field_set_is_empty(taken)) {
        Entry *own = entry_of(call, entries, "Update");

        field_set_add(own->set, taken);
        own->time = now_text(call);
    }
    changes_clear(&changes);
    set_managed(object, write_entries(entries));
}

/* --- server-side apply -------------------------------------------------------------------------- */

/* printManager */
static const char *
entry_text(const Entry *entry)
{
    const char *text = api_quote(entry->manager);

    if (!str_is_empty(entry->subresource))
        text = str_internf("%s with subresource %s", text, api_quote(entry->subresource));
    return str_is(entry->operation, "Update") ? str_internf("%s using %s", text, entry->version) : text;
}

/* The order of conflict.go: by what its managers map is keyed with, a JSON text that begins with the manager. */
static int
by_manager(gconstpointer a, gconstpointer b)
{
    const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;
    int order = strcmp(x->manager, y->manager);

    return order != 0 ? order : strcmp(x->operation, y->operation);
}

/* NewConflictError. @entries: of the managers in whose way it is, their sets: the fields. */
static ApiStatus *
conflict_status(const ApiRequest *request, GPtrArray *entries)
{
    ApiStatus *status = api_status_new(409, "Conflict", "");
    g_autoptr(GString) text = g_string_new(NULL);
    guint total = 0;

    g_ptr_array_sort(entries, by_manager);
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        g_autoptr(GPtrArray) paths = field_set_paths(entry->set);

        g_string_append_printf(text, "%sconflicts with %s:", i > 0 ? "\n" : "", entry_text(entry));
        for (guint j = 0; j < paths->len; j++, total++) {
            ApiCause *cause = API_LIST_ADD(&status->causes);

            cause->reason = str_intern("FieldManagerConflict");
            cause->message = str_internf("conflict with %s", entry_text(entry));
            cause->field = g_ptr_array_index(paths, j);
            g_string_append_printf(text, "\n- %s", cause->field);
        }
    }
    if (total == 1)
        status->message = str_internf("Apply failed with 1 conflict: %s: %s", status->causes.items[0].message,
                                      status->causes.items[0].field);
    else
        status->message = str_internf("Apply failed with %u conflicts: %s", total, text->str);
    status->has_details = TRUE;
    (void)request;
    return status;
}

/*
 * lastAppliedManager: who applied from the client may go on from the server: what the annotation says, and
 * the annotation itself, is no conflict for kubectl.
 */
static FieldSet *
allowed_by_note(const ApiRequest *request, const ApiObject *old)
{
    const char *note = old == NULL ? NULL : str_map_get(&old->meta->annotations, CLIENT_APPLY_NOTE);
    g_autoptr(Value) applied = note == NULL ? NULL : value_read_json(note, strlen(note), NULL);
    FieldSet *allowed;

    if (applied == NULL || !str_is(manager_of(request), "kubectl"))
        return NULL;
    allowed = field_set_of(request->form != NULL ? request->form : request->kind, applied);
    strip(request, allowed);
    field_set_mark(field_set_child(field_set_child(field_set_child(allowed, "f:metadata"), "f:annotations"),
                                   "f:" CLIENT_APPLY_NOTE));
    return allowed;
}

/* Who else has set a field that changes. NULL: nobody. */
static ApiStatus *
find_conflicts(const Call *call,
               const ApiObject *old,
               const GPtrArray *entries,
               const Entry *own,
               const FieldSet *taken)
{
    g_autoptr(GPtrArray) met = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(FieldSet) allowed = allowed_by_note(call->request, old);

    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        Entry *conflict;

        if (entry == own)
            continue;
        conflict = g_new0(Entry, 1);
        *conflict = *entry;
        conflict->set = field_set_meet(entry->set, taken);
        if (allowed != NULL)
            field_set_subtract(conflict->set, allowed);
        if (field_set_is_empty(conflict->set))
            entry_free(conflict);
        else
            g_ptr_array_add(met, conflict);
    }
    return met->len == 0 ? NULL : conflict_status(call->request, met);
}

/* Updater.prune: what was said last time and is now said by nobody. */
static void
prune(const ApiRequest *request, Value *tree, const FieldSet *last, const GPtrArray *entries)
{
    g_autoptr(FieldSet) gone = field_set_copy(last);
    g_autoptr(FieldSet) held = field_set_new();

    for (guint i = 0; i < entries->len; i++)
        field_set_add(held, ((const Entry *)entries->pdata[i])->set);
    field_set_name_all(gone);
    field_set_name_all(held);
    field_set_subtract(gone, held);
    field_remove(request->form != NULL ? request->form : request->kind, tree, gone);
}

ApiStatus *
managers_apply(const Call *call, const ApiObject *old, const Value *config, Value **out_tree, Value **out_managers)
{
    const ApiRequest *request = call->request;
    const ApiKind *kind = request->form != NULL ? request->form : request->kind;
    g_autoptr(GPtrArray) entries = read_entries(old == NULL ? NULL : old->meta->managed_fields);
    g_autoptr(Value) before = encode_old(request, old);
    g_autoptr(Value) tree = old != NULL ? field_merge(kind, before, config) : value_copy(config);
    Entry *own = entry_of(call, entries, "Apply");
    g_autoptr(FieldSet) last = g_steal_pointer(&own->set);
    g_autoptr(FieldSet) taken = NULL;
    ApiStatus *status = NULL;
    FieldChanges changes;

    own->set = field_set_of(kind, config);
    own->version = version_of(request);
    if (!field_set_is_empty(last))
        prune(request, tree, last, entries);
    strip(request, own->set); /* only now: the name holds its metadata */
    changes = changes_between(request, before, tree);
    taken = field_set_copy(changes.added);
    field_set_add(taken, changes.modified);
    if (!request->force)
        status = find_conflicts(call, old, entries, own, taken);
    if (status == NULL) {
        for (guint i = 0; i < entries->len; i++) {
            Entry *entry = entries->pdata[i];

            if (entry == own)
                continue;
            field_set_subtract(entry->set, taken);
            field_set_subtract(entry->set, changes.removed);
        }
        if (own->time[0] == '\0' || !field_set_equal(own->set, last) || !field_set_is_empty(taken) ||
            !field_set_is_empty(changes.removed))
            own->time = now_text(call);
        *out_tree = g_steal_pointer(&tree);
        *out_managers = write_entries(entries);
    }
    changes_clear(&changes);
    return status;
}
