/*
 * generate_batch.c - create job, cronjob, quota, poddisruptionbudget
 *
 * Models: k8s.io/kubectl pkg/cmd/create/create_{job,cronjob,quota,pdb}.go v0.34.
 */

#include "kubectl/generate.h"

#include "api/kinds/batch.h"

static Value *
pod_template(Command *command, const char *name, const char *restart)
{
    Value *template_ = value_new_map(), *spec = value_new_map();
    Value *containers = value_new_list(), *container = value_new_map();

    value_set(container, "name", value_new_string(name));
    value_set(container, "image", value_new_string(flag_string(command, "image")));
    if (command->after_dashes != NULL && command->after_dashes->len > 0) {
        Value *words = value_new_list();

        for (guint i = 0; i < command->after_dashes->len; i++)
            value_append(words, value_new_string(g_ptr_array_index(command->after_dashes, i)));
        value_set(container, "command", words);
    }
    value_append(containers, container);
    value_set(spec, "containers", containers);
    value_set(spec, "restartPolicy", value_new_string(restart));
    value_set(template_, "spec", spec);
    return template_;
}

static void
generate_job(Command *command, Value *object, const char *name)
{
    Value *spec = value_new_map();

    value_set(spec, "template", pod_template(command, name, "Never"));
    value_set(object, "spec", spec);
}

static void
generate_cron_job(Command *command, Value *object, const char *name)
{
    const char *restart = flag_string(command, "restart");
    Value *spec = value_new_map(), *job = value_new_map();
    Value *job_spec = value_new_map(), *meta = value_new_map();

    value_set(meta, "name", value_new_string(name));
    value_set(job_spec, "template", pod_template(command, name, str_is_empty(restart) ? "OnFailure" : restart));
    value_set(job, "metadata", meta);
    value_set(job, "spec", job_spec);
    value_set(spec, "jobTemplate", job);
    value_set(spec, "schedule", value_new_string(flag_string(command, "schedule")));
    value_set(object, "spec", spec);
}

static Value *
text_map(const StrMap *texts)
{
    Value *map = value_new_map();

    for (guint i = 0; i < texts->count; i++)
        value_set(map, texts->items[i].key, value_new_string(texts->items[i].value));
    return map;
}

/* createJobFromCronJob: a controller, but one that does not block its deletion. */
Value *
generate_job_from(const ApiObject *cron, const char *name, const char *namespace_)
{
    const JobTemplateSpec *template_ = &cron_job_spec(cron)->job_template;
    Value *object = value_new_map(), *meta = value_new_map();
    Value *annotations = text_map(&template_->metadata.annotations);
    Value *owners = value_new_list(), *owner = value_new_map();

    if (value_get(annotations, "cronjob.kubernetes.io/instantiate") == NULL)
        value_set(annotations, "cronjob.kubernetes.io/instantiate", value_new_string("manual"));
    value_set(owner, "apiVersion", value_new_string("batch/v1"));
    value_set(owner, "kind", value_new_string("CronJob"));
    value_set(owner, "name", value_new_string(api_name(cron)));
    value_set(owner, "uid", value_new_string(api_uid(cron)));
    value_set(owner, "controller", value_new_bool(TRUE));
    value_append(owners, owner);
    value_set(meta, "name", value_new_string(name));
    value_set(meta, "namespace", value_new_string(namespace_));
    value_set(meta, "annotations", annotations);
    if (template_->metadata.labels.count > 0)
        value_set(meta, "labels", text_map(&template_->metadata.labels));
    value_set(meta, "ownerReferences", owners);
    value_set(object, "apiVersion", value_new_string("batch/v1"));
    value_set(object, "kind", value_new_string("Job"));
    value_set(object, "metadata", meta);
    value_set(object, "spec", api_struct_encode(&job_spec_type, &template_->spec));
    return object;
}

/* "a=b,c=d" into a map; FALSE: *out_message. */
static gboolean
add_pairs(Value *map, const char *text, const char *what, char **out_message)
{
    g_auto(GStrv) pairs = g_strsplit(text, ",", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        char *equals = strchr(pairs[i], '=');

        if (equals == NULL) {
            *out_message = g_strdup_printf(what, pairs[i]);
            return FALSE;
        }
        *equals = '\0';
        value_set(map, str_intern(pairs[i]), value_new_string(equals + 1));
    }
    return TRUE;
}

static gboolean
generate_quota(Command *command, Value *object, char **out_message)
{
    Value *spec = value_new_map(), *hard = value_new_map();
    const char *scopes = flag_string(command, "scopes");

    value_set(object, "spec", spec);
    value_set(spec, "hard", hard);
    if (!str_is_empty(flag_string(command, "hard")) &&
        !add_pairs(hard, flag_string(command, "hard"), "invalid argument syntax %s, expected <resource>=<value>",
                   out_message))
        return FALSE;
    if (!str_is_empty(scopes)) {
        g_auto(GStrv) words = g_strsplit(scopes, ",", -1);
        Value *list = value_new_list();

        for (guint i = 0; words[i] != NULL; i++)
            value_append(list, value_new_string(words[i]));
        value_set(spec, "scopes", list);
    }
    return TRUE;
}

static Value *
number_or_percent(const char *text)
{
    return g_str_has_suffix(text, "%") ? value_new_string(text) : value_new_int(g_ascii_strtoll(text, NULL, 10));
}

static gboolean
generate_budget(Command *command, Value *object, char **out_message)
{
    const char *least = flag_string(command, "min-available"), *most = flag_string(command, "max-unavailable");
    Value *spec = value_new_map(), *selector = value_new_map();
    Value *labels = value_new_map();

    value_set(object, "spec", spec);
    value_set(spec, "selector", selector);
    value_set(selector, "matchLabels", labels);
    if (str_is_empty(flag_string(command, "selector"))) {
        *out_message = g_strdup("a selector must be specified");
        return FALSE;
    }
    if (str_is_empty(least) == str_is_empty(most)) {
        *out_message = g_strdup(str_is_empty(least) ? "one of min-available or max-unavailable must be specified"
                                                    : "min-available and max-unavailable cannot be both specified");
        return FALSE;
    }
    if (!str_is_empty(least))
        value_set(spec, "minAvailable", number_or_percent(least));
    else
        value_set(spec, "maxUnavailable", number_or_percent(most));
    return add_pairs(labels, flag_string(command, "selector"), "unexpected selector %s", out_message);
}

gboolean
generate_batch(Command *command, Value *object, const ApiKind *kind, const char *name, char **out_message)
{
    if (str_is(kind->kind, "ResourceQuota"))
        return generate_quota(command, object, out_message);
    if (str_is(kind->kind, "PodDisruptionBudget"))
        return generate_budget(command, object, out_message);
    if (str_is(kind->kind, "Job"))
        generate_job(command, object, name);
    else if (str_is(kind->kind, "CronJob"))
        generate_cron_job(command, object, name);
    else
        return FALSE;
    return TRUE;
}
