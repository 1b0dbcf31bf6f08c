/* pod_standards.c - which check belongs to which level and version; see pod_standards.h */

#include "apiserver/admission/pod_review.h"

#include <string.h>

void
review_report(Review *review, const char *reason, const char *detail)
{
    g_string_append_printf(review->out, "%s%s", review->out->len > 0 ? ", " : "", reason);
    if (review->with_details && detail != NULL)
        g_string_append_printf(review->out, " (%s)", detail);
}

/* --- words -------------------------------------------------------------------------------------------------- */

const char *
review_plural(const char *one, const char *many, guint n)
{
    return n == 1 ? one : many;
}

/* "a", "b": as they are, in quotes */
const char *
review_quote(const StrList *texts)
{
    g_autoptr(GString) joined = g_string_new(NULL);

    for (guint i = 0; i < texts->count; i++)
        g_string_append_printf(joined, "%s\"%s\"", i > 0 ? ", " : "", texts->items[i]);
    return str_intern(joined->str);
}

const char *
review_join(const StrList *texts, const char *between)
{
    g_autoptr(GString) joined = g_string_new(NULL);

    for (guint i = 0; i < texts->count; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? between : "", texts->items[i]);
    return str_intern(joined->str);
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
review_add_once(StrList *set, const char *text)
{
    if (!str_list_contains(set, str_or_empty(text)))
        str_list_add(set, str_or_empty(text));
    qsort(set->items, set->count, sizeof *set->items, compare_texts);
}

const char *
review_name_containers(const StrList *names)
{
    return str_internf("%s %s", review_plural("container", "containers", names->count), review_quote(names));
}

/* "pod and container "c"", "containers "a", "b"" */
const char *
review_name_setters(gboolean is_pod, const StrList *names)
{
    if (!is_pod)
        return review_name_containers(names);
    return names->count == 0 ? "pod" : str_internf("pod and %s", review_name_containers(names));
}

const Value *
review_context(const Container *container, const char *key)
{
    const Value *value = value_get(container->security_context, key);

    return value == NULL || value->type == VALUE_NULL ? NULL : value;
}

const Value *
review_pod_context(const Review *review, const char *key)
{
    const Value *value = value_get(review->spec->security_context, key);

    return value == NULL || value->type == VALUE_NULL ? NULL : value;
}

gboolean
review_is_flag(const Value *value, gboolean flag)
{
    return value != NULL && value->type == VALUE_BOOL && value->boolean == flag;
}

gboolean
review_is_windows(const Review *review)
{
    return review->minor >= 25 && review->spec->os != NULL && str_is(review->spec->os->name, "windows");
}

/* What containers add beyond @allowed; the names of those that do so. */
void
review_find_added(const Review *review, const char *const *allowed, StrList *names, StrList *added)
{
    for (guint i = 0; review->containers[i] != NULL; i++) {
        const Value *list = value_get(review_context(review->containers[i], "capabilities"), "add");
        gboolean is_bad = FALSE;

        for (guint j = 0; list != NULL && j < list->count; j++) {
            const char *capability = str_or_empty(list->items[j]->text);

            if (g_strv_contains(allowed, capability))
                continue;
            is_bad = TRUE;
            review_add_once(added, capability);
        }
        if (is_bad)
            str_list_add(names, str_or_empty(review->containers[i]->name));
    }
}

const char *
review_describe_added(const StrList *names, const StrList *added)
{
    return str_internf("%s must not include %s in securityContext.capabilities.add", review_name_containers(names), review_quote(added));
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

/* By upstream's names of the checks, baseline first. @replaced: the restricted level has its own from that version on. */
static const struct {
    void (*check)(Review *review);
    PodLevel level;
    guint since, replaced;
} checks[] = {
    {pod_check_app_armor, POD_BASELINE, 0, POD_LATEST},
    {pod_check_capabilities, POD_BASELINE, 0, 22},
    {pod_check_host_namespaces, POD_BASELINE, 0, POD_LATEST},
    {pod_check_host_paths, POD_BASELINE, 0, 0},
    {pod_check_host_ports, POD_BASELINE, 0, POD_LATEST},
    {pod_check_hosts, POD_BASELINE, 34, POD_LATEST},
    {pod_check_privileged, POD_BASELINE, 0, POD_LATEST},
    {pod_check_proc_mount, POD_BASELINE, 0, POD_LATEST},
    {pod_check_relabels, POD_BASELINE, 0, POD_LATEST},
    {pod_check_seccomp, POD_BASELINE, 19, 19},
    {pod_check_sysctls, POD_BASELINE, 0, POD_LATEST},
    {pod_check_host_process, POD_BASELINE, 0, POD_LATEST},
    {pod_check_escalation, POD_RESTRICTED, 8, POD_LATEST},
    {pod_check_capabilities_restricted, POD_RESTRICTED, 22, POD_LATEST},
    {pod_check_volumes, POD_RESTRICTED, 0, POD_LATEST},
    {pod_check_non_root, POD_RESTRICTED, 0, POD_LATEST},
    {pod_check_user, POD_RESTRICTED, 23, POD_LATEST},
    {pod_check_seccomp_restricted, POD_RESTRICTED, 19, POD_LATEST},
};

static const Container **
list_containers(const PodSpec *spec)
{
    const Container **list = g_new0(const Container *, spec->init_containers.count + spec->containers.count + 1);
    guint n = 0;

    for (guint i = 0; i < spec->init_containers.count; i++)
        list[n++] = &spec->init_containers.items[i];
    for (guint i = 0; i < spec->containers.count; i++)
        list[n++] = &spec->containers.items[i];
    return list;
}

char *
pod_standard_violations(PodStandard standard, guint now, const StrMap *annotations, const PodSpec *spec, gboolean with_details)
{
    g_autofree const Container **containers = NULL;
    Review review = {spec, annotations, NULL, MIN(standard.minor, now), with_details, NULL};

    if (standard.level == POD_PRIVILEGED)
        return NULL;
    containers = list_containers(spec);
    review.containers = containers;
    review.out = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
        if (checks[i].level <= standard.level && review.minor >= checks[i].since &&
            (standard.level != POD_RESTRICTED || review.minor < checks[i].replaced))
            checks[i].check(&review);
    if (review.out->len > 0)
        return g_string_free(review.out, FALSE);
    g_string_free(review.out, TRUE);
    return NULL;
}

const char *
pod_standard_format(PodStandard standard)
{
    static const char *const names[] = {"privileged", "baseline", "restricted"};

    if (standard.minor == POD_LATEST)
        return str_internf("%s:latest", names[standard.level]);
    return str_internf("%s:v1.%u", names[standard.level], standard.minor);
}
