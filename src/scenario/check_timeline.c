/* check_timeline.c - see check_timeline.h */

#include "scenario/check_timeline.h"

#include "base/duration.h"
#include "kubectl/kubectl.h"
#include "scenario/check.h"
#include "scenario/condition.h"
#include "scenario/faults/common.h"
#include "scenario/substitute.h"

/* --- kubectl -------------------------------------------------------------------------- */

static gboolean
is_directory(const Scenario *scenario, const char *path)
{
    g_auto(GStrv) names = scenario_list_files(scenario, path);

    return names != NULL;
}

/* -k DIR: its kustomization, under one of its three names; what that names is read when the command runs. */
static void
check_kustomization(const ScReader *reader, Scenario *scenario, const ScEntry *entry, const char *path, const char *directory)
{
    static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *file = str_is(directory, ".") ? g_strdup(names[i]) : g_build_filename(directory, names[i], NULL);

        if (scenario_remember_file(scenario, file))
            return;
    }
    sc_warning(reader, check_place(entry->source, "kubectl"), path, "there is no kustomization in '%s'; the command will fail as kubectl does", directory);
}

static void
check_files(const ScReader *reader, Scenario *scenario, const ScEntry *entry, const char *path)
{
    const Value *at = check_place(entry->source, "kubectl");

    if (g_strv_contains((const char *const *)entry->argv, "logs"))
        return; /* its -f is --follow */
    for (guint i = 0; entry->argv[i] != NULL && !str_is(entry->argv[i], "--"); i++) {
        const char *file = NULL;

        if ((str_is(entry->argv[i], "-f") || str_is(entry->argv[i], "--filename")) && entry->argv[i + 1] != NULL)
            file = entry->argv[i + 1];
        else if (g_str_has_prefix(entry->argv[i], "--filename="))
            file = entry->argv[i] + strlen("--filename=");
        if ((str_is(entry->argv[i], "-k") || str_is(entry->argv[i], "--kustomize")) && entry->argv[i + 1] != NULL)
            check_kustomization(reader, scenario, entry, path, entry->argv[i + 1]);
        if (file != NULL && !str_is(file, "-") && !scenario_remember_file(scenario, file) && !is_directory(scenario, file))
            sc_warning(reader, at, path, "there is no file '%s'; the command will fail as kubectl does", file);
    }
}

/* What a shell would take for itself is a word for kubectl: nobody is there to make pipes of it. */
static void
check_words(const ScReader *reader, const ScEntry *entry, const char *path)
{
    static const char *const shell[] = {"|", "||", "&&", "&", ";", ">", ">>", "<", NULL};

    for (guint i = 0; entry->argv[i] != NULL && !str_is(entry->argv[i], "--"); i++)
        if (g_strv_contains(shell, entry->argv[i])) {
            sc_warning(reader, check_place(entry->source, "kubectl"), path, "there is no shell, so kubectl gets '%s' as a name; write one command, or a timeline entry for each", entry->argv[i]);
            return;
        }
}

static void
check_kubectl(const ScReader *reader, Scenario *scenario, ScEntry *entry, const char *entry_path)
{
    g_autofree char *path = g_strconcat(entry_path, ".kubectl", NULL);
    g_autofree char *message = NULL;
    g_autofree char *wrong = NULL;
    const Value *at = check_place(entry->source, "kubectl");
    const char *line = entry->kubectl;

    if (g_str_has_prefix(line, "kubectl "))
        line += strlen("kubectl ");
    if (!substitute_check(line, &message)) {
        sc_error(reader, at, path, "%s", message);
        return;
    }
    entry->argv = kubectl_split(line, &message);
    if (entry->argv == NULL)
        sc_error(reader, at, path, "%s", message);
    if (entry->argv == NULL || substitute_is_needed(line))
        return; /* what it will say is not known yet */
    wrong = kubectl_check((const char *const *)entry->argv);
    if (wrong != NULL)
        sc_warning(reader, at, path, "%s", wrong);
    check_words(reader, entry, path);
    check_files(reader, scenario, entry, path);
}

/* --- other verbs ------------------------------------------------------------------------ */

static void
check_set(const ScReader *reader, ScEntry *entry, const char *entry_path)
{
    g_autofree char *path = g_strconcat(entry_path, ".set", NULL);

    entry->application = g_new0(ScApplication, 1);
    sc_defaults(scenario_application_fields, entry->application);
    if (entry->set->type != VALUE_MAP) {
        sc_error(reader, entry->set, path, "this is no map; write {match: {image: 'nginx:*'}, crashAfter: 5s}");
        return;
    }
    sc_read(reader, scenario_application_fields, entry->application, entry->set, path);
    check_application(reader, entry->application, entry->set, path);
}

static gboolean
has_traffic(const Scenario *scenario, const char *name)
{
    for (guint i = 0; i < scenario->spec.traffic.count; i++)
        if (str_is(((const ScTraffic *)(gconstpointer)scenario->spec.traffic.items + i)->name, name))
            return TRUE;
    return FALSE;
}

static void
check_change(const ScReader *reader, const Scenario *scenario, ScEntry *entry, const char *entry_path)
{
    g_autofree char *path = g_strconcat(entry_path, ".traffic", NULL);

    if (entry->traffic->type != VALUE_MAP) {
        sc_error(reader, entry->traffic, path, "this is no map; write {name: users, rate: 400/s}");
        return;
    }
    sc_read(reader, scenario_change_fields, &entry->change, entry->traffic, path);
    if (entry->change.name == NULL || !entry->change.has_rate)
        sc_error(reader, entry->traffic, path, "a change of traffic needs a name and a rate; write {name: users, rate: 400/s}");
    else if (!has_traffic(scenario, entry->change.name))
        sc_error(reader, check_place(entry->traffic, "name"), path, "there is no traffic '%s'; write the name of one under spec.traffic", entry->change.name);
}

static void
check_fault(const ScReader *reader, const Scenario *scenario, ScEntry *entry, const char *entry_path)
{
    g_autofree char *path = g_strconcat(entry_path, ".fault", NULL);
    FaultArgs *args = fault_read(reader, scenario, entry->fault, path);

    entry->fault_args = args;
    if (args != NULL && args->has_mttf && entry->has_every)
        sc_error(reader, check_place(entry->source, "every"), path, "mttf repeats the fault by itself; write at: 0s instead of every");
    if (args != NULL && args->has_duration && entry->has_every && entry->every_ns > 0 && args->duration_ns >= entry->every_ns)
        sc_error(reader, check_place(entry->fault, args->def->name), path, "the fault would begin again before it ends; write a duration below every");
}

/* --- times -------------------------------------------------------------------------------- */

/* A mark or a command more often than this is no story that anybody reads, and takes hours to play. */
#define MAX_TIMES 1000000

/* Not more often than that within @span_ns, once in @period_ns. */
static void
check_often(const ScReader *reader, const Value *at, const char *path, gint64 span_ns, gint64 period_ns, const char *advice)
{
    gint64 least_ns = span_ns / MAX_TIMES + 1;
    gint64 unit_ns = least_ns > NS_PER_S ? NS_PER_S : least_ns > NS_PER_MS ? NS_PER_MS : NS_PER_US;
    g_autofree char *shortest = duration_format_go((least_ns + unit_ns - 1) / unit_ns * unit_ns);

    if (period_ns <= 0 || span_ns / period_ns <= MAX_TIMES)
        return;
    sc_error(reader, at, path, "it would happen some %" G_GINT64_FORMAT " times; write at least %s%s", span_ns / period_ns, shortest, advice);
}

static void
check_every(const ScReader *reader, const Scenario *scenario, const ScEntry *entry, const char *path)
{
    gint64 end_ns = scenario->spec.duration_ns;
    g_autofree char *every_path = g_strdup_printf("%s.every", path);

    if (entry->has_until)
        end_ns = MIN(end_ns, entry->until_ns);
    if (entry->has_at)
        end_ns -= entry->at_ns;
    if (entry->has_every && !entry->has_times)
        check_often(reader, check_place(entry->source, "every"), every_path, end_ns, entry->every_ns, ", or times: 100 beside it");
}

static void
check_mttf(const ScReader *reader, const Scenario *scenario, const ScEntry *entry, const char *path)
{
    const FaultArgs *args = entry->fault_args;
    g_autofree char *inner = NULL;

    if (args == NULL || !args->has_mttf)
        return;
    inner = g_strdup_printf("%s.fault.%s.mttf", path, args->def->name);
    check_often(reader, fault_place(args, "mttf"), inner, scenario->spec.duration_ns - (entry->has_at ? entry->at_ns : 0), args->mttf_ns + (args->has_mttr ? args->mttr_ns : 0) + (args->has_duration ? args->duration_ns : 0), "");
}

static void
check_times(const ScReader *reader, const Scenario *scenario, const ScEntry *entry, const char *path)
{
    const Value *at = entry->source;

    if (!entry->has_at && !entry->has_every && value_get(at, "after") == NULL)
        sc_error(reader, at, path, "no time; write at: 10s, after: ID or every: 30s");
    if (entry->has_at && entry->after != NULL)
        sc_error(reader, check_place(at, "after"), path, "both at and after; write one of them");
    if (entry->has_delay && entry->after == NULL)
        sc_error(reader, check_place(at, "delay"), path, "delay without after; write at, or after: ID beside it");
    if (entry->has_every && entry->every_ns == 0)
        sc_error(reader, check_place(at, "every"), path, "every 0s never ends; write a time above 0");
    if ((entry->has_times || entry->has_until) && !entry->has_every)
        sc_error(reader, check_place(at, entry->has_times ? "times" : "until"), path, "times and until belong to every; write every: 30s beside them");
    if (entry->input != NULL && value_get(at, "kubectl") == NULL)
        sc_error(reader, check_place(at, "input"), path, "input belongs to kubectl; write kubectl: apply -f - beside it");
    if (entry->has_at && entry->at_ns > scenario->spec.duration_ns && scenario->spec.duration_ns > 0)
        sc_warning(reader, check_place(at, "at"), path, "this is after the end of the scenario; it will not happen");
    check_every(reader, scenario, entry, path);
    check_mttf(reader, scenario, entry, path);
}

static void
check_entry(const ScReader *reader, Scenario *scenario, ScEntry *entry, const char *path)
{
    static const char *const keys[] = {"kubectl", "fault", "mark", "traffic", "set"};
    guint verbs = 0;

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        verbs += value_get(entry->source, keys[i]) != NULL;
    if (verbs != 1) {
        sc_error(reader, entry->source, path, "%s; write exactly one of kubectl, fault, mark, traffic, set", verbs == 0 ? "nothing happens here" : "several things happen here");
        return;
    }
    if (entry->kubectl != NULL) {
        entry->verb = ENTRY_KUBECTL;
        check_kubectl(reader, scenario, entry, path);
    } else if (entry->fault != NULL) {
        entry->verb = ENTRY_FAULT;
        check_fault(reader, scenario, entry, path);
    } else if (entry->traffic != NULL) {
        entry->verb = ENTRY_TRAFFIC;
        check_change(reader, scenario, entry, path);
    } else if (entry->set != NULL) {
        entry->verb = ENTRY_SET;
        check_set(reader, entry, path);
    } else {
        entry->verb = ENTRY_MARK;
    }
    check_times(reader, scenario, entry, path);
}

/* --- what refers to what ------------------------------------------------------------------- */

static const ScEntry *
entry_at(const Scenario *scenario, guint index)
{
    return (const ScEntry *)(gconstpointer)scenario->spec.timeline.items + index;
}

/* Follows `after` from an entry; a chain longer than the timeline has a circle. */
static gboolean
is_in_circle(const Scenario *scenario, GHashTable *ids, const ScEntry *entry)
{
    const ScEntry *at = entry;

    for (guint steps = 0; steps <= scenario->spec.timeline.count && at != NULL && at->after != NULL; steps++) {
        at = g_hash_table_lookup(ids, at->after);
        if (at == entry)
            return TRUE;
    }
    return FALSE;
}

static gboolean
never_ends(const ScEntry *entry)
{
    const FaultArgs *args = entry->fault_args;

    return args != NULL && args->has_mttf;
}

static void
check_after(const ScReader *reader, const Scenario *scenario, GHashTable *ids)
{
    for (guint i = 0; i < scenario->spec.timeline.count; i++) {
        const ScEntry *entry = entry_at(scenario, i);
        g_autofree char *path = g_strdup_printf("spec.timeline[%u].after", i);

        if (entry->after == NULL)
            continue;
        if (!g_hash_table_contains(ids, entry->after))
            sc_error(reader, check_place(entry->source, "after"), path, "no entry has the id '%s'; write id: %s at one", entry->after, entry->after);
        else if (is_in_circle(scenario, ids, entry))
            sc_error(reader, check_place(entry->source, "after"), path, "it waits for itself; write at: 10s at one entry of the circle");
        else if (never_ends(g_hash_table_lookup(ids, entry->after)))
            sc_error(reader, check_place(entry->source, "after"), path, "the fault of '%s' happens again and again (mttf), so nothing comes after it; write at", entry->after);
    }
}

/* traffic/NAME and kubectl/ID must be there. */
static char *
missing_subject(const Scenario *scenario, GHashTable *ids, const char *condition)
{
    g_autofree char *subject = g_strndup(condition, strcspn(condition, " "));
    const char *name = strchr(subject, '/');
    const ScEntry *entry;

    if (name == NULL)
        return NULL;
    name++;
    if (g_str_has_prefix(subject, "traffic/") && !has_traffic(scenario, name))
        return g_strdup_printf("there is no traffic '%s'; write the name of one under spec.traffic", name);
    if (!g_str_has_prefix(subject, "kubectl/"))
        return NULL;
    entry = g_hash_table_lookup(ids, name);
    if (entry == NULL || entry->kubectl == NULL)
        return g_strdup_printf("no kubectl entry has the id '%s'; write id: %s at one", name, name);
    return NULL;
}

static void
check_condition(const ScReader *reader, const Scenario *scenario, GHashTable *ids, const char *text, const Value *at, const char *path)
{
    g_autofree char *message = NULL;

    if (condition_check(text, &message))
        message = missing_subject(scenario, ids, text);
    if (message != NULL)
        sc_error(reader, at, path, "%s", message);
}

static void
check_expect(const ScReader *reader, const Scenario *scenario, GHashTable *ids, const ScExpect *expect, guint index)
{
    const Value *source = expect->source;
    const char *key = expect->that != NULL ? "that" : "always";
    g_autofree char *path = g_strdup_printf("spec.expect[%u]", index);
    g_autofree char *text_path = g_strconcat(path, ".", key, NULL);
    gint64 at_ns;

    if ((value_get(source, "that") != NULL) == (value_get(source, "always") != NULL)) {
        sc_error(reader, source, path, "%s; write either that or always", expect->that != NULL ? "both that and always" : "no condition");
        return;
    }
    if (expect->that == NULL && expect->always == NULL)
        return; /* no text: told */
    if (expect->after != NULL && !g_hash_table_contains(ids, expect->after))
        sc_error(reader, check_place(source, "after"), path, "no entry has the id '%s'; write id: %s at one", expect->after, expect->after);
    if (expect->at != NULL && !str_is(expect->at, "end") && (!duration_parse(expect->at, &at_ns) || at_ns < 0))
        sc_error(reader, check_place(source, "at"), path, "'%s' is no time; write end, or a duration", expect->at);
    else if (expect->at != NULL && duration_parse(expect->at, &at_ns) && at_ns > scenario->spec.duration_ns && scenario->spec.duration_ns > 0)
        sc_warning(reader, check_place(source, "at"), path, "this is after the end of the scenario, where it is decided");
    if (expect->at != NULL && expect->has_within)
        sc_error(reader, check_place(source, "within"), path, "both at and within; write one of them");
    if (expect->always != NULL && (expect->has_within || expect->at != NULL))
        sc_error(reader, check_place(source, expect->at != NULL ? "at" : "within"), path, "always has no time of its own; leave %s out", expect->at != NULL ? "at" : "within");
    check_condition(reader, scenario, ids, expect->that != NULL ? expect->that : expect->always, check_place(source, key), text_path);
}

void
check_timeline(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.timeline;
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < list->count; i++) {
        ScEntry *entry = (ScEntry *)(gpointer)list->items + i;
        g_autofree char *path = g_strdup_printf("spec.timeline[%u]", i);

        entry->source = check_item(value_get(spec, "timeline"), i);
        if (entry->source == NULL || entry->source->type != VALUE_MAP)
            continue;
        if (entry->id != NULL && !g_hash_table_insert(ids, (gpointer)entry->id, entry))
            sc_error(reader, check_place(entry->source, "id"), path, "the id '%s' is used twice; write another", entry->id);
        check_entry(reader, scenario, entry, path);
    }
    check_after(reader, scenario, ids);
    for (guint i = 0; i < scenario->spec.expect.count; i++) {
        ScExpect *expect = (ScExpect *)(gpointer)scenario->spec.expect.items + i;

        expect->source = check_item(value_get(spec, "expect"), i);
        if (expect->source != NULL && expect->source->type == VALUE_MAP)
            check_expect(reader, scenario, ids, expect, i);
    }
    if (scenario->spec.until != NULL)
        check_condition(reader, scenario, ids, scenario->spec.until, value_get(spec, "until"), "spec.until");
}
