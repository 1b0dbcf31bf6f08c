/*
 * describe_any.c - kinds without a description of their own: field by field
 *
 * Models: k8s.io/kubectl pkg/describe genericDescriber: keys in byte order, camel
 * case as words.
 */

#include "kubectl/describe.h"

#include "kubectl/jsonpath.h"

static const char *const acronyms[] = {"API", "URL", "UID", "OSB", "GUID"};

/* Places that the head has told already. */
static const char *const skipped[] = {".metadata.managedFields", ".metadata.name",
                                      ".metadata.namespace", ".metadata.labels",
                                      ".metadata.annotations"};

static gboolean
is_skipped(const char *path)
{
    for (guint i = 0; i < G_N_ELEMENTS(skipped); i++)
        if (str_is(skipped[i], path))
            return TRUE;
    return FALSE;
}

static void
append_word(GString *out, const char *word, gsize length)
{
    g_autofree char *upper = g_ascii_strup(word, (gssize)length);

    if (out->len > 0)
        g_string_append_c(out, ' ');
    for (guint i = 0; i < G_N_ELEMENTS(acronyms); i++)
        if (str_is(acronyms[i], upper)) {
            g_string_append(out, upper);
            return;
        }
    g_string_append_c(out, g_ascii_toupper(word[0]));
    g_string_append_len(out, word + 1, (gssize)length - 1);
}

/* "creationTimestamp" is "Creation Timestamp", "podIPs" "Pod I Ps". (interned) */
static const char *
label_for(const char *field)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize start = 0;

    for (gsize i = 0; field[i] != '\0'; i++)
        if (!g_ascii_isalpha(field[i]) && field[i] != '-')
            return field;
    while (field[start] != '\0') {
        gsize end = start;

        while (g_ascii_isupper(field[end]))
            end++;
        if (end - start > 1 &&
            g_ascii_islower(field[end])) /* the last capital begins the next word */
            end--;
        else
            while (g_ascii_islower(field[end]))
                end++;
        if (end == start)
            end++;
        append_word(out, field + start, end - start);
        start = end;
    }
    return str_intern(out->str);
}

/* Values nest no deeper than their reader allows. */
static void
write_fields(GString *out, guint level, const Value *map, const char *prefix)
{
    g_autofree guint *order = value_sorted_order(map);

    for (guint i = 0; i < map->count; i++) {
        const Value *item = map->items[order[i]];
        const char *key = map->keys[order[i]];
        g_autofree char *path = g_strdup_printf("%s.%s", prefix, key);

        if (is_skipped(path))
            continue;
        if (item->type < VALUE_LIST) {
            g_autofree char *text = jsonpath_go_text(item);
            describe_line(out, level, "%s:\t%s\n", label_for(key), text);
            continue;
        }
        describe_line(out, level, "%s:\n", label_for(key));
        if (item->type == VALUE_MAP) {
            write_fields(out, level + 1, item, path);
            continue;
        }
        for (guint k = 0; k < item->count; k++) {
            g_autofree char *text = NULL;

            if (item->items[k]->type == VALUE_MAP) {
                write_fields(out, level + 1, item->items[k], path);
                continue;
            }
            text = jsonpath_go_text(item->items[k]);
            describe_line(out, level + 1, "%s\n", text);
        }
    }
}

static void
write_any(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    g_autoptr(Value) tree = api_object_encode(object);

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    write_fields(out, 0, tree, "");
    describe_events(out, description->events, description->wall_ns);
}

static const Describer describe_any = {NULL, write_any};

static const Describer *const describers[] = {
    &describe_pod,
    &describe_deployment,
    &describe_replica_set,
    &describe_replication_controller,
    &describe_daemon_set,
    &describe_stateful_set,
    &describe_job,
    &describe_cron_job,
    &describe_hpa,
    &describe_service,
    &describe_endpoint_slice,
    &describe_endpoints,
    &describe_node,
    &describe_namespace,
    &describe_config_map,
    &describe_secret,
    &describe_service_account,
    &describe_priority_class,
    &describe_pdb,
    &describe_resource_quota,
    &describe_limit_range,
    &describe_claim,
    &describe_volume_of_cluster,
    &describe_storage_class,
    &describe_csi_node,
    &describe_ingress_object,
    &describe_network_policy,
    &describe_role,
    &describe_cluster_role,
    &describe_role_binding,
    &describe_cluster_role_binding,
};

const Describer *
describer_find(const ApiKind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(describers); i++)
        if (describers[i]->kind == kind)
            return describers[i];
    return &describe_any;
}
