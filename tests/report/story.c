/* story.c - see story.h */

#include "tests/report/story.h"

#include "base/duration.h"

#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>

static char *scratch; /* (owned) */

static void
told(gpointer user, gint64 time_ns, const char *sentence)
{
    g_string_append_printf(user, "%" G_GINT64_FORMAT ".%03d %s\n", time_ns / NS_PER_S, (int)(time_ns / NS_PER_MS % 1000), sentence);
}

Story
story_tell(const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autofree char *path = NULL;
    g_autofree char *mistakes = NULL;
    Story story = {.told = g_string_new(NULL)};
    Cluster *cluster;

    if (scratch == NULL)
        scratch_directory();
    path = g_build_filename(scratch, "story.yaml", NULL);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    story.scenario = scenario_load(path, NULL, diag);
    g_unlink(path);
    mistakes = diag_format(diag);
    ck_assert_msg(diag_count_errors(diag) == 0, "%s", mistakes);
    story.run = run_new(story.scenario, &(RunOptions){0}, NULL);
    cluster = run_cluster(story.run);
    story.series = series_new(cluster->sim, cluster->server, (Traffic *const *)cluster->traffic->pdata, cluster->traffic->len, told, story.told);
    while (run_advance(story.run, run_end_ns(story.run)))
        ;
    run_finish(story.run);
    series_finish(story.series);
    return story;
}

void
story_clear(Story *story)
{
    series_free(story->series);
    run_free(story->run);
    scenario_free(story->scenario);
    g_string_free(story->told, TRUE);
}

gboolean
story_has(const Story *story, const char *words)
{
    return strstr(story->told->str, words) != NULL;
}

gboolean
story_in_order(const Story *story, const char *const *words, const char **out_missing)
{
    const char *at = story->told->str;

    for (; *words != NULL; words++) {
        at = strstr(at, *words);
        if (at == NULL) {
            *out_missing = *words;
            return FALSE;
        }
        at += strlen(*words);
    }
    return TRUE;
}

char *
story_lane(const Story *story, const char *pod)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < story->series->lanes->len && out->len == 0; i++) {
        const Lane *lane = g_ptr_array_index(story->series->lanes, i);

        if (!g_str_has_prefix(lane->name, pod))
            continue;
        for (guint k = 0; k < lane->n_spans; k++)
            g_string_append_printf(out, "%s%s", k > 0 ? " " : "", lane_state_name(lane->spans[k].state));
    }
    return g_string_free(out, FALSE);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
names_in(const char *directory)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    if (dir != NULL)
        g_dir_close(dir);
    g_ptr_array_sort(names, compare_names);
    return names;
}

char *
scratch_list(const char *directory)
{
    g_autoptr(GPtrArray) names = names_in(directory);

    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)names->pdata);
}

void
scratch_remove(void)
{
    g_autoptr(GPtrArray) names = NULL;

    if (scratch == NULL)
        return;
    names = names_in(scratch);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(scratch, g_ptr_array_index(names, i), NULL);

        if (g_unlink(path) != 0)
            g_rmdir(path);
    }
    g_rmdir(scratch);
    g_clear_pointer(&scratch, g_free);
}

const char *
scratch_directory(void)
{
    scratch_remove();
    scratch = g_dir_make_tmp("desk8s-report-XXXXXX", NULL);
    ck_assert_ptr_nonnull(scratch);
    return str_intern(scratch);
}
