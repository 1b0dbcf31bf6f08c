/*
 * generate_batch.c - create job, cronjob, quota, poddisruptionbudget
 *
 * Models: k8s.io/kubectl pkg/cmd/create/create_{job,cronjob,quota,pdb}.go v0.34.
 */

#include "api/selector.h"
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
    if (namespace_ != NULL)
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

/* --- quota: populateResourceListV1 ---------------------------------------------------------------- */

static gboolean
add_amounts(Value *hard, const char *text, char **out_message)
{
    g_auto(GStrv) rows = g_strsplit(text, ",", -1);

    for (guint i = 0; rows[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(rows[i], "=", -1);
        Quantity amount;

        if (g_strv_length(parts) != 2) {
            *out_message = g_strdup_printf("Invalid argument syntax %s, expected <resource>=<value>",
                                           rows[i]);
            return FALSE;
        }
        if (!quantity_parse(parts[1], &amount)) {
            *out_message = g_strdup(quantity_parse_message(parts[1]));
            return FALSE;
        }
        value_set(hard, str_intern(parts[0]), value_new_string(quantity_format(&amount)));
    }
    return TRUE;
}

static gboolean
generate_quota(Command *command, Value *object, char **out_message)
{
    Value *spec = value_new_map(), *hard = value_new_map();
    const char *scopes = flag_string(command, "scopes");

    value_set(object, "spec", spec);
    if (!str_is_empty(flag_string(command, "hard"))) {
        value_set(spec, "hard", hard);
        if (!add_amounts(hard, flag_string(command, "hard"), out_message))
            return FALSE;
    } else {
        value_free(hard);
    }
    if (!str_is_empty(scopes)) {
        g_auto(GStrv) words = g_strsplit(scopes, ",", -1);
        Value *list = value_new_list();

        for (guint i = 0; words[i] != NULL; i++) {
            if (words[i][0] == '\0') {
                *out_message = g_strdup_printf("invalid resource quota scope \"%s\"", words[i]);
                value_free(list);
                return FALSE;
            }
            value_append(list, value_new_string(words[i]));
        }
        value_set(spec, "scopes", list);
    }
    return TRUE;
}

/* --- poddisruptionbudget ----------------------------------------------------------------------------- */

/* ParseToLabelSelector: "a=b", "a in (b,c)", "a", "!a"; what is no selector is told in the parser's words. */
static gboolean
add_selector(Value *selector, const char *text, char **out_message)
{
    g_autofree char *wrong = NULL;
    Selector *parsed = selector_parse(text, &wrong);
    g_autoptr(GRegex) row = g_regex_new(
        "\\G\\s*(?:(!)\\s*([^\\s,=!()]+)|([^\\s,=!()]+)\\s*(?:(==?|!=)\\s*([^\\s,()]*)|\\s(in|notin)\\s*"
        "\\(([^)]*)\\))?)\\s*(?:,|$)",
        0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    Value *labels = value_new_map(), *expressions = value_new_list();

    value_set(selector, "matchLabels", labels);
    value_set(selector, "matchExpressions", expressions);
    if (parsed == NULL) {
        *out_message =
            g_strdup_printf("couldn't parse the selector string \"%s\": %s", text, wrong);
        return FALSE;
    }
    selector_free(parsed);
    g_regex_match(row, text, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *absent = g_match_info_fetch(match, 2);
        g_autofree char *key = g_match_info_fetch(match, 3);
        g_autofree char *sign = g_match_info_fetch(match, 4);
        g_autofree char *value = g_match_info_fetch(match, 5);
        g_autofree char *word = g_match_info_fetch(match, 6);
        g_autofree char *list = g_match_info_fetch(match, 7);
        Value *expression;

        if (str_is_empty(key) && str_is_empty(absent))
            break;
        if (str_is(sign, "!=")) {
            *out_message = g_strdup("\"!=\" is not a valid label selector operator");
            return FALSE;
        }
        if (!str_is_empty(sign)) {
            value_set(labels, str_intern(key), value_new_string(value));
            continue;
        }
        expression = value_new_map();
        value_set(expression, "key", value_new_string(str_is_empty(key) ? absent : key));
        value_set(expression, "operator",
                  value_new_string(str_is_empty(key)        ? "DoesNotExist"
                                   : str_is(word, "in")     ? "In"
                                   : str_is(word, "notin")  ? "NotIn"
                                                            : "Exists"));
        if (!str_is_empty(word)) {
            g_auto(GStrv) words = g_strsplit(list, ",", -1);
            Value *values = value_new_list();

            for (guint i = 0; words[i] != NULL; i++)
                value_append(values, value_new_string(g_strstrip(words[i])));
            value_set(expression, "values", values);
        }
        value_append(expressions, expression);
    }
    if (labels->count == 0)
        value_remove(selector, "matchLabels");
    if (expressions->count == 0)
        value_remove(selector, "matchExpressions");
    return TRUE;
}

static Value *
number_or_percent(const char *text)
{
    return g_str_has_suffix(text, "%") ? value_new_string(text)
                                       : value_new_int(g_ascii_strtoll(text, NULL, 10));
}

static gboolean
is_amount(const char *text)
{
    gsize digits = strspn(text, "0123456789");

    return digits > 0 && (text[digits] == '\0' || g_strcmp0(text + digits, "%") == 0);
}

/* PodDisruptionBudgetOpts.Validate */
static const char *
budget_fault(Command *command)
{
    const char *least = flag_string(command, "min-available");
    const char *most = flag_string(command, "max-unavailable");

    if (str_is_empty(flag_string(command, "selector")))
        return "a selector must be specified";
    if (str_is_empty(least) && str_is_empty(most))
        return "one of min-available or max-unavailable must be specified";
    if (!str_is_empty(least) && !str_is_empty(most))
        return "min-available and max-unavailable cannot be both specified";
    if (!str_is_empty(least) && !is_amount(least))
        return "invalid format specified for min-available";
    if (!str_is_empty(most) && !is_amount(most))
        return "invalid format specified for max-unavailable";
    return NULL;
}

static gboolean
generate_budget(Command *command, Value *object, char **out_message)
{
    const char *least = flag_string(command, "min-available");
    const char *fault = budget_fault(command);
    Value *spec, *selector;

    if (fault != NULL) {
        *out_message = g_strdup(fault);
        return FALSE;
    }
    spec = value_new_map();
    selector = value_new_map();
    value_set(object, "spec", spec);
    value_set(spec, "selector", selector);
    if (!str_is_empty(least))
        value_set(spec, "minAvailable", number_or_percent(least));
    else
        value_set(spec, "maxUnavailable",
                  number_or_percent(flag_string(command, "max-unavailable")));
    return add_selector(selector, flag_string(command, "selector"), out_message);
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
