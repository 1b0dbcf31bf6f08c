/* topology.c - see topology.h */

#include "scheduler/topology.h"

#include "base/caches.h"

/* Counts kept; the one not asked for the longest goes first. */
#define COUNTS_MAX 1024
/* So many are compared one by one before a text is made to look by. */
#define PLAIN_LOOK 8

struct TopologyBook {
    GHashTable *topologies;   /* key -> Topology (owned) */
    GHashTable *counts;       /* signature -> PodCounts (owned) */
    GHashTable *by_namespace; /* namespace -> GPtrArray of PodCounts (borrowed) */
    guint64 clock;
};

/* --- selectors --------------------------------------------------------------------------------------- */

void
pod_selector_clear(PodSelector *selector)
{
    str_map_clear(&selector->pairs);
}

gboolean
pod_selector_is_empty(const PodSelector *selector)
{
    if (selector->pairs.count > 0)
        return FALSE;
    return !selector->has_selector ||
           (selector->selector != NULL && selector->selector->match_labels.count == 0 &&
            selector->selector->match_expressions.count == 0);
}

gboolean
pod_selector_matches(const PodSelector *selector, const StrMap *labels)
{
    if (selector->has_selector && !label_selector_matches(selector->selector, labels))
        return FALSE;
    return str_map_contains_all(labels, &selector->pairs);
}

/* A text that is the same for the same pods; NULL if there are none to be counted. */
static const char *
signature_of(const PodSelector *selector)
{
    g_autoptr(Selector) labels = NULL;

    if (pod_selector_is_empty(selector) || (selector->has_selector && selector->selector == NULL))
        return NULL;
    if (selector->has_selector)
        labels = selector_from_label_selector(selector->selector);
    return str_internf("%s|%s|%s", selector->namespace_,
                       labels == NULL ? "" : selector_format(labels),
                       str_map_format(&selector->pairs, ""));
}

/* --- life ------------------------------------------------------------------------------------------------ */

static void
topology_free(gpointer data)
{
    Topology *topology = data;

    g_free(topology->value_of);
    g_free(topology);
}

static void
counts_free(gpointer data)
{
    PodCounts *counts = data;

    selector_free(counts->selector);
    str_map_clear(&counts->labels);
    str_map_clear(&counts->pairs);
    g_free(counts->count_of);
    g_free(counts->column);
    for (guint i = 0; i < counts->totals.count; i++)
        g_free(counts->totals.items[i].totals);
    g_free(counts->totals.items);
    g_free(counts);
}

static void
array_free(gpointer data)
{
    g_ptr_array_free(data, TRUE);
}

TopologyBook *
topology_book_new(void)
{
    TopologyBook *book = g_new0(TopologyBook, 1);

    book->topologies = g_hash_table_new_full(NULL, NULL, NULL, topology_free);
    book->counts = g_hash_table_new_full(NULL, NULL, NULL, counts_free);
    book->by_namespace = g_hash_table_new_full(NULL, NULL, NULL, array_free);
    return book;
}

void
topology_book_free(TopologyBook *book)
{
    if (book == NULL)
        return;
    g_hash_table_destroy(book->by_namespace);
    g_hash_table_destroy(book->counts);
    g_hash_table_destroy(book->topologies);
    g_free(book);
}

void
topology_book_clear(TopologyBook *book)
{
    g_hash_table_remove_all(book->by_namespace);
    g_hash_table_remove_all(book->counts);
    g_hash_table_remove_all(book->topologies);
}

/* --- domains ------------------------------------------------------------------------------------------------ */

static void
number_values(Topology *topology, NodeInfo *const *nodes, guint n, guint n_slots)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);

    topology->value_of = g_renew(gint32, topology->value_of, MAX(n_slots, 1));
    topology->n_slots = n_slots;
    topology->n_values = 0;
    topology->n_missing = 0;
    for (guint i = 0; i < n_slots; i++)
        topology->value_of[i] = -1;
    for (guint i = 0; i < n; i++) {
        const char *value = node_info_label(nodes[i], topology->key);
        gpointer number;

        if (value == NULL) {
            topology->n_missing++;
            continue;
        }
        number = g_hash_table_lookup(numbers, value);
        if (number == NULL) {
            number = GUINT_TO_POINTER(++topology->n_values);
            g_hash_table_insert(numbers, (gpointer)value, number);
        }
        topology->value_of[nodes[i]->slot] = (gint32)GPOINTER_TO_UINT(number) - 1;
    }
}

const Topology *
topology_book_topology(TopologyBook *book,
                       const char *key,
                       NodeInfo *const *nodes,
                       guint n,
                       guint n_slots,
                       guint64 generation)
{
    Topology *topology = g_hash_table_lookup(book->topologies, key);

    if (topology == NULL) {
        topology = g_new0(Topology, 1);
        topology->key = key;
        topology->generation = generation + 1;
        g_hash_table_insert(book->topologies, (gpointer)key, topology);
    }
    if (topology->generation != generation) {
        number_values(topology, nodes, n, n_slots);
        topology->generation = generation;
    }
    return topology;
}

/* --- counts ---------------------------------------------------------------------------------------------------- */

/* Nothing but labels to be equal: what Services and nearly all owners ask for. */
static gboolean
is_plain(const PodSelector *selector)
{
    return !selector->has_selector ||
           (selector->selector != NULL && selector->selector->match_expressions.count == 0);
}

/* Among the first few of the namespace, by comparing labels: no text needs to be made. */
static PodCounts *
find_plain(const TopologyBook *book, const PodSelector *selector)
{
    static const StrMap none = {0};
    const GPtrArray *kept = g_hash_table_lookup(book->by_namespace, selector->namespace_);
    const StrMap *labels = selector->has_selector && selector->selector != NULL
                               ? &selector->selector->match_labels
                               : &none;

    if (kept == NULL || !is_plain(selector) || pod_selector_is_empty(selector))
        return NULL;
    for (guint i = 0; i < kept->len && i < PLAIN_LOOK; i++) {
        PodCounts *counts = kept->pdata[i];

        if (counts->is_plain && str_map_equal(&counts->labels, labels) &&
            str_map_equal(&counts->pairs, &selector->pairs))
            return counts;
    }
    return NULL;
}

PodCounts *
topology_book_find(TopologyBook *book, const PodSelector *selector)
{
    PodCounts *counts = find_plain(book, selector);

    if (counts == NULL)
        counts = g_hash_table_lookup(book->counts, signature_of(selector));
    else if (caches_are_checked())
        g_assert(counts == g_hash_table_lookup(book->counts, signature_of(selector)));
    if (counts != NULL)
        counts->used = ++book->clock;
    return counts;
}

static void
drop_oldest(TopologyBook *book)
{
    PodCounts *oldest = NULL;
    GHashTableIter iter;
    gpointer item;

    g_hash_table_iter_init(&iter, book->counts);
    while (g_hash_table_iter_next(&iter, NULL, &item)) {
        PodCounts *counts = item;

        if (oldest == NULL || counts->used < oldest->used)
            oldest = counts;
    }
    g_ptr_array_remove(g_hash_table_lookup(book->by_namespace, oldest->namespace_), oldest);
    g_hash_table_remove(book->counts, oldest->signature);
}

PodCounts *
topology_book_add(TopologyBook *book, const PodSelector *selector)
{
    PodCounts *counts = g_new0(PodCounts, 1);
    GPtrArray *kept = g_hash_table_lookup(book->by_namespace, selector->namespace_);

    if (g_hash_table_size(book->counts) >= COUNTS_MAX)
        drop_oldest(book);
    counts->signature = signature_of(selector);
    counts->namespace_ = selector->namespace_;
    counts->is_none = counts->signature == NULL;
    counts->used = ++book->clock;
    if (selector->has_selector)
        counts->selector = selector_from_label_selector(selector->selector);
    str_map_copy(&counts->pairs, &selector->pairs);
    counts->is_plain = !counts->is_none && is_plain(selector);
    if (counts->is_plain && selector->has_selector)
        str_map_copy(&counts->labels, &selector->selector->match_labels);
    if (kept == NULL) {
        kept = g_ptr_array_new();
        g_hash_table_insert(book->by_namespace, (gpointer)counts->namespace_, kept);
    }
    g_ptr_array_add(kept, counts);
    g_hash_table_insert(book->counts, (gpointer)counts->signature, counts);
    return counts;
}

void
pod_counts_shift(PodCounts *counts, const NodeColumns *columns, const ApiObject *pod, guint slot, gint32 step)
{
    const StrMap *labels = &pod->meta->labels;
    guint32 place;

    if (counts->is_none || api_is_deleting(pod) || !str_map_contains_all(labels, &counts->pairs) ||
        (counts->selector != NULL && !selector_matches(counts->selector, labels)))
        return;
    if (slot >= counts->n_slots) {
        guint n = MAX(slot + 1, 2 * counts->n_slots);

        counts->count_of = g_renew(gint32, counts->count_of, n);
        memset(counts->count_of + counts->n_slots, 0,
               (n - counts->n_slots) * sizeof *counts->count_of);
        counts->n_slots = n;
    }
    counts->count_of[slot] += step;
    place = counts->column_version == columns->version ? node_columns_place(columns, slot) : PLACE_NONE;
    if (place != PLACE_NONE) {
        counts->column[place] = count_capped(counts->count_of[slot]);
        counts->column[place + columns->n] = count_capped(counts->count_of[slot]);
    }
    for (guint i = 0; i < counts->totals.count; i++) {
        const CountTotals *totals = &counts->totals.items[i];
        const Topology *topology = totals->topology;

        if (totals->generation == topology->generation && slot < topology->n_slots &&
            topology->value_of[slot] >= 0)
            totals->totals[topology->value_of[slot]] += step;
    }
}

const guint8 *
pod_counts_column(PodCounts *counts, const NodeColumns *columns)
{
    if (counts->column == NULL || counts->column_version != columns->version) {
        counts->column = g_renew(guint8, counts->column, column_room(columns->n));
        counts->column_version = columns->version;
        for (guint i = 0; i < columns->n; i++)
            counts->column[i] = counts->column[i + columns->n] =
                count_capped(pod_counts_at(counts, columns->slots[i]));
    }
    for (guint i = 0; caches_are_checked() && i < 2 * columns->n; i++)
        g_assert(counts->column[i] == count_capped(pod_counts_at(counts, columns->slots[i])));
    return counts->column;
}

const gint64 *
pod_counts_totals(PodCounts *counts, const Topology *topology, NodeInfo *const *nodes, guint n)
{
    CountTotals *totals = NULL;

    for (guint i = 0; i < counts->totals.count; i++) {
        if (counts->totals.items[i].topology == topology)
            totals = &counts->totals.items[i];
    }
    if (totals == NULL) {
        totals = API_LIST_ADD(&counts->totals);
        totals->topology = topology;
        totals->generation = topology->generation + 1;
    }
    if (totals->generation == topology->generation)
        return totals->totals;
    totals->generation = topology->generation;
    g_free(totals->totals);
    totals->totals = g_new0(gint64, MAX(topology->n_values, 1));
    for (guint i = 0; i < n; i++) {
        gint32 value = topology_value_of(topology, nodes[i]);

        if (value >= 0)
            totals->totals[value] += pod_counts_on(counts, nodes[i]);
    }
    return totals->totals;
}

void
topology_book_shift(TopologyBook *book, const NodeColumns *columns, const ApiObject *pod, guint slot, gint32 step)
{
    const GPtrArray *kept;

    if (g_hash_table_size(book->counts) == 0)
        return;
    kept = g_hash_table_lookup(book->by_namespace, api_namespace(pod));
    for (guint i = 0; kept != NULL && i < kept->len; i++)
        pod_counts_shift(kept->pdata[i], columns, pod, slot, step);
}
