/* explain.c - desk8s explain TOPIC: documentation from the tables */

#include "cli/cli.h"

#include "api/kinds/explain.h"
#include "api/profile.h"
#include "base/duration.h"
#include "base/table.h"
#include "base/intern.h"
#include "scenario/faults.h"
#include "scenario/scenario.h"

#include <stdio.h>

static int explain_run(int argc, char **argv);

const CliCommand cli_explain_command = {
    .name = "explain",
    .arguments = "[TOPIC...]",
    .summary = "documentation of kinds, scenario keys and faults",
    .help = "Without a topic: what there is. A kind and a path in it (pod.spec.containers), `scenario`\n"
            "and a path in it (scenario.cluster.nodes), `fault` and a name.\n\n"
            "Examples:\n  desk8s explain deployment.spec.strategy\n  desk8s explain scenario.traffic\n  desk8s explain fault nodePowerOff\n  desk8s explain timer 1.31",
    .run = explain_run,
};

static void
print_fields(const char *title, const char *doc, const ScField *fields)
{
    GString *text = g_string_new(NULL);

    sc_explain(fields, text, 2);
    printf("%s%s%s\n\n%s", title, doc != NULL ? "\n" : "", doc != NULL ? doc : "", text->str);
    g_string_free(text, TRUE);
}

static int
explain_fault(const char *name)
{
    const FaultDef *def;

    if (name == NULL) {
        for (guint i = 0; fault_defs[i] != NULL; i++)
            printf("%-18s %s\n", fault_defs[i]->name, fault_defs[i]->doc);
        printf("\nThe keys of one: desk8s explain fault NAME\n");
        return CLI_OK;
    }
    def = fault_find(name);
    if (def == NULL) {
        const char *names[64] = {0};
        const char *near;
        for (guint i = 0; fault_defs[i] != NULL && i + 1 < G_N_ELEMENTS(names); i++)
            names[i] = fault_defs[i]->name;
        near = diag_nearest(name, names);
        return cli_usage(&cli_explain_command, "there is no fault '%s'%s%s", name, near != NULL ? "; write " : "", near != NULL ? near : "");
    }
    print_fields(def->name, def->doc, def->fields);
    return CLI_OK;
}

static int
explain_scenario(const char *path)
{
    const ScField *fields = scenario_spec_fields;
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);

    for (guint i = 1; parts[i] != NULL; i++) {
        const ScField *field = fields;

        if (i == 1 && str_is(parts[i], "spec"))
            continue;
        while (fields != NULL && field->name != NULL && !str_is(field->name, parts[i]))
            field++;
        if (fields == NULL || field->name == NULL)
            return cli_usage(&cli_explain_command, "a scenario has no key '%s'", parts[i]);
        if (field->fields == NULL) {
            const ScField only[2] = {*field, {0}};
            print_fields(path, NULL, only);
            return CLI_OK;
        }
        fields = field->fields;
    }
    print_fields(path, NULL, fields);
    return CLI_OK;
}

/* "40 s (50 s from 1.32)": what it is in v1.@minor, and that it was or will be otherwise. */
static void
print_timer(const ProfileTimer *timer, guint minor, TextTable *table)
{
    g_autofree char *value = duration_format_go(profile_timer_ns((TimerId)(timer - profile_timers), minor));
    g_autofree char *other = timer->changes == 0 ? g_strdup("")
                                                 : duration_format_go(minor >= timer->changes ? timer->ns : timer->changed_ns);

    text_table_cell(table, "%s", timer->name);
    if (timer->changes == 0)
        text_table_cell(table, "%s", value);
    else
        text_table_cell(table, "%s (%s %s 1.%u)", value, other, minor >= timer->changes ? "before" : "from", timer->changes);
    text_table_cell(table, "%s", timer->component);
    text_table_cell(table, "%s", timer->source);
    text_table_cell(table, "%s", timer->doc);
    text_table_end_row(table);
}

static void
print_features(guint minor)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.padding = 2});
    static const char *const titles[] = {"DIFFERENCE", "IN 1.%u", "SINCE", "COMPONENT", "SOURCE", "WHAT IT MEANS"};
    g_autofree char *text = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(titles); i++) {
        g_autofree char *title = i == 1 ? g_strdup_printf("IN 1.%u", minor) : g_strdup(titles[i]);

        text_table_header(table, title);
    }
    for (guint i = 0; i < FEATURE_N; i++) {
        const ProfileFeature *feature = &profile_features[i];

        text_table_cell(table, "%s", feature->name);
        text_table_cell(table, "%s", profile_has((FeatureId)i, minor) ? "yes" : "no");
        text_table_cell(table, "1.%u", feature->since);
        text_table_cell(table, "%s", feature->component);
        text_table_cell(table, "%s", feature->source);
        text_table_cell(table, "%s", feature->doc);
        text_table_end_row(table);
    }
    text = text_table_format(table);
    printf("\n%s", text);
}

/* @what: a version, the name of a timer, or NULL. */
static int
explain_timer(const char *what)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.padding = 2});
    static const char *const titles[] = {"TIMER", "VALUE", "COMPONENT", "SOURCE", "WHAT IT MEANS"};
    const ProfileTimer *only = what != NULL ? profile_timer_find(what) : NULL;
    guint64 minor = 34;
    g_autofree char *text = NULL;

    if (only == NULL && what != NULL &&
        (!g_str_has_prefix(what, "1.") ||
         !g_ascii_string_to_unsigned(what + 2, 10, PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST, &minor, NULL)))
        return cli_usage(&cli_explain_command, "there is no timer '%s', and no version; write a name from `desk8s explain timer`, or 1.%d to 1.%d",
                         what, PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST);
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    for (guint i = 0; i < TIMER_N; i++)
        if (only == NULL || only == &profile_timers[i])
            print_timer(&profile_timers[i], (guint)minor, table);
    text = text_table_format(table);
    printf("Kubernetes 1.%u\n\n%s", (guint)minor, text);
    if (only == NULL)
        print_features((guint)minor);
    return CLI_OK;
}

static int
explain_run(int argc, char **argv)
{
    int status = CLI_OK;
    gboolean recursive = FALSE;
    g_autofree char *text = NULL;
    const GOptionEntry entries[] = {{"recursive", 'r', 0, G_OPTION_ARG_NONE, &recursive, "Fields below fields, too", NULL}, {0}};

    if (!cli_parse(&cli_explain_command, &argc, &argv, entries, &status))
        return status;
    if (argc < 2) {
        printf("Kinds: desk8s explain KIND[.FIELD...]\n");
        for (guint i = 0; api_kinds[i] != NULL; i++)
            printf("  %-22s %s\n", api_kinds[i]->plural, api_kind_api_version(api_kinds[i]));
        printf("\nThe scenario file: desk8s explain scenario[.KEY...]\nFaults: desk8s explain fault [NAME]\nTimers, and what differs between versions: desk8s explain timer [VERSION]\n");
        return CLI_OK;
    }
    if (str_is(argv[1], "fault") || str_is(argv[1], "faults"))
        return explain_fault(argc > 2 ? argv[2] : NULL);
    if (g_str_has_prefix(argv[1], "fault.") || fault_find(argv[1]) != NULL)
        return explain_fault(fault_find(argv[1]) != NULL ? argv[1] : argv[1] + strlen("fault."));
    if (str_is(argv[1], "timer") || str_is(argv[1], "timers"))
        return explain_timer(argc > 2 ? argv[2] : NULL);
    if (str_is(argv[1], "scenario") || g_str_has_prefix(argv[1], "scenario."))
        return explain_scenario(argv[1]);
    text = api_explain(argv[1], recursive);
    if (text == NULL)
        return cli_usage(&cli_explain_command, "nothing is known about '%s'; `desk8s explain` lists what there is", argv[1]);
    fputs(text, stdout);
    return CLI_OK;
}
