/* support.c - see support.h */

#include "tests/scenario/support.h"

#include "base/duration.h"

#include <check.h>
#include <glib/gstdio.h>

static char *scratch; /* (owned) the directory; made on first use */

const char *
scratch_path(const char *name, const char *text)
{
    g_autofree char *path = NULL;

    if (scratch == NULL)
        scratch = g_dir_make_tmp("desk8s-test-XXXXXX", NULL);
    path = g_build_filename(scratch, name, NULL);
    if (text != NULL)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    return str_intern(path);
}

void
scratch_remove(void)
{
    GDir *dir = scratch != NULL ? g_dir_open(scratch, 0, NULL) : NULL;
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(scratch, name, NULL);
        g_unlink(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
    if (scratch != NULL)
        g_rmdir(scratch);
    g_clear_pointer(&scratch, g_free);
}

Scenario *
load_text(const char *text, const char *const *sets, Diag *diag)
{
    return scenario_load(scratch_path("t.yaml", text), sets, diag);
}

/* Messages with the bare names of files. */
static char *
bare_messages(const Diag *diag)
{
    g_autofree char *text = diag_format(diag);
    g_autofree char *prefix = g_strconcat(scratch, "/", NULL);
    g_auto(GStrv) parts = g_strsplit(text, prefix, -1);

    return g_strjoinv("", parts);
}

char *
messages_of(const char *text, const char *const *sets)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(text, sets, diag);

    ck_assert(scenario != NULL || diag_count_errors(diag) > 0);
    return bare_messages(diag);
}

char *
check_messages_of(const char *text)
{
    g_autoptr(Diag) diag = diag_new();

    scenario_check_file(scratch_path("t.yaml", text), diag);
    return bare_messages(diag);
}

static Play
start(const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    Play play = {.scenario = load_text(text, NULL, diag)};
    g_autofree char *mistakes = diag_format(diag);

    ck_assert_msg(diag_count_errors(diag) == 0, "%s", mistakes);
    play.run = run_new(play.scenario, &(RunOptions){0}, NULL);
    return play;
}

Play
play_until(const char *text, gint64 time_ns)
{
    Play play = start(text);

    while (sim_now_ns(run_cluster(play.run)->sim) < time_ns && run_advance(play.run, time_ns))
        ;
    return play;
}

Play
play(const char *text)
{
    Play play = start(text);

    while (run_advance(play.run, run_end_ns(play.run)))
        ;
    run_finish(play.run);
    return play;
}

void
play_clear(Play *play)
{
    run_free(play->run);
    scenario_free(play->scenario);
}

char *
marks_of(Run *run)
{
    static const char *const types[] = {"kubectl", "fault", "fault-end", "mark", "traffic", "set"};
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < run_mark_count(run); i++) {
        const RunMark *mark = run_mark(run, i);

        g_string_append_printf(out, "%" G_GINT64_FORMAT ".%03d %s %s\n", mark->time_ns / NS_PER_S, (int)(mark->time_ns / NS_PER_MS % 1000), types[mark->type], mark->text);
    }
    return g_string_free(out, FALSE);
}

char *
checks_of(Run *run)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < run_check_count(run); i++) {
        const RunCheck *check = run_check(run, i);

        ck_assert(check->is_decided);
        g_string_append_printf(out, "%s %s: %s", check->has_passed ? "ok" : "FAIL", check->rule, check->text);
        if (!check->has_passed)
            g_string_append_printf(out, " found %s", check->found);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
