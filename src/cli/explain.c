/* explain.c - desk8s explain TOPIC: documentation from the tables */

#include "cli/cli.h"

#include "api/kinds/explain.h"
#include "base/intern.h"
#include "scenario/faults.h"
#include "scenario/scenario.h"

#include <stdio.h>

static int explain_run(int argc, char **argv);

const CliCommand cli_explain_command = {
    .name = "explain",
    .arguments = "[TOPIC [NAME]]",
    .summary = "documentation of kinds, scenario keys, faults, timers and feature gates",
    .help = "Without a topic: what there is. A kind and a path in it (pod.spec.containers), `scenario`\n"
            "and a path in it (scenario.cluster.nodes), `fault` and a name, `timer` and a name or version,\n"
            "`gate` and the same.\n\n"
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
unknown_key(const char *key, const ScField *fields)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *near;

    for (const ScField *field = fields; field != NULL && field->name != NULL; field++)
        g_ptr_array_add(names, (gpointer)field->name);
    g_ptr_array_add(names, NULL);
    near = diag_nearest(key, (const char *const *)names->pdata);
    return cli_usage(&cli_explain_command, "a scenario has no key '%s'%s%s", key, near != NULL ? " there; write " : " there", near != NULL ? near : "");
}

/* A kind, a path in one, or one of our own topics, misspelt. */
static int
unknown_topic(const char *topic)
{
    static const char *const own[] = {"scenario", "fault", "timer", "gate", NULL};
    g_autofree char *problem = api_explain_problem(topic);
    const char *near = diag_nearest(topic, own);

    if (strchr(topic, '.') != NULL && g_str_has_prefix(problem, "field"))
        return cli_usage(&cli_explain_command, "%s: %s", topic, problem);
    if (near == NULL && strstr(problem, "did you mean") != NULL)
        return cli_usage(&cli_explain_command, "nothing is known about '%s'; %s", topic, strstr(problem, "did you mean"));
    return cli_usage(&cli_explain_command, "nothing is known about '%s'; %s%s%s", topic, near != NULL ? "did you mean \"" : "`desk8s explain` lists what there is", near != NULL ? near : "",
                     near != NULL ? "\"?" : "");
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
            return unknown_key(parts[i], fields);
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

/* Tables, of which a second word names a row. */
static gboolean
is_table(const char *topic)
{
    return str_is(topic, "fault") || str_is(topic, "faults") || str_is(topic, "timer") || str_is(topic, "timers") ||
           str_is(topic, "gate") || str_is(topic, "gates");
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
            printf("  %-34s %s\n", api_kinds[i]->plural, api_kind_api_version(api_kinds[i]));
        printf("\nThe scenario file: desk8s explain scenario[.KEY...]\nFaults: desk8s explain fault [NAME]\nTimers, and what differs between versions: desk8s explain timer [VERSION]\nFeature gates: desk8s explain gate [NAME | VERSION]\n");
        return CLI_OK;
    }
    if (argc > (is_table(argv[1]) ? 3 : 2))
        return cli_usage(&cli_explain_command, "one topic at a time");
    if (str_is(argv[1], "fault") || str_is(argv[1], "faults"))
        return explain_fault(argc > 2 ? argv[2] : NULL);
    if (g_str_has_prefix(argv[1], "fault.") || fault_find(argv[1]) != NULL)
        return explain_fault(fault_find(argv[1]) != NULL ? argv[1] : argv[1] + strlen("fault."));
    if (str_is(argv[1], "timer") || str_is(argv[1], "timers"))
        return cli_explain_timer(argc > 2 ? argv[2] : NULL);
    if (str_is(argv[1], "gate") || str_is(argv[1], "gates"))
        return cli_explain_gate(argc > 2 ? argv[2] : NULL);
    if (str_is(argv[1], "scenario") || g_str_has_prefix(argv[1], "scenario."))
        return explain_scenario(argv[1]);
    text = api_explain(argv[1], recursive);
    if (text == NULL)
        return unknown_topic(argv[1]);
    fputs(text, stdout);
    return CLI_OK;
}
