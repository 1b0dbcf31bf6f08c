/* The map of pointers: against GHashTable over long mixed histories; runs that wrap, holes in the middle, growing. */

#include "base/ptr_map.h"

#include <check.h>

Suite *ptr_map_suite(void);

#define N_KEYS 200

static char keys[N_KEYS][8];

/* Multiplied with the hash's factor, this makes the slot: keys for any slot wanted, whatever addresses there are. */
static gconstpointer
key_of_slot(guint bits, guint64 slot, guint64 nth)
{
    const guint64 inverse = G_GUINT64_CONSTANT(0xf1de83e19937733d); /* of 0x9e3779b97f4a7c15 */

    return (gconstpointer)(gsize)(((slot << (64 - bits)) + nth) * inverse);
}

static void
add_value(gpointer key, gpointer value, gpointer sum)
{
    ck_assert_ptr_nonnull(key);
    *(guint64 *)sum += GPOINTER_TO_UINT(value);
}

static guint64
sum_of(const PtrMap *map)
{
    guint64 sum = 0;

    ptr_map_foreach(map, add_value, &sum);
    return sum;
}

static void
check_same(const PtrMap *map, GHashTable *plain)
{
    guint64 sum = 0;

    ck_assert_uint_eq(map->count, g_hash_table_size(plain));
    for (guint k = 0; k < N_KEYS; k++) {
        ck_assert_ptr_eq(ptr_map_get(map, keys[k]), g_hash_table_lookup(plain, keys[k]));
        ck_assert_int_eq(ptr_map_has(map, keys[k]), g_hash_table_contains(plain, keys[k]));
        sum += GPOINTER_TO_UINT(g_hash_table_lookup(plain, keys[k]));
    }
    ck_assert_uint_eq(sum_of(map), sum);
}

START_TEST(test_empty)
{
    PtrMap map = {0};

    ck_assert_ptr_null(ptr_map_get(&map, keys[0]));
    ck_assert_ptr_null(ptr_map_get(&map, NULL));
    ck_assert_ptr_null(ptr_map_take(&map, keys[0]));
    ck_assert_ptr_null(ptr_map_take(&map, NULL));
    ck_assert_int_eq(ptr_map_has(&map, keys[0]), FALSE);
    ck_assert_uint_eq(sum_of(&map), 0);
    ptr_map_clear(&map);
    ck_assert_int_eq(ptr_map_set(&map, keys[0], NULL), TRUE);
    ck_assert_int_eq(ptr_map_set(&map, keys[0], NULL), FALSE);
    ck_assert_int_eq(ptr_map_has(&map, keys[0]), TRUE);
    ck_assert_ptr_null(ptr_map_get(&map, keys[0]));
    ck_assert_ptr_null(ptr_map_get(&map, NULL));
    ck_assert_ptr_null(ptr_map_take(&map, keys[0]));
    ck_assert_int_eq(ptr_map_has(&map, keys[0]), FALSE);
    ptr_map_clear(&map);
}
END_TEST

/* Few keys and many changes, then many keys: what is set, replaced, taken and found is what GHashTable says. */
START_TEST(test_as_a_hash_table)
{
    static const guint n_keys[] = {1, 2, 5, 6, 7, 12, 50, N_KEYS};
    PtrMap map = {0};
    g_autoptr(GHashTable) plain = g_hash_table_new(NULL, NULL);
    guint32 random = 12345;

    for (guint round = 0; round < 40000; round++) {
        random = random * 1664525 + 1013904223;
        const char *key = keys[(random >> 8) % n_keys[round / 5000]];
        gpointer value = GUINT_TO_POINTER(1 + (random >> 4) % 1000);

        switch (random >> 30) {
        case 0:
            ck_assert_ptr_eq(ptr_map_take(&map, key), g_hash_table_lookup(plain, key));
            g_hash_table_remove(plain, key);
            break;
        case 1:
            *ptr_map_place(&map, key) = value;
            g_hash_table_insert(plain, (gpointer)key, value);
            break;
        default:
            ck_assert_int_eq(ptr_map_set(&map, key, value), g_hash_table_insert(plain, (gpointer)key, value));
        }
        if (round % 97 == 0)
            check_same(&map, plain);
    }
    check_same(&map, plain);
    ck_assert_uint_le(map.count * 4, 3 << (64 - map.shift));
    ptr_map_clear(&map);
    ck_assert_uint_eq(map.count, 0);
    ck_assert_ptr_null(ptr_map_get(&map, keys[0]));
}
END_TEST

/*
 * Eight slots. Each row: the slots the keys want, in the order they are entered, and which of them is taken out; the
 * others must still be found.
 */
static const struct {
    guint8 n, wants[6], taken;
} runs[] = {
    {3, {2, 2, 2}, 0},          {3, {2, 2, 2}, 1},          {3, {2, 2, 2}, 2},          {4, {2, 3, 2, 3}, 0},
    {4, {2, 3, 2, 3}, 1},       {4, {2, 3, 4, 2}, 0},       {4, {2, 3, 4, 2}, 1},       {4, {7, 7, 7, 0}, 0},
    {4, {7, 7, 7, 0}, 1},       {5, {7, 0, 7, 1, 0}, 0},    {5, {7, 0, 7, 1, 0}, 1},    {6, {6, 7, 6, 0, 7, 1}, 0},
    {6, {6, 7, 6, 0, 7, 1}, 1}, {6, {6, 7, 6, 0, 7, 1}, 2}, {6, {6, 7, 6, 0, 7, 1}, 3}, {6, {0, 1, 2, 3, 4, 0}, 2},
};

START_TEST(test_holes)
{
    PtrMap map = {0};
    gconstpointer run_keys[6];

    for (guint k = 0; k < runs[_i].n; k++) {
        run_keys[k] = key_of_slot(3, runs[_i].wants[k], k + 1);
        ptr_map_set(&map, run_keys[k], GUINT_TO_POINTER(k + 1));
        ck_assert_uint_eq(map.shift, 61);
        ck_assert_uint_eq(ptr_map_slot(&map, run_keys[k]), runs[_i].wants[k]);
    }
    ck_assert_ptr_eq(ptr_map_take(&map, run_keys[runs[_i].taken]), GUINT_TO_POINTER(runs[_i].taken + 1u));
    for (guint k = 0; k < runs[_i].n; k++)
        ck_assert_ptr_eq(ptr_map_get(&map, run_keys[k]), GUINT_TO_POINTER(k == runs[_i].taken ? 0 : k + 1));
    ck_assert_uint_eq(map.count, runs[_i].n - 1u);
    ptr_map_clear(&map);
}
END_TEST

START_TEST(test_reserve)
{
    PtrMap map = {0};

    ptr_map_reserve(&map, 96);
    ck_assert_uint_eq(map.shift, 64 - 7);
    ptr_map_reserve(&map, 3);
    for (guint k = 0; k < 96; k++)
        ptr_map_set(&map, keys[k], keys[k]);
    ck_assert_uint_eq(map.shift, 64 - 7);
    ptr_map_set(&map, keys[96], keys[96]);
    ck_assert_uint_eq(map.shift, 64 - 8);
    for (guint k = 0; k <= 96; k++)
        ck_assert_ptr_eq(ptr_map_get(&map, keys[k]), keys[k]);
    ptr_map_clear(&map);
}
END_TEST

Suite *
ptr_map_suite(void)
{
    Suite *suite = suite_create("ptr_map");
    TCase *tcase = tcase_create("ptr_map");

    tcase_add_test(tcase, test_empty);
    tcase_add_test(tcase, test_as_a_hash_table);
    tcase_add_loop_test(tcase, test_holes, 0, G_N_ELEMENTS(runs));
    tcase_add_test(tcase, test_reserve);
    suite_add_tcase(suite, tcase);
    return suite;
}
