/*
 * What a real v1.34.4 scheduler thought (recorded): each pod is tried with the
 * earlier ones bound where they were bound then.
 */

#include "scheduler/scheduler.h"

#include "tests/scheduler/support.h"

#include <check.h>

Suite *recorded_suite(void);

static const char *const recordings[] = {"1", "2", "3", "8"};

static void
bind_to(ApiObject *pod, const char *node)
{
    ((PodSpec *)api_edit_spec(pod))->node_name = str_intern(node);
}

/* Every recorded score, and no others; the nodes with scores are the feasible ones. */
static void
compare_scores(const char *where, const Value *recorded, const Value *tried)
{
    const Value *nodes = value_get(tried, "nodes");
    guint n_feasible = 0;

    for (guint i = 0; i < nodes->count; i++)
        n_feasible += value_get(nodes->items[i], "filter")->type == VALUE_NULL;
    ck_assert_msg(recorded->count == n_feasible, "%s: %u nodes feasible, recorded %u", where,
                  n_feasible, recorded->count);
    for (guint i = 0; i < recorded->count; i++) {
        const Value *want = recorded->items[i];
        const Value *node = value_get(nodes, recorded->keys[i]);
        const Value *scores = value_get(node, "scores");

        ck_assert_msg(scores != NULL, "%s: %s has no scores", where, recorded->keys[i]);
        ck_assert_msg(scores->count + 1 == want->count, "%s: %s: %u scores, recorded %u", where,
                      recorded->keys[i], scores->count, want->count - 1);
        for (guint k = 0; k < want->count; k++) {
            gint64 have = str_is(want->keys[k], "total") ? value_get_int(node, "total", -1)
                                                         : value_get_int(scores, want->keys[k], -1);

            ck_assert_msg(have == want->items[k]->integer,
                          "%s: %s: %s is %" G_GINT64_FORMAT ", recorded %" G_GINT64_FORMAT, where,
                          recorded->keys[i], want->keys[k], have, want->items[k]->integer);
        }
    }
}

static void
compare_choice(const char *where, const Value *line, const Value *tried)
{
    const Value *scores = value_get(line, "scores");
    const char *node = value_get_string(line, "node", NULL);
    const char *chosen = value_get_string(tried, "node", NULL);
    const char *message = value_get_string(line, "message", NULL);

    if (message != NULL && node == NULL)
        ck_assert_str_eq(value_get_string(tried, "message", "none"), message);
    ck_assert_msg((node == NULL) == (chosen == NULL), "%s: on %s, recorded %s", where,
                  chosen == NULL ? "no node" : chosen, node == NULL ? "no node" : node);
    if (scores == NULL || scores->count == 0) {
        ck_assert_msg(str_is(node, chosen), "%s: on %s, recorded %s", where, chosen, node);
        return;
    }
    compare_scores(where, scores, tried);
    for (guint i = 0; i < scores->count; i++)
        ck_assert_msg(value_get_int(scores->items[i], "total", 0) <=
                          value_get_int(value_get(scores, chosen), "total", 0),
                      "%s: %s is not the best", where, chosen);
}

START_TEST(test_recorded)
{
    g_autofree char *name = g_strdup_printf("recorded/%s.jsonl", recordings[_i]);
    g_autofree char *text = test_data(name);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_autofree char *message = NULL;
        g_autoptr(Value) line = value_read_json(lines[i], strlen(lines[i]), &message);
        g_autofree char *where = g_strdup_printf("%s line %u", name, i + 1);
        g_autoptr(Value) tried = NULL;
        ApiObject *pod;

        ck_assert_msg(line != NULL, "%s: %s", where, message);
        if (i == 0) {
            const Value *list = value_get(line, "nodes");

            for (guint k = 0; k < list->count; k++)
                g_ptr_array_add(nodes, make_object_of(list->items[k]));
            continue;
        }
        pod = make_object_of(value_get(line, "pod"));
        tried = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                              (const ApiObject *const *)pods->pdata, pods->len, i, 34);
        compare_choice(where, line, tried);
        if (value_get_string(line, "node", NULL) == NULL) {
            api_object_unref(pod);
            continue;
        }
        bind_to(pod, value_get_string(line, "node", NULL));
        g_ptr_array_add(pods, pod);
    }
    ck_assert_uint_gt(pods->len, 10);
}
END_TEST

Suite *
recorded_suite(void)
{
    Suite *suite = suite_create("recorded");
    TCase *tcase = tcase_create("scheduling");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_recorded, 0, G_N_ELEMENTS(recordings));
    suite_add_tcase(suite, tcase);
    return suite;
}
