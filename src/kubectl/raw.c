/* raw.c - see raw.h; models k8s.io/apiserver pkg/endpoints/request/requestinfo.go v1.34 */

#include "kubectl/raw.h"

static const ApiKind *
find_kind(const char *api_version, const char *plural)
{
    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (str_is(api_kind_api_version(api_kinds[i]), api_version) && str_is(api_kinds[i]->plural, plural))
            return api_kinds[i];
    return NULL;
}

/* "labelSelector=app%3Dweb&limit=500": what selects; the rest is about how the answer is cut. */
static void
set_query(ApiRequest *request, const char *query)
{
    g_auto(GStrv) pairs = g_strsplit(query, "&", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);
        g_autofree char *value = pair[0] != NULL && pair[1] != NULL ? g_uri_unescape_string(pair[1], NULL) : NULL;

        if (value != NULL && str_is(pair[0], "labelSelector"))
            request->label_selector = str_intern(value);
        else if (value != NULL && str_is(pair[0], "fieldSelector"))
            request->field_selector = str_intern(value);
    }
}

/* The words behind group and version: [namespaces NAMESPACE] RESOURCE [NAME [status]]. */
static ApiRequest *
request_for(const char *api_version, char **words)
{
    guint n = g_strv_length(words);
    const char *namespace_ = NULL;
    const ApiKind *kind;

    if (n > 2 && str_is(words[0], "namespaces")) {
        namespace_ = str_intern(words[1]);
        words += 2;
        n -= 2;
    }
    kind = n > 0 ? find_kind(api_version, words[0]) : NULL;
    if (kind == NULL || n > 3 || (n == 3 && !str_is(words[2], "status")) || (namespace_ != NULL && !kind->is_namespaced))
        return NULL;
    if ((n > 1 && kind->is_namespaced && namespace_ == NULL) || (n == 3 && !kind->has_status))
        return NULL;
    return api_request_new(n > 1 ? VERB_GET : VERB_LIST, kind, namespace_, n > 1 ? str_intern(words[1]) : NULL);
}

ApiRequest *
raw_request(const char *path)
{
    gsize length = strcspn(path, "?");
    g_autofree char *plain = g_strndup(path, length);
    g_auto(GStrv) words = NULL;
    g_autofree char *group_version = NULL;
    ApiRequest *request = NULL;
    guint n;

    g_strchomp(plain);
    if (g_str_has_suffix(plain, "/"))
        plain[strlen(plain) - 1] = '\0';
    words = g_strsplit(plain[0] == '/' ? plain + 1 : plain, "/", -1);
    n = g_strv_length(words);
    if (n > 2 && str_is(words[0], "api")) {
        request = request_for(words[1], words + 2);
    } else if (n > 3 && str_is(words[0], "apis")) {
        group_version = g_strdup_printf("%s/%s", words[1], words[2]);
        request = request_for(group_version, words + 3);
    }
    if (request != NULL && path[length] == '?')
        set_query(request, path + length + 1);
    return request;
}

Value *
raw_order(const Value *body)
{
    Value *whole = value_new_map();

    value_set(whole, "kind", value_copy(value_get(body, "kind")));
    for (guint i = 0; i < body->count; i++)
        if (!str_is(body->keys[i], "kind"))
            value_set(whole, body->keys[i], value_copy(body->items[i]));
    return whole;
}

Value *
raw_object(const ApiObject *object)
{
    g_autoptr(Value) body = api_object_encode(object);

    return raw_order(body);
}

Value *
raw_list(const ApiKind *kind, const ApiResponse *response)
{
    Value *list = value_new_map();
    Value *metadata = value_new_map();
    Value *items = value_new_list();

    value_set(list, "kind", value_new_string(str_internf("%sList", kind->kind)));
    value_set(list, "apiVersion", value_new_string(api_kind_api_version(kind)));
    value_set(metadata, "resourceVersion", value_new_string(str_internf("%" G_GUINT64_FORMAT, response->revision)));
    value_set(list, "metadata", metadata);
    for (guint i = 0; i < response->items->len; i++) {
        Value *item = api_object_encode(g_ptr_array_index(response->items, i));

        value_remove(item, "kind");
        value_remove(item, "apiVersion");
        value_append(items, item);
    }
    value_set(list, "items", items);
    return list;
}
