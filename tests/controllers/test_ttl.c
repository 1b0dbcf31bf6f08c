/* How long kubelets may keep what they have read: v1.34 pkg/controller/ttl/ttl_controller_test.go. */
#include "controllers/ttl.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* TestDesiredTTL; the last ones are of the same table of steps. */
static const struct {
    gboolean is_gone;
    guint count, step, wanted;
} desired_rows[] = {
    {FALSE, 0, 0, 0},      {FALSE, 99, 0, 0},    {FALSE, 100, 0, 15},   {TRUE, 101, 1, 15},   {TRUE, 91, 1, 15},
    {FALSE, 91, 1, 15},    {TRUE, 90, 1, 0},     {FALSE, 499, 1, 15},   {FALSE, 500, 1, 30},  {TRUE, 450, 2, 15},
    {FALSE, 1000, 2, 60},  {TRUE, 900, 3, 30},   {FALSE, 2000, 3, 300}, {TRUE, 1800, 4, 60},  {FALSE, 10000, 4, 600},
    {FALSE, 20000, 5, 600}, {TRUE, 9000, 5, 300},
};

START_TEST(test_desired)
{
    TtlState state = {desired_rows[_i].count, desired_rows[_i].step};

    ttl_note(&state, desired_rows[_i].is_gone);
    ck_assert_msg(ttl_seconds(&state) == desired_rows[_i].wanted, "%u nodes, step %u: %u", desired_rows[_i].count,
                  desired_rows[_i].step, ttl_seconds(&state));
}
END_TEST

/* TestPatchNodeWithAnnotation, TestUpdateNodeIfNeeded */
static const struct {
    const char *before; /* NULL: not annotated */
    guint step;
    const char *after, *log;
} node_rows[] = {
    {NULL, 0, "0", "patch Node n"},  {"0", 0, "0", ""},         {NULL, 1, "15", "patch Node n"},
    {"0", 1, "15", "patch Node n"},  {"15", 1, "15", ""},       {"15", 0, "0", "patch Node n"},
    {"abc", 0, "0", "patch Node n"}, {"", 0, "0", "patch Node n"},
};

START_TEST(test_node)
{
    static const char annotation[] = "node.alpha.kubernetes.io/ttl";
    Mini *mini = mini_new();
    ApiObject *node = make_node("n", NULL);
    TtlState state = {1, node_rows[_i].step};

    mini->state = &state;
    str_map_set(&api_edit_meta(node)->annotations, str_intern("other"), str_intern("0"));
    if (node_rows[_i].before != NULL)
        str_map_set(&api_edit_meta(node)->annotations, str_intern(annotation), str_intern(node_rows[_i].before));
    mini_add(mini, node);
    mini_sync(mini, &ttl_controller, "n");
    mini_check_log(mini, node_rows[_i].before, node_rows[_i].log);
    node = (ApiObject *)mini_nth(mini, &node_kind, 0);
    ck_assert_str_eq(str_map_get(&node->meta->annotations, str_intern(annotation)), node_rows[_i].after);
    ck_assert_uint_eq(node->meta->annotations.count, 2);
    mini_sync(mini, &ttl_controller, "gone");
    mini_check_log(mini, "gone", "");
    mini_free(mini);
}
END_TEST

Suite *
ttl_suite(void)
{
    Suite *suite = suite_create("controllers/ttl");
    TCase *tcase = tcase_create("ttl");

    tcase_add_loop_test(tcase, test_desired, 0, G_N_ELEMENTS(desired_rows));
    tcase_add_loop_test(tcase, test_node, 0, G_N_ELEMENTS(node_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
