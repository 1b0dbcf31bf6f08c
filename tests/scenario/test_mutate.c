/*
 * Shipped scenarios with damage: bytes, lines and words changed at random. Loading
 * says what is wrong, or nothing; it never crashes, hangs or leaks. More of them:
 * DESK8S_MUTATIONS=30000 DESK8S_MUTATION_SEED=2.
 */

#include "tests/scenario/support.h"

#include <check.h>
#include <stdlib.h>

Suite *mutate_suite(void);

static const char *const names[] = {"bad-image", "classroom", "crashloop-and-oom", "node-failover", "partition", "rolling-update", "scheduler-down"};

/* What stands in the place of a word or a value. */
static const char *const words[] = {
    "-1", "0", "1", "99999999999999999999", "1e400", "-0.0", "1.5", "[]", "{}", "[[]]", "{a: {b: [c]}}", "~", "''", "\"\\0\"", "*a", "&a x", "!!binary !!!", "!!int x", "|\n  x\n", "<<: *a",
    "0s", "-5s", "10h", "1ns", "292y", "100%", "-3%", "1/s", "1e9/s", "1000000/h", "1Ei", "1m", "true", "no", "end", "all", "percent", "ideal", "none", "service/web:80", "nodePort/worker-1:1",
    "traffic/users p99 > 1s", "count pods == 1", "kubectl/x exit == 0", "{nodePowerOff: {node: worker-1}}", "{podKill: {selector: {app: web}, mode: fixed, value: 3}}", "{p50: 1ms, p99: 1s}",
    "$(", "$(kubectl get pods)", "'", "\"", "{.status[?(@", "{.items[*].metadata.name}", "---", "...", "spec", "metadata", "name", "kind: Scenario", "\t", "\xff", "\xc3\x28", "\n\n", "#", "?", "- ", ": ",
    "apiVersion: v1\nkind: Node\nmetadata: {name: worker-1}\n", "key=value:NoExecute", "1.30", "1.99", "/dev/zero", "/", "../../etc/passwd", "-", "\xe2\x80\xa8", "2026-01-05T09:00:00Z",
};

typedef struct {
    guint64 state;
} Dice;

static gsize
roll(Dice *dice, gsize sides)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return sides == 0 ? 0 : (gsize)(dice->state % sides);
}

/* From a random place to the end of the line, of the word, or some bytes on. */
static void
pick_range(Dice *dice, const GString *text, gsize *out_at, gsize *out_length)
{
    static const char *const ends[] = {"\n", " \n,}]:", " \n"};
    gsize at = roll(dice, text->len);
    gsize kind = roll(dice, 4);

    if (kind == 3) {
        gsize length = roll(dice, 20);

        *out_at = at;
        *out_length = MIN(length, text->len - at);
        return;
    }
    while (at > 0 && strchr(kind == 0 ? "\n" : " \n[{", text->str[at - 1]) == NULL)
        at--;
    *out_at = at;
    *out_length = strcspn(text->str + at, ends[kind]);
}

static void
mutate(Dice *dice, GString *text)
{
    gsize at, length, other, ignored;
    g_autofree char *piece = NULL;

    pick_range(dice, text, &at, &length);
    switch (roll(dice, 8)) {
    case 0: /* a byte */
        if (at < text->len)
            text->str[at] = (char)roll(dice, 256);
        break;
    case 1: /* gone */
        g_string_erase(text, (gssize)at, (gssize)length);
        break;
    case 2: /* twice */
        piece = g_strndup(text->str + at, length);
        g_string_insert(text, (gssize)at, piece);
        break;
    case 3: /* somewhere else */
        piece = g_strndup(text->str + at, length);
        pick_range(dice, text, &other, &ignored);
        g_string_insert(text, (gssize)other, piece);
        break;
    case 4: /* cut */
        g_string_truncate(text, roll(dice, 20) == 0 ? at : text->len);
        break;
    case 5: /* indented otherwise */
        g_string_insert(text, (gssize)at, roll(dice, 2) == 0 ? " " : "  ");
        break;
    default: /* another word */
        g_string_erase(text, (gssize)at, (gssize)length);
        g_string_insert(text, (gssize)at, words[roll(dice, G_N_ELEMENTS(words))]);
    }
}

static gint64
number_of(const char *variable, gint64 fallback)
{
    const char *text = g_getenv(variable);
    gint64 number;

    return text != NULL && g_ascii_string_to_signed(text, 10, 1, G_MAXINT32, &number, NULL) ? number : fallback;
}

START_TEST(test_mutations)
{
    gint64 count = number_of("DESK8S_MUTATIONS", 150);
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path = g_strdup_printf("%s/scenarios/%s.yaml", top != NULL ? top : ".", names[_i]);
    Dice dice = {(guint64)number_of("DESK8S_MUTATION_SEED", 1) * 2654435761u + (guint64)_i + 1};
    g_autofree char *original = NULL;
    gsize length;

    ck_assert(g_file_get_contents(path, &original, &length, NULL));
    for (gint64 i = 0; i < count; i++) {
        g_autoptr(Diag) diag = diag_new();
        g_autoptr(Scenario) scenario = NULL;
        GString *text = g_string_new_len(original, (gssize)length);
        const char *file = scratch_path("mutated.yaml", NULL);

        for (gsize n = 1 + roll(&dice, 4); n > 0; n--)
            mutate(&dice, text);
        ck_assert(g_file_set_contents(file, text->str, (gssize)text->len, NULL));
        g_string_free(text, TRUE);
        scenario = scenario_load(file, NULL, diag);
        ck_assert(scenario != NULL || diag_count_errors(diag) > 0);
        if (scenario != NULL && diag_count_errors(diag) == 0) {
            ck_assert(scenario->name != NULL);
            ck_assert_int_gt(scenario->spec.duration_ns, 0);
            for (guint k = 0; k < scenario->spec.timeline.count; k++)
                ck_assert_ptr_nonnull(((const ScEntry *)(gconstpointer)scenario->spec.timeline.items + k)->source);
        }
    }
}
END_TEST

Suite *
mutate_suite(void)
{
    Suite *suite = suite_create("mutate");
    TCase *tcase = tcase_create("mutate");

    tcase_set_timeout(tcase, 600);
    tcase_add_loop_test(tcase, test_mutations, 0, G_N_ELEMENTS(names));
    suite_add_tcase(suite, tcase);
    return suite;
}
