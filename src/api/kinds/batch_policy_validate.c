/*
 * Validation of what a Job does about pods that fail, and when it counts as done.
 *
 * Models: v1.34 pkg/apis/batch/validation: validatePodFailurePolicy, validateSuccessPolicy.
 */
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define MAX_RULES 20
#define MAX_EXIT_CODES 255
#define MAX_PATTERNS 20
#define MAX_INDEXES_TEXT (64 * 1024)

/* check_one_of(), but for an empty text it says what there is. */
static gboolean
check_word(ApiErrors *errors, const char *child, const char *word, const char *const *words)
{
    g_autoptr(GString) all = NULL;

    if (!str_is_empty(word))
        return check_one_of(errors, child, word, words);
    all = g_string_new("valid values: [");
    for (guint i = 0; words[i] != NULL; i++)
        g_string_append_printf(all, "%s\"%s\"", i > 0 ? " " : "", words[i]);
    g_string_append_c(all, ']');
    field_required(errors, child, all->str);
    return FALSE;
}

static gboolean
has_container(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->containers.count; i++)
        if (str_is(spec->containers.items[i].name, name))
            return TRUE;
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (str_is(spec->init_containers.items[i].name, name))
            return TRUE;
    return FALSE;
}

static const char *
print_codes(const ExitCodesRequirement *codes)
{
    g_autoptr(GString) text = g_string_new("[");

    for (guint i = 0; i < codes->values.count; i++)
        g_string_append_printf(text, "%s%d", i > 0 ? "," : "", codes->values.items[i]);
    g_string_append_c(text, ']');
    return str_intern(text->str);
}

static const char *
print_patterns(const PodFailurePolicyRule *rule)
{
    g_autoptr(GString) text = g_string_new("[");

    if (rule->on_pod_conditions.items == NULL)
        return "null";
    for (guint i = 0; i < rule->on_pod_conditions.count; i++)
        g_string_append_printf(text, "%s{\"Type\":%s,\"Status\":%s}", i > 0 ? "," : "",
                               api_quote(rule->on_pod_conditions.items[i].type),
                               api_quote(rule->on_pod_conditions.items[i].status));
    g_string_append_c(text, ']');
    return str_intern(text->str);
}

const char *
print_failure_policy(const PodFailurePolicy *policy)
{
    g_autoptr(GString) text = g_string_new("[");

    if (policy == NULL)
        return "null";
    for (guint i = 0; i < policy->rules.count; i++) {
        const PodFailurePolicyRule *rule = &policy->rules.items[i];
        const ExitCodesRequirement *codes = rule->on_exit_codes;
        const char *printed = "null";

        if (codes != NULL)
            printed = str_internf("{\"ContainerName\":%s,\"Operator\":%s,\"Values\":%s}",
                                  codes->container_name == NULL ? "null" : api_quote(codes->container_name),
                                  api_quote(codes->operator_), print_codes(codes));
        g_string_append_printf(text, "%s{\"Action\":%s,\"OnExitCodes\":%s,\"OnPodConditions\":%s}", i > 0 ? "," : "",
                               api_quote(rule->action), printed, print_patterns(rule));
    }
    g_string_append_c(text, ']');
    return str_internf("{\"Rules\":%s}", policy->rules.items == NULL ? "null" : text->str);
}

static void
check_codes(ApiErrors *errors, const ExitCodesRequirement *codes)
{
    gboolean is_ordered = TRUE;

    if (codes->values.count == 0)
        field_invalid_raw(errors, "values", codes->values.items == NULL ? "null" : "[]", "at least one value is required");
    else if (codes->values.count > MAX_EXIT_CODES)
        field_too_many(errors, "values", codes->values.count, MAX_EXIT_CODES);
    for (guint i = 0; i < codes->values.count; i++) {
        gint32 value = codes->values.items[i];
        const char *child = str_internf("values[%u]", i);
        gboolean is_known = FALSE;

        if (str_is(codes->operator_, "In") && value == 0)
            field_invalid_int(errors, child, 0, "must not be 0 for the In operator");
        for (guint k = 0; k < i; k++)
            is_known |= codes->values.items[k] == value;
        if (is_known)
            field_duplicate(errors, child, str_internf("%d", value));
        is_ordered &= i == 0 || codes->values.items[i - 1] <= value;
    }
    if (!is_ordered)
        field_invalid_raw(errors, "values", print_codes(codes), "must be ordered");
}

static void
check_exit_codes(ApiErrors *errors, const ExitCodesRequirement *codes, const PodSpec *spec)
{
    static const char *const operators[] = {"In", "NotIn", NULL};

    api_errors_push(errors, "onExitCodes");
    check_word(errors, "operator", codes->operator_, operators);
    if (codes->container_name != NULL && !has_container(spec, codes->container_name))
        field_invalid_string(errors, "containerName", codes->container_name,
                             "must be one of the container or initContainer names in the pod template");
    check_codes(errors, codes);
    api_errors_pop(errors);
}

static void
check_patterns(ApiErrors *errors, const PodFailurePolicyRule *rule)
{
    static const char *const statuses[] = {"False", "True", "Unknown", NULL};

    if (rule->on_pod_conditions.count > MAX_PATTERNS)
        field_too_many(errors, "onPodConditions", rule->on_pod_conditions.count, MAX_PATTERNS);
    for (guint i = 0; i < rule->on_pod_conditions.count; i++) {
        api_errors_push(errors, str_internf("onPodConditions[%u]", i));
        check_name(errors, "type", NAME_QUALIFIED, rule->on_pod_conditions.items[i].type);
        check_word(errors, "status", rule->on_pod_conditions.items[i].status, statuses);
        api_errors_pop(errors);
    }
}

static void
check_failure_rule(ApiErrors *errors, const PodFailurePolicyRule *rule, const JobSpec *spec)
{
    static const char *const actions[] = {"Count", "FailIndex", "FailJob", "Ignore", NULL};
    gboolean has_conditions = rule->on_pod_conditions.count > 0;

    if (check_word(errors, "action", rule->action, actions) && str_is(rule->action, "FailIndex") &&
        !spec->backoff_limit_per_index.is_set)
        field_invalid_string(errors, "action", rule->action, "requires the backoffLimitPerIndex to be set");
    if (rule->on_exit_codes != NULL)
        check_exit_codes(errors, rule->on_exit_codes, &spec->template_.spec);
    check_patterns(errors, rule);
    if (rule->on_exit_codes != NULL && has_conditions)
        field_invalid_omitted(errors, NULL, "specifying both OnExitCodes and OnPodConditions is not supported");
    if (rule->on_exit_codes == NULL && !has_conditions)
        field_invalid_omitted(errors, NULL, "specifying one of OnExitCodes and OnPodConditions is required");
}

void
check_failure_policy(ApiErrors *errors, const JobSpec *spec)
{
    const PodFailurePolicy *policy = spec->pod_failure_policy;

    if (policy == NULL)
        return;
    api_errors_push(errors, "podFailurePolicy");
    if (policy->rules.count > MAX_RULES)
        field_too_many(errors, "rules", policy->rules.count, MAX_RULES);
    for (guint i = 0; i < policy->rules.count; i++) {
        api_errors_push(errors, str_internf("rules[%u]", i));
        check_failure_rule(errors, &policy->rules.items[i], spec);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- successPolicy ----------------------------------------------------------------------------------- */

/* strconv.Atoi of a part of "1,3-5". */
static gboolean
parse_index(const char *text, gint64 completions, gint64 *out_index, char **out_problem)
{
    char *end = NULL;

    *out_index = g_ascii_strtoll(text, &end, 10);
    if (text[0] == '\0' || g_ascii_isspace(text[0]) || *end != '\0')
        *out_problem = g_strdup_printf("cannot convert string to integer for index: %s", api_quote(text));
    else if (*out_index >= completions)
        *out_problem = g_strdup_printf("too large index: %s", api_quote(text));
    return *out_problem == NULL;
}

/* parseIndexInterval */
gboolean
index_interval_parse(const char *text, gint64 completions, gint64 *out_first, gint64 *out_last, char **out_problem)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", -1);
    guint count = text[0] == '\0' ? 1 : g_strv_length(ends);

    if (count > 2) {
        *out_problem = g_strdup_printf("the fragment %s violates the requirement that an index interval can have at most "
                                       "two parts separated by '-'",
                                       api_quote(text));
        return FALSE;
    }
    if (!parse_index(text[0] == '\0' ? "" : ends[0], completions, out_first, out_problem))
        return FALSE;
    *out_last = *out_first;
    if (count == 2 && !parse_index(ends[1], completions, out_last, out_problem))
        return FALSE;
    if (count == 2 && *out_first >= *out_last)
        *out_problem = g_strdup_printf("non-increasing order, previous: %" G_GINT64_FORMAT ", current: %" G_GINT64_FORMAT,
                                       *out_first, *out_last);
    return *out_problem == NULL;
}

/* validateIndexesFormat: how many indexes it names; 0 with *out_problem (owned). */
gint64
index_list_count(const char *text, gint64 completions, char **out_problem)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    gint64 before = -1;
    gint64 total = 0;

    for (guint i = 0; parts[i] != NULL; i++) {
        gint64 first;
        gint64 last;

        if (!index_interval_parse(parts[i], completions, &first, &last, out_problem))
            return 0;
        if (i > 0 && before >= first) {
            *out_problem = g_strdup_printf(
                "non-increasing order, previous: %" G_GINT64_FORMAT ", current: %" G_GINT64_FORMAT, before, first);
            return 0;
        }
        total += last - first + 1;
        before = last;
    }
    return total;
}

static void
check_succeeded_count(ApiErrors *errors, const SuccessPolicyRule *rule, gint32 completions, gint64 total)
{
    gint32 count = rule->succeeded_count.value;

    check_not_negative(errors, "succeededCount", count);
    if (count > completions)
        field_invalid_int(
            errors, "succeededCount", count,
            str_internf("must be less than or equal to %d (the number of specified completions)", completions));
    if (rule->succeeded_indexes != NULL && count > total)
        field_invalid_int(errors, "succeededCount", count,
                          str_internf("must be less than or equal to %d (the number of indexes in the specified "
                                      "succeededIndexes field)",
                                      (int)total));
}

static void
check_success_rule(ApiErrors *errors, const SuccessPolicyRule *rule, gint32 completions)
{
    gint64 total = 0;

    if (rule->succeeded_indexes == NULL && !rule->succeeded_count.is_set)
        field_required(errors, NULL, "at least one of succeededCount or succeededIndexes must be specified");
    if (rule->succeeded_indexes != NULL) {
        g_autofree char *problem = NULL;

        if (strlen(rule->succeeded_indexes) > MAX_INDEXES_TEXT)
            field_too_long(errors, "succeededIndexes", MAX_INDEXES_TEXT);
        total = index_list_count(rule->succeeded_indexes, completions, &problem);
        if (problem != NULL)
            field_invalid_string(errors, "succeededIndexes", rule->succeeded_indexes,
                                 str_internf("error parsing succeededIndexes: %s", problem));
    }
    if (rule->succeeded_count.is_set)
        check_succeeded_count(errors, rule, completions, total);
}

/* As the server's own types print it. */
const char *
print_success_policy(const SuccessPolicy *policy)
{
    g_autoptr(GString) text = g_string_new("{\"Rules\":[");

    if (policy == NULL)
        return "null";
    if (policy->rules.items == NULL)
        return "{\"Rules\":null}";
    for (guint i = 0; i < policy->rules.count; i++) {
        const SuccessPolicyRule *rule = &policy->rules.items[i];

        g_string_append_printf(text, "%s{\"SucceededIndexes\":%s,\"SucceededCount\":", i > 0 ? "," : "",
                               rule->succeeded_indexes == NULL ? "null" : api_quote(rule->succeeded_indexes));
        if (rule->succeeded_count.is_set)
            g_string_append_printf(text, "%d}", rule->succeeded_count.value);
        else
            g_string_append(text, "null}");
    }
    g_string_append(text, "]}");
    return str_intern(text->str);
}

void
check_success_policy(ApiErrors *errors, const JobSpec *spec)
{
    const SuccessPolicy *policy = spec->success_policy;

    if (policy == NULL)
        return;
    if (!str_is(spec->completion_mode, "Indexed")) {
        field_invalid_raw(errors, "successPolicy", print_success_policy(policy), "requires indexed completion mode");
        return;
    }
    api_errors_push(errors, "successPolicy");
    if (policy->rules.count == 0)
        field_required(errors, "rules", "at least one rules must be specified when the successPolicy is specified");
    if (policy->rules.count > MAX_RULES)
        field_too_many(errors, "rules", policy->rules.count, MAX_RULES);
    for (guint i = 0; i < policy->rules.count; i++) {
        api_errors_push(errors, str_internf("rules[%u]", i));
        check_success_rule(errors, &policy->rules.items[i], spec->completions.value);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}
