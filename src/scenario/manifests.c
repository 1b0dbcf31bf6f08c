/* manifests.c - see manifests.h */

#include "scenario/manifests.h"

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

static void
report_unknown(const char *file, const ApiKind *kind, const Value *document, const ApiDecodeResult *result, Diag *diag)
{
    for (guint i = 0; result->unknown != NULL && i < result->unknown->len; i++) {
        const char *path = g_ptr_array_index(result->unknown, i);
        const Value *at = result->unknown_pos != NULL && i < result->unknown_pos->len ? g_ptr_array_index(result->unknown_pos, i) : NULL;
        const char *last = strrchr(path, '.');
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *near;

        if (at == NULL)
            at = value_at_path(document, path);
        last = last != NULL ? last + 1 : path;
        type_at_path(kind, path, names);
        g_ptr_array_add(names, NULL);
        near = diag_nearest(last, (const char *const *)names->pdata);
        if (near != NULL)
            diag_add(diag, DIAG_ERROR, position(file, at), path, "unknown field '%s'; write %s", last, near);
        else
            diag_add(diag, DIAG_ERROR, position(file, at), path, "unknown field '%s'; `desk8s explain %s` lists the known ones", last, kind->singular);
    }
}

static void
report_invalid(const char *file, const Value *document, const ApiErrors *errors, Diag *diag)
{
    for (guint i = 0; i < errors->list.count; i++) {
        const FieldError *error = &errors->list.items[i];
        static const char *const words[] = {
            [FIELD_REQUIRED] = "required value", [FIELD_INVALID] = "invalid value", [FIELD_DUPLICATE] = "duplicate value",
            [FIELD_NOT_FOUND] = "not found", [FIELD_NOT_SUPPORTED] = "unsupported value", [FIELD_FORBIDDEN] = "forbidden",
            [FIELD_TOO_LONG] = "too long", [FIELD_TOO_MANY] = "too many", [FIELD_INTERNAL] = "internal error",
        };
        const Value *at = value_at_path(document, error->path);

        diag_add(diag, DIAG_ERROR, position(file, at), error->path, "%s%s%s%s%s", words[error->type], error->value != NULL ? " " : "",
                 error->value != NULL ? error->value : "", str_is_empty(error->detail) ? "" : "; ", error->detail != NULL ? error->detail : "");
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
    found = api_kind_find(version, kind);
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
manifest_check(const char *file, const Value *document, Diag *diag)
{
    const ApiKind *kind;
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) object = NULL;
    g_autoptr(ApiErrors) errors = NULL;

    if (document->type != VALUE_MAP) {
        diag_add(diag, DIAG_ERROR, position(file, document), "", "a manifest is a map; write apiVersion, kind, metadata, spec");
        return;
    }
    if (str_is(value_get_string(document, "kind", NULL), "List")) {
        const Value *items = value_get(document, "items");
        for (guint i = 0; items != NULL && i < items->count; i++)
            manifest_check(file, items->items[i], diag);
        return;
    }
    kind = document_kind(file, document, diag);
    if (kind == NULL)
        return;
    object = api_object_decode(kind, document, &result);
    report_unknown(file, kind, document, &result, diag);
    if (object == NULL) {
        SourcePos pos = {str_intern(file), result.line, result.column};
        diag_add(diag, DIAG_ERROR, pos, result.path, "%s", result.type_error != NULL ? result.type_error : "wrong type");
    } else {
        if (kind->is_namespaced && str_is_empty(object->meta->namespace_))
            api_edit_meta(object)->namespace_ = str_intern("default");
        api_default(object);
        errors = api_errors_new();
        api_validate_create(object, errors);
        report_invalid(file, document, errors, diag);
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
        for (guint i = 0; items != NULL && i < items->count; i++)
            manifest_add(scenario, file, items->items[i]);
        return;
    }
    if (kind != NULL && version != NULL)
        manifest.kind = api_kind_find(version, kind);
    g_array_append_val(manifest.kind == &node_kind ? scenario->nodes : scenario->manifests, manifest);
}
