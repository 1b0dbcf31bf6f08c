/* print_sort.c - --sort-by; models kubectl pkg/cmd/get/sorter.go v0.34 */

#include "kubectl/print.h"

#include "base/quantity.h"
#include "kubectl/go_sort.h"
#include "kubectl/jsonpath.h"

typedef struct {
    ApiObject *object;
    Value *tree;      /* (owned) */
    const Value *key; /* of the tree; NULL: it has none */
} SortItem;

static void
item_clear(gpointer data)
{
    value_free(((SortItem *)data)->tree);
}

static gboolean
is_digit(char c)
{
    return g_ascii_isdigit(c);
}

/* Runs of digits compare as numbers, the rest by bytes. */
static int
natural_order(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (is_digit(*a) && is_digit(*b)) {
            const char *start_a = a + strspn(a, "0");
            const char *start_b = b + strspn(b, "0");
            gsize length_a = strspn(start_a, "0123456789");
            gsize length_b = strspn(start_b, "0123456789");
            int order;

            if (length_a != length_b)
                return length_a < length_b ? -1 : 1;
            order = strncmp(start_a, start_b, length_a);
            if (order != 0)
                return order;
            if (start_a - a != start_b - b) /* fewer zeros before it come first */
                return start_a - a < start_b - b ? -1 : 1;
            a = start_a + length_a;
            b = start_b + length_b;
            continue;
        }
        if (*a != *b)
            return (guchar)*a < (guchar)*b ? -1 : 1;
        a++;
        b++;
    }
    return (*a != '\0') - (*b != '\0');
}

static int
value_order(const Value *a, const Value *b)
{
    Quantity left, right;

    if (a->type == VALUE_INT && b->type == VALUE_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if ((a->type == VALUE_INT || a->type == VALUE_FLOAT) &&
        (b->type == VALUE_INT || b->type == VALUE_FLOAT)) {
        double x = g_ascii_strtod(a->text, NULL);
        double y = g_ascii_strtod(b->text, NULL);

        return (x > y) - (x < y);
    }
    if (a->type == VALUE_BOOL && b->type == VALUE_BOOL)
        return a->boolean - b->boolean;
    if (a->type != VALUE_STRING || b->type != VALUE_STRING)
        return (int)a->type - (int)b->type;
    if (quantity_parse(a->text, &left) && quantity_parse(b->text, &right))
        return quantity_compare(&left, &right);
    return natural_order(a->text, b->text);
}

/*
 * RuntimeSort.Less, TableSorter.Less: what has no such field comes before everything, also before another that has none,
 * so those turn round; null is less than what is not.
 */
static gboolean
is_less(gconstpointer left, gconstpointer right, gpointer user)
{
    const SortItem *a = left;
    const SortItem *b = right;

    (void)user;
    if (a->key == NULL || b->key == NULL)
        return a->key == NULL;
    if (a->key->type == VALUE_NULL || b->key->type == VALUE_NULL)
        return b->key->type != VALUE_NULL;
    return value_order(a->key, b->key) < 0;
}

gboolean
print_sort(GPtrArray *objects, const char *path, char **out_message)
{
    g_autofree char *relaxed = jsonpath_relax(path, out_message);
    g_autoptr(GArray) items = g_array_new(FALSE, TRUE, sizeof(SortItem));
    gboolean found_any = FALSE;

    if (relaxed == NULL || !jsonpath_check(relaxed, out_message))
        return FALSE;
    g_array_set_clear_func(items, item_clear);
    for (guint i = 0; i < objects->len; i++) {
        SortItem item = {.object = g_ptr_array_index(objects, i)};
        g_autoptr(GPtrArray) found = NULL;

        item.tree = api_object_encode(item.object);
        found = jsonpath_find(relaxed, item.tree, NULL);
        if (found != NULL && found->len > 0)
            item.key = g_ptr_array_index(found, 0);
        found_any = found_any || item.key != NULL;
        g_array_append_val(items, item);
    }
    if (objects->len > 0 && !found_any) {
        *out_message =
            g_strdup_printf("couldn't find any field with path \"%s\" in the list of objects",
                            relaxed);
        return FALSE;
    }
    go_sort(items->data, items->len, sizeof(SortItem), is_less, NULL);
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_index(objects, i) = g_array_index(items, SortItem, i).object;
    return TRUE;
}
