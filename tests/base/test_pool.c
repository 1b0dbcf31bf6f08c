/* The pool: what is given back is taken again, pieces do not overlap, large sizes work. */

#include "base/pool.h"

#include <check.h>
#include <string.h>

Suite *pool_suite(void);

START_TEST(test_pieces_do_not_overlap)
{
    static const gsize sizes[] = {1, 8, 16, 17, 56, 100, 255, 256, POOL_BYTES_MAX, POOL_BYTES_MAX + 1, 5000};
    guint8 *pieces[20 * G_N_ELEMENTS(sizes)];

    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        gsize size = sizes[i % G_N_ELEMENTS(sizes)];

        pieces[i] = pool_alloc(size);
        ck_assert_uint_eq((gsize)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, size);
    }
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        gsize size = sizes[i % G_N_ELEMENTS(sizes)];

        for (gsize k = 0; k < size; k++)
            ck_assert_uint_eq(pieces[i][k], (guint8)i);
        pool_free(size, pieces[i]);
    }
}
END_TEST

START_TEST(test_zeroed_after_use)
{
    for (guint round = 0; round < 3; round++) {
        guint8 *piece = pool_alloc0(64);

        for (guint k = 0; k < 64; k++)
            ck_assert_uint_eq(piece[k], 0);
        memset(piece, 0xff, 64);
        pool_free(64, piece);
    }
    pool_free(64, NULL);
}
END_TEST

/* Lists of every length up to some, given back and taken in turn: nobody gets what another has. */
START_TEST(test_what_is_given_back_is_taken_once)
{
    for (guint n = 1; n <= 6; n++) {
        guint64 *pieces[8];

        for (guint round = 0; round < 4; round++) {
            for (guint i = 0; i < n + 2; i++) {
                pieces[i] = pool_alloc(POOL_BYTES_MAX - 16);
                *pieces[i] = i;
            }
            for (guint i = 0; i < n + 2; i++)
                ck_assert_uint_eq(*pieces[i], i);
            pool_free(POOL_BYTES_MAX - 16, pieces[round % n]);
            pieces[round % n] = pool_alloc(POOL_BYTES_MAX - 16);
            for (guint i = n + 2; i > 0; i--)
                pool_free(POOL_BYTES_MAX - 16, pieces[i - 1]);
        }
    }
}
END_TEST

Suite *
pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_add_test(tcase, test_pieces_do_not_overlap);
    tcase_add_test(tcase, test_zeroed_after_use);
    tcase_add_test(tcase, test_what_is_given_back_is_taken_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
