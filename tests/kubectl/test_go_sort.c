/*
 * test_go_sort.c - ConfigMaps as kubectl v1.33.1 (Go 1.24) sorted them with --sort-by=.data.k, as it was run; -1: it has no k
 */

#include "tests/kubectl/support.h"

#include "kubectl/go_sort.h"

Suite *go_sort_suite(void);

/* clang-format off */
static const int keys_0[] = {-1, 3, 34, 37, 32, 5, 4, 35, 36, 14, 37, -1, 25};
static const int order_0[] = {0, 11, 1, 6, 5, 9, 12, 4, 2, 7, 8, 3, 10};
static const int keys_1[] = {0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0};
static const int order_1[] = {15, 24, 2, 23, 21, 5, 0, 20, 8, 18, 10, 16, 6, 13, 14, 12, 11, 17, 9, 19, 7, 4, 22,
    3, 1};
static const int keys_2[] = {0, 1, 0, 1, 0, 0, 0, 1, -1, 0, 1, 1, 0, -1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, -1, 0,
    -1, 1, 0, 0, 1, 0, 0, 1, 0, -1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, -1, 1, 1, 0, 1, 1, 1, 0, 1};
static const int order_2[] = {13, 26, 28, 37, 51, 8, 45, 30, 6, 9, 58, 33, 12, 5, 49, 34, 48, 17, 18, 0, 44, 40,
    22, 2, 24, 36, 4, 27, 54, 31, 7, 19, 32, 3, 15, 35, 25, 23, 38, 39, 21, 41, 42, 43, 20, 29, 46, 47, 16, 14, 50,
    1, 52, 53, 11, 55, 56, 57, 10, 59};
/* clang-format on */

static const struct {
    const int *keys, *order;
    guint n;
} cases[] = {
    {keys_0, order_0, G_N_ELEMENTS(keys_0)},
    {keys_1, order_1, G_N_ELEMENTS(keys_1)},
    {keys_2, order_2, G_N_ELEMENTS(keys_2)},
};

/* What has no key is less than everything, also than another of these. */
static gboolean
is_less(gconstpointer a, gconstpointer b, gpointer user)
{
    const int *keys = user;
    int left = keys[*(const int *)a], right = keys[*(const int *)b];

    return left < 0 || (right >= 0 && left < right);
}

START_TEST(test_order)
{
    g_autofree int *items = g_new(int, cases[_i].n);

    for (guint i = 0; i < cases[_i].n; i++)
        items[i] = (int)i;
    go_sort(items, cases[_i].n, sizeof(int), is_less, (gpointer)cases[_i].keys);
    for (guint i = 0; i < cases[_i].n; i++)
        ck_assert_msg(items[i] == cases[_i].order[i], "of %u at %u: got %d, wanted %d", cases[_i].n, i, items[i],
                      cases[_i].order[i]);
}
END_TEST

Suite *
go_sort_suite(void)
{
    Suite *suite = suite_create("kubectl/go_sort");
    TCase *tcase = tcase_create("go_sort");

    tcase_add_loop_test(tcase, test_order, 0, G_N_ELEMENTS(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
