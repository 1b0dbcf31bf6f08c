/* describe_write.c - the pieces that many descriptions have; see describe.h */

#include "kubectl/describe.h"

#include "base/duration.h"
#include "base/table.h"
#include "kubectl/printers.h"
#include "kubectl/go_sort.h"

/* An annotation longer than this, with its key, goes below the key; its lines are cut. */
#define ANNOTATION_MAX 140

static const char *const hidden_annotation = "kubectl.kubernetes.io/last-applied-configuration";

void
describe_line(GString *out, guint level, const char *format, ...)
{
    va_list args;

    for (guint i = 0; i < level; i++)
        g_string_append(out, "  ");
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

char *
describe_align(const char *text)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 0, .padding = 2});
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) cells = NULL;

        if (lines[i + 1] == NULL && lines[i][0] == '\0')
            break;
        cells = g_strsplit(lines[i], "\t", -1);
        for (guint k = 0; cells[k] != NULL; k++)
            text_table_cell(table, "%s", cells[k]);
        text_table_end_row(table);
    }
    return text_table_format(table);
}

const char *
text_or(const char *text, const char *other)
{
    return str_is_empty(text) ? other : text;
}

char *
time_text(ApiTime time)
{
    return time == 0 ? g_strdup("Mon, 01 Jan 0001 00:00:00 +0000") : time_format_rfc1123(time);
}

void
describe_head(GString *out, const ApiObject *object)
{
    describe_line(out, 0, "Name:\t%s\n", api_name(object));
    describe_line(out, 0, "Namespace:\t%s\n", text_or(api_namespace(object), ""));
}

void
describe_controller(GString *out, const ApiObject *object)
{
    const OwnerReference *owner = api_controller_of(object);

    if (owner != NULL)
        describe_line(out, 0, "Controlled By:\t%s/%s\n", owner->kind, owner->name);
}

void
describe_labels(GString *out, const char *title, const StrMap *labels)
{
    describe_line(out, 0, "%s:\t", title);
    if (labels->count == 0)
        g_string_append(out, "<none>\n");
    for (guint i = 0; i < labels->count; i++)
        describe_line(out, 0, "%s%s=%s\n", i > 0 ? "\t" : "", labels->items[i].key,
                      text_or(labels->items[i].value, ""));
}

static void
describe_long_annotation(GString *out, const char *key, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

    g_string_append_printf(out, "%s:\n", key);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (strlen(lines[i]) > ANNOTATION_MAX - 2)
            g_string_append_printf(out, "\t  %.*s...\n", ANNOTATION_MAX - 2, lines[i]);
        else
            g_string_append_printf(out, "\t  %s\n", lines[i]);
    }
}

void
describe_annotations(GString *out, const char *title, const StrMap *annotations)
{
    guint shown = 0;

    describe_line(out, 0, "%s:\t", title);
    for (guint i = 0; i < annotations->count; i++) {
        const char *key = annotations->items[i].key;
        g_autofree char *value = g_strdup(text_or(annotations->items[i].value, ""));
        gsize length = strlen(value);

        if (str_is(key, hidden_annotation))
            continue;
        if (length > 0 && value[length - 1] == '\n')
            value[--length] = '\0';
        if (shown++ > 0)
            g_string_append_c(out, '\t');
        if (length + strlen(key) + 2 > ANNOTATION_MAX || strchr(value, '\n') != NULL)
            describe_long_annotation(out, key, value);
        else
            g_string_append_printf(out, "%s: %s\n", key, value);
    }
    if (shown == 0)
        g_string_append(out, "<none>\n");
}

static gint
by_key(gconstpointer a, gconstpointer b)
{
    const Toleration *left = *(const Toleration *const *)a;
    const Toleration *right = *(const Toleration *const *)b;

    return g_strcmp0(text_or(left->key, ""), text_or(right->key, ""));
}

void
describe_tolerations(GString *out, const char *title, const TolerationList *tolerations)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    describe_line(out, 0, "%s:\t", title);
    if (tolerations->count == 0)
        g_string_append(out, "<none>\n");
    for (guint i = 0; i < tolerations->count; i++)
        g_ptr_array_add(sorted, &tolerations->items[i]);
    g_ptr_array_sort(sorted, by_key);
    for (guint i = 0; i < sorted->len; i++) {
        const Toleration *one = g_ptr_array_index(sorted, i);

        g_string_append_printf(out, "%s%s", i > 0 ? "\t" : "", text_or(one->key, ""));
        if (!str_is_empty(one->value))
            g_string_append_printf(out, "=%s", one->value);
        if (!str_is_empty(one->effect))
            g_string_append_printf(out, ":%s", one->effect);
        if (str_is(one->operator_, "Exists") && str_is_empty(one->value))
            g_string_append_printf(out, "%sop=Exists",
                                   !str_is_empty(one->key) || !str_is_empty(one->effect) ? " "
                                                                                         : "");
        if (one->toleration_s.is_set)
            g_string_append_printf(out, " for %" G_GINT64_FORMAT "s", one->toleration_s.value);
        g_string_append_c(out, '\n');
    }
}

const char *
taint_text(const Taint *taint)
{
    g_autoptr(GString) text = g_string_new(text_or(taint->key, ""));

    if (!str_is_empty(taint->value))
        g_string_append_printf(text, "=%s", taint->value);
    if (!str_is_empty(taint->effect))
        g_string_append_printf(text, ":%s", taint->effect);
    else if (!str_is_empty(taint->value))
        g_string_append_c(text, ':');
    return str_intern(text->str);
}

static gint
by_effect(gconstpointer a, gconstpointer b)
{
    const Taint *left = *(const Taint *const *)a;
    const Taint *right = *(const Taint *const *)b;
    g_autofree char *one =
        g_strdup_printf("%s,%s", text_or(left->effect, ""), text_or(left->key, ""));
    g_autofree char *other =
        g_strdup_printf("%s,%s", text_or(right->effect, ""), text_or(right->key, ""));

    return strcmp(one, other);
}

void
describe_taints(GString *out, const TaintList *taints)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    describe_line(out, 0, "Taints:\t");
    if (taints->count == 0)
        g_string_append(out, "<none>\n");
    for (guint i = 0; i < taints->count; i++)
        g_ptr_array_add(sorted, &taints->items[i]);
    g_ptr_array_sort(sorted, by_effect);
    for (guint i = 0; i < sorted->len; i++)
        g_string_append_printf(out, "%s%s\n", i > 0 ? "\t" : "",
                               taint_text(g_ptr_array_index(sorted, i)));
}

void
describe_conditions(GString *out, const ConditionList *conditions)
{
    if (conditions->count == 0)
        return;
    describe_line(out, 0, "Conditions:\n  Type\tStatus\tReason\n");
    describe_line(out, 1, "----\t------\t------\n");
    for (guint i = 0; i < conditions->count; i++)
        describe_line(out, 1, "%s \t%s\t%s\n", conditions->items[i].type,
                      text_or(conditions->items[i].status, ""),
                      text_or(conditions->items[i].reason, ""));
}

/* --- events ------------------------------------------------------------------------------ */

char *
event_interval(const EventBody *event, gint64 wall_ns)
{
    g_autofree char *first =
        printer_age(event->event_time != 0 ? event->event_time : event->first_time, wall_ns);

    if (event->series != NULL) {
        g_autofree char *last = printer_age(event->series->last_observed_time, wall_ns);
        return g_strdup_printf("%s (x%d over %s)", last, event->series->count, first);
    }
    if (event->count > 1) {
        g_autofree char *last = printer_age(event->last_time, wall_ns);
        return g_strdup_printf("%s (x%d over %s)", last, event->count, first);
    }
    return g_steal_pointer(&first);
}

static gboolean
is_earlier(gconstpointer a, gconstpointer b, gpointer user)
{
    (void)user;
    return event_body(a)->last_time < event_body(b)->last_time;
}

void
describe_events(GString *out, const GPtrArray *events, gint64 wall_ns)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    if (events == NULL)
        return;
    if (events->len == 0) {
        describe_line(out, 0, "Events:\t<none>\n");
        return;
    }
    g_ptr_array_extend(sorted, (GPtrArray *)events, NULL, NULL);
    go_sort_pointers(sorted, is_earlier, NULL);
    describe_line(out, 0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    describe_line(out, 1, "----\t------\t----\t----\t-------\n");
    for (guint i = 0; i < sorted->len; i++) {
        const EventBody *event = event_body(g_ptr_array_index(sorted, i));
        g_autofree char *interval = event_interval(event, wall_ns);
        g_autofree char *message = g_strstrip(g_strdup(text_or(event->message, "")));

        describe_line(out, 1, "%s\t%s\t%s\t%s\t%s\n", text_or(event->type, ""),
                      text_or(event->reason, ""), interval,
                      text_or(event->source.component, text_or(event->reporting_component, "")),
                      message);
    }
}
