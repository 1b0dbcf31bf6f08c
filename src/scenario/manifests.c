/* manifests.c - see manifests.h */

#include "scenario/manifests.h"

#include "api/gates.h"
#include "api/kinds.h"
#include "api/validate.h"

/* The node of the tree nearest to a field path such as spec.ports[0].port. */
static const Value *
value_at_path(const Value *root, const char *path)
{
    const Value *at = root;
    const char *p = path;

    while (p != NULL && *p != '\0') {
        const Value *next = NULL;

        if (*p == '.')
            p++;
        if (*p == '[') {
            const char *close = strchr(p, ']');
            g_autofree char *inside = NULL;
            gint64 index;

            if (close == NULL)
                break;
            inside = g_strndup(p + 1, (gsize)(close - p - 1));
            if (at->type == VALUE_LIST && g_ascii_string_to_signed(inside, 10, 0, G_MAXINT, &index, NULL)) {
                if (index < at->count)
                    next = at->items[index];
            } else {
                next = value_get(at, inside);
            }
            p = close + 1;
        } else {
            gsize length = strcspn(p, ".[");
            g_autofree char *name = g_strndup(p, length);

            next = value_get(at, name);
            p += length;
        }
        if (next == NULL)
            break;
        at = next;
    }
    return at;
}

static SourcePos
position(const char *file, const Value *value)
{
    return (SourcePos){str_intern(file), value->line, value->column};
}

/* Field names of a type, for the nearest one to a misspelt name. */
static void
collect_names(const ApiType *type, GPtrArray *names)
{
    if (type == NULL)
        return;
    for (const ApiField *field = type->fields; field->name != NULL; field++)
        g_ptr_array_add(names, (gpointer)field->name);
}

static const ApiType *
type_at_path(const ApiKind *kind, const char *path, GPtrArray *names)
{
    const ApiType *type = NULL;
    g_auto(GStrv) parts = NULL;
    guint n;

    parts = g_strsplit(path, ".", -1);
    n = g_strv_length(parts);
    if (n <= 1) {
        collect_names(kind->body, names);
        g_ptr_array_add(names, (gpointer) "metadata");
        if (kind->spec != NULL)
            g_ptr_array_add(names, (gpointer) "spec");
        return NULL;
    }
    if (str_is(parts[0], "metadata"))
        type = &object_meta_type;
    else if (str_is(parts[0], "spec"))
        type = kind->spec;
    else if (str_is(parts[0], "status"))
        type = kind->status;
    for (guint i = 1; i + 1 < n && type != NULL; i++) {
        const ApiType *inner = NULL;
        char *bracket = strchr(parts[i], '[');

        if (bracket != NULL)
            *bracket = '\0';
        for (const ApiField *field = type->fields; field->name != NULL; field++)
            if (str_is(field->name, parts[i]))
                inner = field->message;
        type = inner;
    }
    collect_names(type, names);
    return type;
}

/* The place of the key whose value is @wanted; FALSE if it stands under no key. */
static gboolean
find_key(const Value *root, const Value *wanted, const char *file, SourcePos *out_pos)
{
    for (guint i = 0; i < root->count; i++) {
        if (root->items[i] == wanted && root->type == VALUE_MAP && root->key_places != NULL) {
            *out_pos = (SourcePos){str_intern(file), root->key_places[i].line, root->key_places[i].column};
            return TRUE;
        }
        if (find_key(root->items[i], wanted, file, out_pos))
            return TRUE;
    }
    return FALSE;
}

static void
report_unknown(const char *file, const ApiKind *kind, const Value *document, const ApiDecodeResult *result, Diag *diag)
{
    for (guint i = 0; result->unknown != NULL && i < result->unknown->len; i++) {
        const char *path = g_ptr_array_index(result->unknown, i);
        const Value *at = g_ptr_array_index(result->unknown_pos, i);
        const char *last = strrchr(path, '.');
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        SourcePos pos = position(file, at);
        const char *near;

        find_key(document, at, file, &pos);
        last = last != NULL ? last + 1 : path;
        type_at_path(kind, path, names);
        g_ptr_array_add(names, NULL);
        near = diag_nearest(last, (const char *const *)names->pdata);
        if (near != NULL)
            diag_add(diag, DIAG_ERROR, pos, path, "unknown field '%s'; write %s", last, near);
        else
            diag_add(diag, DIAG_ERROR, pos, path, "unknown field '%s'; `desk8s explain %s` lists the known ones", last, kind->singular);
    }
}

/* --- values of the wrong type ------------------------------------------------------------ */

/* "json: cannot unmarshal ... of type int32": what the field wants, in plain words. */
static const char *
wanted_words(const char *message, const Value *value)
{
    const char *type = g_strrstr(message, " of type ");

    if (strstr(message, "quantit") != NULL)
        return "a quantity such as 500m or 64Mi";
    if (type == NULL)
        return NULL;
    type += strlen(" of type ");
    if (g_str_has_prefix(type, "int"))
        return "an integer";
    if (str_is(type, "bool"))
        return "true or false";
    if (str_is(type, "string"))
        return value->text != NULL && value->type != VALUE_STRING ? str_internf("a string: \"%s\"", value->text) : "a string";
    if (g_str_has_prefix(type, "[]"))
        return "a list: lines that begin with '- '";
    return "a map: KEY: VALUE";
}

static void
report_type(const char *file, const Value *value, const ApiDecodeResult *result, Diag *diag)
{
    static const char *const types[] = {"nothing", "true or false", "an integer", "a number", "a string", "a list", "a map"};
    const char *wanted = wanted_words(result->type_error, value);
    SourcePos pos = {str_intern(file), result->line, result->column};

    if (wanted == NULL)
        diag_add(diag, DIAG_ERROR, pos, result->path, "%s", result->type_error);
    else if (value->type == VALUE_BOOL && str_is(wanted, "a string"))
        diag_add(diag, DIAG_ERROR, pos, result->path, "YAML takes this word for true or false; write it in quotes");
    else if (value->type == VALUE_INT && g_str_has_prefix(wanted, "an integer"))
        diag_add(diag, DIAG_ERROR, pos, result->path, "'%s' does not fit; write an integer from %d to %d", value->text, G_MININT32, G_MAXINT32);
    else if (value->text != NULL)
        diag_add(diag, DIAG_ERROR, pos, result->path, "'%s' is %s; write %s", value->text, value->type == VALUE_STRING && g_str_has_prefix(wanted, "a quantity") ? "no quantity" : types[value->type], wanted);
    else
        diag_add(diag, DIAG_ERROR, pos, result->path, "this is %s; write %s", types[value->type], wanted);
}

/* The value that stands there, and whose member it is. */
static Value *
find_place(Value *root, guint line, guint column, Value **out_parent)
{
    if (root->line == line && root->column == column && root->type != VALUE_NULL)
        return root;
    for (guint i = 0; i < root->count; i++) {
        Value *found = find_place(root->items[i], line, column, out_parent);

        if (found != NULL) {
            if (found == root->items[i])
                *out_parent = root;
            return found;
        }
    }
    return NULL;
}

/* What stands there was told; the rest is read as if it were not there. Elements of lists keep their numbers. */
static void
take_out(Value *parent, Value *value)
{
    if (parent->type == VALUE_MAP) {
        for (guint i = 0; i < parent->count; i++)
            if (parent->items[i] == value) {
                value_remove(parent, parent->keys[i]);
                return;
            }
    }
    for (guint i = 0; i < value->count; i++)
        value_free(value->items[i]);
    value->count = 0;
    value->type = VALUE_NULL;
    value->text = NULL;
}

/*
 * The API server stops at the first value of a wrong type; here all of them are
 * told. @tree is changed; places told of are added to @told. (owned)
 */
static ApiObject *
decode_all(const char *file, const ApiKind *kind, Value *tree, ApiDecodeResult *result, GArray *told, Diag *diag)
{
    for (;;) {
        ApiObject *object = api_object_decode(kind, tree, result);
        SourcePos pos = {str_intern(file), result->line, result->column};
        Value *parent = NULL;
        Value *wrong;

        if (object != NULL)
            return object;
        wrong = find_place(tree, result->line, result->column, &parent);
        if (wrong == NULL || parent == NULL) {
            diag_add(diag, DIAG_ERROR, pos, result->path, "%s", result->type_error != NULL ? result->type_error : "this is no object; write apiVersion, kind, metadata, spec");
            return NULL;
        }
        report_type(file, wrong, result, diag);
        g_array_append_val(told, pos);
        take_out(parent, wrong);
        api_decode_result_clear(result);
        *result = (ApiDecodeResult){0};
    }
}

static gboolean
was_told(const GArray *told, const Value *at)
{
    for (guint i = 0; i < told->len; i++) {
        const SourcePos *pos = &g_array_index(told, SourcePos, i);
        if (pos->line == at->line && pos->column == at->column)
            return TRUE;
    }
    return FALSE;
}

static void
report_invalid(const char *file, const ApiKind *form, const Value *document, const GArray *told, const ApiErrors *errors, Diag *diag)
{
    for (guint i = 0; i < errors->list.count; i++) {
        const FieldError *error = &errors->list.items[i];
        static const char *const words[] = {
            [FIELD_REQUIRED] = "required value", [FIELD_INVALID] = "invalid value", [FIELD_DUPLICATE] = "duplicate value",
            [FIELD_NOT_FOUND] = "not found", [FIELD_NOT_SUPPORTED] = "unsupported value", [FIELD_FORBIDDEN] = "forbidden",
            [FIELD_TOO_LONG] = "too long", [FIELD_TOO_MANY] = "too many", [FIELD_INTERNAL] = "internal error",
        };
        const char *detail = error->detail;
        const Value *at = value_at_path(document, form->place_of != NULL ? form->place_of(error->path) : error->path);

        if (was_told(told, at))
            continue;
        if (str_is_empty(detail))
            detail = error->type == FIELD_REQUIRED ? "write it" : error->type == FIELD_DUPLICATE ? "write another" : NULL;
        diag_add(diag, DIAG_ERROR, position(file, at), error->path, "%s%s%s%s%s", words[error->type], error->value != NULL ? " " : "",
                 error->value != NULL ? error->value : "", detail != NULL ? "; " : "", detail != NULL ? detail : "");
    }
}

static const ApiKind *
document_kind(const char *file, const Value *document, Diag *diag)
{
    const char *kind = value_get_string(document, "kind", NULL);
    const char *version = value_get_string(document, "apiVersion", NULL);
    const ApiKind *found;

    if (kind == NULL || version == NULL) {
        diag_add(diag, DIAG_ERROR, position(file, document), "", "%s is missing; write apiVersion and kind as the first lines", kind == NULL ? "kind" : "apiVersion");
        return NULL;
    }
    found = api_form_find(version, kind);
    if (found == NULL) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *near;

        for (guint i = 0; api_kinds[i] != NULL; i++) {
            if (str_is(api_kinds[i]->kind, kind)) {
                diag_add(diag, DIAG_ERROR, position(file, value_get(document, "apiVersion")), "apiVersion", "no kind %s in version '%s'; write %s", kind, version, api_kind_api_version(api_kinds[i]));
                return NULL;
            }
            g_ptr_array_add(names, (gpointer)api_kinds[i]->kind);
        }
        g_ptr_array_add(names, NULL);
        near = diag_nearest(kind, (const char *const *)names->pdata);
        diag_add(diag, DIAG_ERROR, position(file, value_get(document, "kind")), "kind", "unknown kind '%s'%s%s", kind, near != NULL ? "; write " : "; `desk8s explain` lists the kinds", near != NULL ? near : "");
    }
    return found;
}

void
manifest_check(const char *file, const Value *document, guint profile, Diag *diag)
{
    const ApiKind *kind, *form;
    ApiDecodeResult result = {0};
    g_autoptr(Value) tree = NULL;
    g_autoptr(GArray) told = g_array_new(FALSE, FALSE, sizeof(SourcePos));
    g_autoptr(ApiObject) object = NULL;
    g_autoptr(ApiErrors) errors = NULL;

    if (document->type != VALUE_MAP) {
        diag_add(diag, DIAG_ERROR, position(file, document), "", "a manifest is a map; write apiVersion, kind, metadata, spec");
        return;
    }
    if (str_is(value_get_string(document, "kind", NULL), "List")) {
        const Value *items = value_get(document, "items");

        if (items == NULL || items->type != VALUE_LIST)
            diag_add(diag, DIAG_ERROR, position(file, items != NULL ? items : document), "items", "a List has a list of items; write items: and lines that begin with '- '");
        for (guint i = 0; items != NULL && items->type == VALUE_LIST && i < items->count; i++)
            manifest_check(file, items->items[i], profile, diag);
        return;
    }
    kind = form = document_kind(file, document, diag);
    if (kind == NULL)
        return;
    tree = value_copy(document);
    object = decode_all(file, kind, tree, &result, told, diag);
    report_unknown(file, kind, tree, &result, diag);
    if (object != NULL && kind->stored != NULL) {
        ApiObject *stored = kind->to_stored(object);

        api_object_unref(object);
        object = stored;
        kind = kind->stored;
    }
    if (object != NULL) {
        if (kind->is_namespaced && str_is_empty(object->meta->namespace_))
            api_edit_meta(object)->namespace_ = str_intern("default");
        api_edit_meta(object)->uid = str_intern("uid"); /* the server's; some kinds write it into labels */
        api_default(object);
        api_apply_gates(object, NULL, profile);
        if (kind->begin != NULL)
            kind->begin(object, NULL);
        if (kind->prepare_create != NULL)
            kind->prepare_create(object);
        errors = api_errors_new();
        errors->profile = profile;
        api_validate_create(object, errors);
        report_invalid(file, form, document, told, errors, diag);
    }
    api_decode_result_clear(&result);
}

void
manifest_add(Scenario *scenario, const char *file, Value *document)
{
    ScManifest manifest = {str_intern(file), document, NULL};
    const char *kind = value_get_string(document, "kind", NULL);
    const char *version = value_get_string(document, "apiVersion", NULL);

    if (str_is(kind, "List")) {
        const Value *items = value_get(document, "items");
        for (guint i = 0; items != NULL && items->type == VALUE_LIST && i < items->count; i++)
            manifest_add(scenario, file, items->items[i]);
        return;
    }
    if (kind != NULL && version != NULL)
        manifest.kind = api_kind_find(version, kind);
    g_array_append_val(manifest.kind == &node_kind ? scenario->nodes : scenario->manifests, manifest);
}
