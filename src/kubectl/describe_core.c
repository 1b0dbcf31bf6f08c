/*
 * describe_core.c - namespaces, config maps, secrets, service accounts,
 * priority classes
 */

#include "kubectl/describe.h"

static gsize
decoded_length(const char *base64)
{
    gsize length = 0;
    g_autofree guchar *data = str_is_empty(base64) ? NULL : g_base64_decode(base64, &length);

    return length;
}

static void
write_namespace(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const ConditionList *conditions = &namespace_status(object)->conditions;

    describe_line(out, 0, "Name:\t%s\n", api_name(object));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "Status:\t%s\n", text_or(namespace_status(object)->phase, ""));
    if (conditions->count > 0) {
        describe_line(out, 0, "Conditions:\n");
        describe_line(out, 1, "Type\tStatus\tLastTransitionTime\tReason\tMessage\n");
        describe_line(out, 1, "----\t------\t------------------\t------\t-------\n");
    }
    for (guint i = 0; i < conditions->count; i++) {
        const Condition *one = &conditions->items[i];
        g_autofree char *transition = time_text(one->last_transition_time);

        describe_line(out, 1, "%s\t%s\t%s\t%s\t%s\n", one->type, text_or(one->status, ""),
                      transition, text_or(one->reason, ""), text_or(one->message, ""));
    }
    g_string_append_c(out, '\n');
    describe_quotas(out, description->related);
    g_string_append_c(out, '\n');
    describe_limit_ranges(out, description->others);
}

/* Both are asked for in the namespace itself. */
static void
inside_namespace(const ApiObject *object, ApiRequest *request)
{
    request->namespace_ = api_name(object);
}

static void
write_config_map(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const ConfigMapBody *body = object->body;

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    g_string_append(out, "\nData\n====\n");
    for (guint i = 0; i < body->data.count; i++)
        g_string_append_printf(out, "%s:\n----\n%s\n\n", body->data.items[i].key,
                               text_or(body->data.items[i].value, ""));
    g_string_append(out, "\nBinaryData\n====\n");
    for (guint i = 0; i < body->binary_data.count; i++)
        g_string_append_printf(out, "%s: %u bytes\n", body->binary_data.items[i].key,
                               (guint)decoded_length(body->binary_data.items[i].value));
    g_string_append_c(out, '\n');
    describe_events(out, description->events, description->wall_ns);
}

static void
write_secret(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const SecretBody *body = object->body;

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    g_string_append_printf(out, "\nType:\t%s\n\nData\n====\n", text_or(body->type, ""));
    for (guint i = 0; i < body->data.count; i++) {
        const char *key = body->data.items[i].key;

        if (str_is(key, "token") && str_is(body->type, "kubernetes.io/service-account-token")) {
            gsize length = 0;
            g_autofree guchar *token =
                g_base64_decode(text_or(body->data.items[i].value, ""), &length);

            g_string_append_printf(out, "%s:\t%.*s\n", key, (int)length, (const char *)token);
        } else {
            g_string_append_printf(out, "%s:\t%u bytes\n", key,
                                   (guint)decoded_length(body->data.items[i].value));
        }
    }
}

static gboolean
is_there(const GPtrArray *secrets, const char *name)
{
    for (guint i = 0; i < secrets->len; i++)
        if (str_is(api_name(secrets->pdata[i]), name))
            return TRUE;
    return FALSE;
}

/* @secrets: those that exist, to tell which are missing; NULL: all are there. */
static void
write_secret_names(GString *out, const char *head, const GPtrArray *names, const GPtrArray *secrets)
{
    if (names->len == 0)
        describe_line(out, 0, "%s\t<none>\n", head);
    for (guint i = 0; i < names->len; i++)
        describe_line(out, 0, "%s\t%s%s\n", i == 0 ? head : "                   ",
                      (const char *)names->pdata[i],
                      secrets != NULL && !is_there(secrets, names->pdata[i]) ? " (not found)" : "");
}

static gboolean
is_token_of(const ApiObject *secret, const ApiObject *account)
{
    const StrMap *annotations = &secret->meta->annotations;

    return str_is(((const SecretBody *)secret->body)->type, "kubernetes.io/service-account-token") &&
           str_is(str_map_get(annotations, str_intern("kubernetes.io/service-account.name")),
                  api_name(account)) &&
           str_is(str_map_get(annotations, str_intern("kubernetes.io/service-account.uid")),
                  api_uid(account));
}

static void
write_service_account(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const ServiceAccountBody *body = object->body;
    const GPtrArray *secrets = description->related;
    g_autoptr(GPtrArray) pull = g_ptr_array_new();
    g_autoptr(GPtrArray) mount = g_ptr_array_new();
    g_autoptr(GPtrArray) tokens = g_ptr_array_new();

    for (guint i = 0; i < body->image_pull_secrets.count; i++)
        g_ptr_array_add(pull, (gpointer)body->image_pull_secrets.items[i].name);
    for (guint i = 0; i < body->secrets.count; i++)
        g_ptr_array_add(mount, (gpointer)body->secrets.items[i].name);
    for (guint i = 0; secrets != NULL && i < secrets->len; i++)
        if (is_token_of(secrets->pdata[i], object))
            g_ptr_array_add(tokens, (gpointer)api_name(secrets->pdata[i]));

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    write_secret_names(out, "Image pull secrets:", pull, description->related);
    write_secret_names(out, "Mountable secrets: ", mount, description->related);
    write_secret_names(out, "Tokens:            ", tokens, NULL);
    describe_events(out, description->events, description->wall_ns);
}

static void
secrets_of_namespace(const ApiObject *object, ApiRequest *request)
{
    (void)object;
    (void)request;
}

static void
write_priority_class(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const PriorityClassBody *body = object->body;

    describe_line(out, 0, "Name:\t%s\n", api_name(object));
    describe_line(out, 0, "Value:\t%d\n", body->value);
    describe_line(out, 0, "GlobalDefault:\t%s\n", body->global_default ? "true" : "false");
    if (!str_is_empty(body->preemption_policy))
        describe_line(out, 0, "PreemptionPolicy:\t%s\n", body->preemption_policy);
    describe_line(out, 0, "Description:\t%s\n", text_or(body->description, ""));
    describe_line(out, 0, "Annotations:\t%s\n",
                  str_map_format(&object->meta->annotations, "<none>"));
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_namespace = {&namespace_kind,
                                      write_namespace,
                                      .related_kind = &resource_quota_kind,
                                      .related = inside_namespace,
                                      .other_kind = &limit_range_kind,
                                      .has_no_events = TRUE};
const Describer describe_config_map = {&config_map_kind, write_config_map};
const Describer describe_secret = {&secret_kind, write_secret, .has_no_events = TRUE};
const Describer describe_service_account = {&service_account_kind, write_service_account,
                                            .related_kind = &secret_kind,
                                            .related = secrets_of_namespace};
const Describer describe_priority_class = {&priority_class_kind, write_priority_class};
