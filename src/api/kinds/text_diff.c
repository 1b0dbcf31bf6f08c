/*
 * A unified diff, line by line.
 *
 * Models: go-difflib's SequenceMatcher (the algorithm of Python's difflib),
 * which v1.34 apimachinery pkg/util/diff uses: the longest block that both
 * texts have in common, then the same to the left and to the right of it. A
 * line that makes up more than a hundredth of a text of 200 lines or more is
 * too common to begin a block.
 */
#include "api/kinds/pod_internal.h"

typedef struct {
    guint a, b, size;
} Block;
typedef struct {
    guint a_low, a_high, b_low, b_high;
} Range;
typedef struct {
    char tag; /* ' ' equal, '~' differs */
    guint a_low, a_high, b_low, b_high;
} Edit;

typedef struct {
    GPtrArray *a, *b;      /* lines, interned */
    GHashTable *positions; /* line of b -> GArray of its places, less the popular ones */
    GArray *lengths[2];    /* of guint: length of the block that ends at each place of b */
} Matcher;

static GPtrArray *
split_lines(const char *text)
{
    GPtrArray *lines = g_ptr_array_new();
    g_auto(GStrv) parts = g_strsplit(text, "\n", -1);

    for (guint i = 0; parts[i] != NULL; i++)
        g_ptr_array_add(lines, (gpointer)str_intern(parts[i]));
    return lines;
}

static void
matcher_init(Matcher *matcher, const char *old, const char *new_)
{
    guint count;

    matcher->a = split_lines(old);
    matcher->b = split_lines(new_);
    matcher->positions = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    count = matcher->b->len;
    for (guint i = 0; i < count; i++) {
        gpointer line = g_ptr_array_index(matcher->b, i);
        GArray *places = g_hash_table_lookup(matcher->positions, line);

        if (places == NULL) {
            places = g_array_new(FALSE, FALSE, sizeof(guint));
            g_hash_table_insert(matcher->positions, line, places);
        }
        g_array_append_val(places, i);
    }
    for (guint i = 0; count >= 200 && i < count; i++) {
        gpointer line = g_ptr_array_index(matcher->b, i);
        GArray *places = g_hash_table_lookup(matcher->positions, line);

        if (places != NULL && places->len > count / 100 + 1)
            g_hash_table_remove(matcher->positions, line);
    }
    for (guint i = 0; i < 2; i++) {
        matcher->lengths[i] = g_array_new(FALSE, TRUE, sizeof(guint));
        g_array_set_size(matcher->lengths[i], count + 1);
    }
}

static void
matcher_clear(Matcher *matcher)
{
    g_ptr_array_unref(matcher->a);
    g_ptr_array_unref(matcher->b);
    g_hash_table_unref(matcher->positions);
    g_array_unref(matcher->lengths[0]);
    g_array_unref(matcher->lengths[1]);
}

static gboolean
is_equal_at(const Matcher *matcher, guint a, guint b)
{
    return g_ptr_array_index(matcher->a, a) == g_ptr_array_index(matcher->b, b);
}

/* The longest block; of equal ones that which begins first in a, then in b. */
static Block
find_longest(Matcher *matcher, const Range *range)
{
    Block best = {range->a_low, range->b_low, 0};
    guint width = (matcher->b->len + 1) * (guint)sizeof(guint);

    memset(matcher->lengths[0]->data, 0, width);
    for (guint i = range->a_low; i < range->a_high; i++) {
        const guint *before = (const guint *)(gpointer)matcher->lengths[0]->data;
        guint *after = (guint *)(gpointer)matcher->lengths[1]->data;
        GArray *swap = matcher->lengths[0];
        GArray *places = g_hash_table_lookup(matcher->positions, g_ptr_array_index(matcher->a, i));

        memset(after, 0, width);
        for (guint k = 0; places != NULL && k < places->len; k++) {
            guint j = g_array_index(places, guint, k);

            if (j < range->b_low)
                continue;
            if (j >= range->b_high)
                break;
            after[j + 1] = before[j] + 1;
            if (after[j + 1] > best.size)
                best = (Block){i + 1 - after[j + 1], j + 1 - after[j + 1], after[j + 1]};
        }
        matcher->lengths[0] = matcher->lengths[1];
        matcher->lengths[1] = swap;
    }
    while (best.a > range->a_low && best.b > range->b_low &&
           is_equal_at(matcher, best.a - 1, best.b - 1)) {
        best.a--;
        best.b--;
        best.size++;
    }
    while (best.a + best.size < range->a_high && best.b + best.size < range->b_high &&
           is_equal_at(matcher, best.a + best.size, best.b + best.size))
        best.size++;
    return best;
}

static int
compare_blocks(gconstpointer left, gconstpointer right)
{
    const Block *a = left;
    const Block *b = right;

    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static GArray *
find_blocks(Matcher *matcher)
{
    GArray *blocks = g_array_new(FALSE, FALSE, sizeof(Block));
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Range));
    Range all = {0, matcher->a->len, 0, matcher->b->len};
    Block end = {matcher->a->len, matcher->b->len, 0};

    g_array_append_val(open, all);
    while (open->len > 0) {
        Range range = g_array_index(open, Range, open->len - 1);
        Block block = find_longest(matcher, &range);
        Range left = {range.a_low, block.a, range.b_low, block.b};
        Range right = {block.a + block.size, range.a_high, block.b + block.size, range.b_high};

        g_array_set_size(open, open->len - 1);
        if (block.size == 0)
            continue;
        g_array_append_val(blocks, block);
        if (left.a_low < left.a_high && left.b_low < left.b_high)
            g_array_append_val(open, left);
        if (right.a_low < right.a_high && right.b_low < right.b_high)
            g_array_append_val(open, right);
    }
    g_array_sort(blocks, compare_blocks);
    g_array_append_val(blocks, end);
    return blocks;
}

/* Blocks that touch are one; what lies between them differs. */
static GArray *
find_edits(Matcher *matcher)
{
    GArray *edits = g_array_new(FALSE, FALSE, sizeof(Edit));
    g_autoptr(GArray) blocks = find_blocks(matcher);
    guint a = 0;
    guint b = 0;

    for (guint i = 0; i < blocks->len; i++) {
        const Block *block = &g_array_index(blocks, Block, i);
        Edit edit = {'~', a, block->a, b, block->b};

        if (a < block->a || b < block->b)
            g_array_append_val(edits, edit);
        a = block->a + block->size;
        b = block->b + block->size;
        if (block->size == 0)
            continue;
        if (edits->len > 0 && g_array_index(edits, Edit, edits->len - 1).tag == ' ') {
            g_array_index(edits, Edit, edits->len - 1).a_high = a;
            g_array_index(edits, Edit, edits->len - 1).b_high = b;
            continue;
        }
        edit = (Edit){' ', block->a, a, block->b, b};
        g_array_append_val(edits, edit);
    }
    return edits;
}

static void
print_range(GString *out, guint low, guint high)
{
    guint count = high - low;

    if (count == 1)
        g_string_append_printf(out, "%u", low + 1);
    else
        g_string_append_printf(out, "%u,%u", count == 0 ? low : low + 1, count);
}

static void
print_lines(GString *out, char mark, const GPtrArray *lines, guint low, guint high)
{
    for (guint i = low; i < high; i++)
        g_string_append_printf(out, "%c%s\n", mark, (const char *)g_ptr_array_index(lines, i));
}

static void
print_hunk(GString *out, const Matcher *matcher, const Edit *edits, guint count)
{
    g_string_append(out, "@@ -");
    print_range(out, edits[0].a_low, edits[count - 1].a_high);
    g_string_append(out, " +");
    print_range(out, edits[0].b_low, edits[count - 1].b_high);
    g_string_append(out, " @@\n");
    for (guint i = 0; i < count; i++) {
        const Edit *edit = &edits[i];

        if (edit->tag == ' ') {
            print_lines(out, ' ', matcher->a, edit->a_low, edit->a_high);
            continue;
        }
        print_lines(out, '-', matcher->a, edit->a_low, edit->a_high);
        print_lines(out, '+', matcher->b, edit->b_low, edit->b_high);
    }
}

static void
trim_head(Edit *edit, guint context)
{
    guint count = MIN(edit->a_high - edit->a_low, context);

    edit->a_low = edit->a_high - count;
    edit->b_low = edit->b_high - count;
}

static void
trim_tail(Edit *edit, guint context)
{
    guint count = MIN(edit->a_high - edit->a_low, context);

    edit->a_high = edit->a_low + count;
    edit->b_high = edit->b_low + count;
}

char *
text_unified_diff(const char *old, const char *new_, guint context)
{
    Matcher matcher;
    g_autoptr(GArray) edits = NULL;
    g_autoptr(GArray) hunk = g_array_new(FALSE, FALSE, sizeof(Edit));
    GString *out = g_string_new(NULL);

    matcher_init(&matcher, old, new_);
    edits = find_edits(&matcher);
    for (guint i = 0; i < edits->len; i++) {
        Edit edit = g_array_index(edits, Edit, i);
        Edit head = edit;

        if (edit.tag != ' ') {
            g_array_append_val(hunk, edit);
            continue;
        }
        trim_head(&head, context);
        if (hunk->len > 0) {
            gboolean is_gap = edit.a_high - edit.a_low > 2 * context || i + 1 == edits->len;

            if (!is_gap) {
                g_array_append_val(hunk, edit);
                continue;
            }
            trim_tail(&edit, context);
            g_array_append_val(hunk, edit);
            print_hunk(out, &matcher, (const Edit *)(gpointer)hunk->data, hunk->len);
            g_array_set_size(hunk, 0);
        }
        if (i + 1 < edits->len)
            g_array_append_val(hunk, head);
    }
    if (hunk->len > 0)
        print_hunk(out, &matcher, (const Edit *)(gpointer)hunk->data, hunk->len);
    matcher_clear(&matcher);
    return g_string_free(out, FALSE);
}
