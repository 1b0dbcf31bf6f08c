/* test_links.c - links in place do what glib's queues do, over a long mixed history */

#include "base/links.h"

#include <check.h>

Suite *links_suite(void);

#define N_ITEMS 8

static void
check_same(const GQueue *ours, const GQueue *plain)
{
    const GList *link = ours->head;
    const GList *other = plain->head;

    ck_assert_uint_eq(ours->length, plain->length);
    for (; link != NULL && other != NULL; link = link->next, other = other->next) {
        ck_assert_ptr_eq(link->data, other->data);
        ck_assert_ptr_eq(link->prev == NULL ? NULL : link->prev->data, other->prev == NULL ? NULL : other->prev->data);
    }
    ck_assert_ptr_null(link);
    ck_assert_ptr_null(other);
    ck_assert_ptr_eq(ours->tail == NULL ? NULL : ours->tail->data, plain->tail == NULL ? NULL : plain->tail->data);
}

START_TEST(test_as_glib)
{
    GList ours[N_ITEMS] = {0};
    GList plain[N_ITEMS] = {0};
    gboolean is_in[N_ITEMS] = {0};
    GQueue our_queue = G_QUEUE_INIT;
    GQueue plain_queue = G_QUEUE_INIT;
    guint32 random = 1;

    for (guint i = 0; i < N_ITEMS; i++)
        ours[i].data = plain[i].data = &is_in[i];
    for (guint turn = 0; turn < 2000; turn++) {
        guint at = (random = random * 1664525u + 1013904223u) >> 29;

        if (is_in[at]) {
            links_take(&our_queue, &ours[at]);
            g_queue_unlink(&plain_queue, &plain[at]);
            ck_assert_ptr_null(ours[at].next);
            ck_assert_ptr_null(ours[at].prev);
        } else {
            links_push(&our_queue, &ours[at]);
            g_queue_push_tail_link(&plain_queue, &plain[at]);
        }
        is_in[at] = !is_in[at];
        check_same(&our_queue, &plain_queue);
    }
}
END_TEST

Suite *
links_suite(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, test_as_glib);
    suite_add_tcase(suite, tcase);
    return suite;
}
