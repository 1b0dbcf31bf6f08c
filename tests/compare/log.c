/* log.c - see log.h */

#include "tests/compare/log.h"

#include <check.h>
#include <glib/gstdio.h>

char *
log_folder(void)
{
    char *folder = g_dir_make_tmp("desk8s-compare-XXXXXX", NULL);

    ck_assert_ptr_nonnull(folder);
    return folder;
}

char *
log_write(const char *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');

    ck_assert(g_file_set_contents(path, json, -1, NULL));
    return path;
}

void
log_remove(char *folder)
{
    g_autoptr(GDir) open = g_dir_open(folder, 0, NULL);

    for (const char *name = g_dir_read_name(open); name != NULL; name = g_dir_read_name(open)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

Facts *
log_facts(const char *text, gboolean has_kubelets)
{
    char *folder = log_folder();
    g_autofree char *path = log_write(folder, "log.jsonl", text);
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = recording_read(path, diag);
    g_autofree char *mistakes = diag_format(diag);
    Facts *facts;

    ck_assert_msg(recording != NULL, "%s", mistakes);
    facts = recording_facts(recording, has_kubelets, NULL);
    log_remove(folder);
    return facts;
}

char *
log_fact(const Facts *facts, const char *name)
{
    const Fact *fact = facts_find(facts, name);
    g_autoptr(Value) value = fact != NULL ? fact_to_value(fact) : NULL;

    return fact != NULL ? value_to_json(value, VALUE_COMPACT | VALUE_NO_HTML_ESCAPE) : g_strdup("absent");
}
