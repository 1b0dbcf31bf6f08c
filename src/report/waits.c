/* waits.c - see waits.h */

#include "report/waits.h"

#include "api/profile.h"
#include "base/duration.h"
#include "base/intern.h"
#include "base/table.h"

/* The summary shows those that took longest, and none that nobody noticed. */
#define SHOWN    8
#define SHOWN_NS (100 * NS_PER_MS)

static int
compare_waits(gconstpointer a, gconstpointer b)
{
    const SimWait *x = a, *y = b;

    if (x->total_ns != y->total_ns)
        return x->total_ns > y->total_ns ? -1 : 1;
    return strcmp(x->timer, y->timer);
}

static GArray *
sorted_waits(const Sim *sim)
{
    guint n;
    const SimWait *waits = sim_waits(sim, &n);
    GArray *out = g_array_new(FALSE, FALSE, sizeof(SimWait));

    g_array_append_vals(out, waits, n);
    g_array_sort(out, compare_waits);
    return out;
}

static guint
minor_of(const char *version)
{
    const char *dot = strchr(version, '.');

    return dot == NULL ? 34 : (guint)g_ascii_strtoull(dot + 1, NULL, 10);
}

/* What the timer is set to; "" where that is not one value. (owned) */
static char *
value_text(const char *timer, const char *version)
{
    const ProfileTimer *row = profile_timer_find(timer);

    return row == NULL ? g_strdup("") : duration_format_go(profile_timer_ns((TimerId)(row - profile_timers), minor_of(version)));
}

static const char *
seconds(gint64 ns)
{
    return str_internf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT " s", ns / NS_PER_S, ns / (NS_PER_S / 10) % 10);
}

void
waits_append(GString *out, const Sim *sim, const char *version)
{
    g_autoptr(GArray) waits = sorted_waits(sim);
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 5, .padding = 2});
    static const char *const titles[] = {"WAITED FOR", "VALUE", "TIMES", "IN ALL", "LONGEST"};
    g_autofree char *text = NULL;
    guint n = 0;

    while (n < MIN(waits->len, SHOWN) && g_array_index(waits, SimWait, n).total_ns >= SHOWN_NS)
        n++;
    if (n == 0)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    for (guint i = 0; i < n; i++) {
        const SimWait *wait = &g_array_index(waits, SimWait, i);
        g_autofree char *value = value_text(wait->timer, version);

        text_table_cell(table, "%s", wait->timer);
        text_table_cell(table, "%s", value);
        text_table_cell(table, "%" G_GUINT64_FORMAT, wait->count);
        text_table_cell(table, "%s", seconds(wait->total_ns));
        text_table_cell(table, "%s", seconds(wait->longest_ns));
        text_table_end_row(table);
    }
    text = text_table_format(table);
    g_string_append_printf(out, "\n%s", text);
}

static Value *
seconds_value(gint64 ns)
{
    return value_new_float(str_internf("%" G_GINT64_FORMAT ".%03d", ns / NS_PER_S, (int)(ns / NS_PER_MS % 1000)));
}

Value *
waits_tree(const Sim *sim, const char *version)
{
    g_autoptr(GArray) waits = sorted_waits(sim);
    Value *list = value_new_list();

    for (guint i = 0; i < waits->len; i++) {
        const SimWait *wait = &g_array_index(waits, SimWait, i);
        g_autofree char *value = value_text(wait->timer, version);
        Value *item = value_new_map();

        value_set(item, "timer", value_new_string(wait->timer));
        if (value[0] != '\0')
            value_set(item, "value", value_new_string(value));
        value_set(item, "times", value_new_int((gint64)wait->count));
        value_set(item, "seconds", seconds_value(wait->total_ns));
        value_set(item, "longest", seconds_value(wait->longest_ns));
        value_append(list, item);
    }
    return list;
}
