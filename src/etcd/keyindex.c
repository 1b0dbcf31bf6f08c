/* keyindex.c - see keyindex.h */

#include "etcd/keyindex.h"

#include "base/intern.h"

#define ROOT "/registry/"

typedef struct {
    const char *key; /* interned */
    gpointer value;  /* NULL: removed, freed at the next listing */
} Node;

typedef struct {
    GPtrArray *nodes; /* (owned) Node*; the first n_sorted are in order */
    guint n_sorted, n_dead;
} Bucket;

struct KeyIndex {
    GHashTable *nodes;   /* key -> Node* (borrowed) */
    GHashTable *buckets; /* interned first element -> Bucket* (owned) */
    GDestroyNotify value_free;
};

static void
bucket_free(gpointer data)
{
    Bucket *bucket = data;

    g_ptr_array_unref(bucket->nodes);
    g_free(bucket);
}

KeyIndex *
key_index_new(GDestroyNotify value_free)
{
    KeyIndex *index = g_new0(KeyIndex, 1);

    index->nodes = g_hash_table_new(NULL, NULL);
    index->buckets = g_hash_table_new_full(NULL, NULL, NULL, bucket_free);
    index->value_free = value_free;
    return index;
}

static void
free_values(KeyIndex *index)
{
    GHashTableIter iter;
    gpointer node;

    /* The order of freeing cannot be seen. */
    g_hash_table_iter_init(&iter, index->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &node))
        if (index->value_free != NULL)
            index->value_free(((Node *)node)->value);
}

void
key_index_clear(KeyIndex *index)
{
    free_values(index);
    g_hash_table_remove_all(index->nodes);
    g_hash_table_remove_all(index->buckets);
}

void
key_index_free(KeyIndex *index)
{
    if (index == NULL)
        return;
    key_index_clear(index);
    g_hash_table_destroy(index->nodes);
    g_hash_table_destroy(index->buckets);
    g_free(index);
}

/* The first element after the root: "pods" of "/registry/pods/default/web". */
static const char *
bucket_name(const char *key)
{
    const char *start = g_str_has_prefix(key, ROOT) ? key + strlen(ROOT) : key;
    const char *end = strchr(start, '/');

    return end == NULL ? str_intern(start) : str_intern_len(start, (gsize)(end - start));
}

static Bucket *
find_bucket(const KeyIndex *index, const char *key)
{
    return g_hash_table_lookup(index->buckets, bucket_name(key));
}

gpointer
key_index_get(const KeyIndex *index, const char *key)
{
    const Node *node = g_hash_table_lookup(index->nodes, key);

    return node == NULL ? NULL : node->value;
}

void
key_index_set(KeyIndex *index, const char *key, gpointer value)
{
    Node *node = g_hash_table_lookup(index->nodes, key);

    g_assert(value != NULL);
    if (node != NULL) {
        gpointer old = node->value;

        node->value = value;
        if (index->value_free != NULL)
            index->value_free(old);
        return;
    }

    Bucket *bucket = find_bucket(index, key);

    if (bucket == NULL) {
        bucket = g_new0(Bucket, 1);
        bucket->nodes = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(index->buckets, (gpointer)bucket_name(key), bucket);
    }
    node = g_new(Node, 1);
    *node = (Node){.key = key, .value = value};
    g_ptr_array_add(bucket->nodes, node);
    g_hash_table_insert(index->nodes, (gpointer)key, node);
}

gboolean
key_index_remove(KeyIndex *index, const char *key)
{
    Node *node = g_hash_table_lookup(index->nodes, key);

    if (node == NULL)
        return FALSE;

    gpointer old = node->value;

    g_hash_table_remove(index->nodes, key);
    node->value = NULL;
    find_bucket(index, key)->n_dead++;
    if (index->value_free != NULL)
        index->value_free(old);
    return TRUE;
}

guint
key_index_count(const KeyIndex *index)
{
    return g_hash_table_size(index->nodes);
}

static int
compare_nodes(gconstpointer a, gconstpointer b)
{
    const Node *left = *(Node *const *)a;
    const Node *right = *(Node *const *)b;

    return strcmp(left->key, right->key);
}

static void
drop_dead(Bucket *bucket)
{
    guint kept = 0;
    guint kept_sorted = 0;

    for (guint i = 0; i < bucket->nodes->len; i++) {
        Node *node = g_ptr_array_index(bucket->nodes, i);

        if (node->value == NULL) {
            g_free(node);
            continue;
        }
        bucket->nodes->pdata[kept++] = node;
        if (i < bucket->n_sorted)
            kept_sorted++;
    }
    /* The tail holds pointers that have moved down or are freed: cut it without freeing. */
    bucket->nodes->len = kept;
    bucket->n_sorted = kept_sorted;
    bucket->n_dead = 0;
}

/* Sorts the tail and merges it from behind into the sorted part. */
static void
settle(Bucket *bucket)
{
    if (bucket->n_dead > 0)
        drop_dead(bucket);

    guint n_tail = bucket->nodes->len - bucket->n_sorted;

    if (n_tail == 0)
        return;

    gpointer *nodes = bucket->nodes->pdata;
    g_autofree gpointer *tail = g_memdup2(nodes + bucket->n_sorted, n_tail * sizeof *tail);
    guint left = bucket->n_sorted;
    guint right = n_tail;
    guint to = bucket->nodes->len;

    qsort(tail, n_tail, sizeof *tail,
          compare_nodes); /* keys are unique: stability does not matter */
    while (right > 0) {
        if (left > 0 && compare_nodes(&nodes[left - 1], &tail[right - 1]) > 0)
            nodes[--to] = nodes[--left];
        else
            nodes[--to] = tail[--right];
    }
    bucket->n_sorted = bucket->nodes->len;
}

void
key_index_collect(KeyIndex *index, const char *prefix, GPtrArray *out)
{
    Bucket *bucket = find_bucket(index, prefix);
    gsize length = strlen(prefix);

    if (bucket == NULL)
        return;
    settle(bucket);

    guint low = 0;
    guint high = bucket->nodes->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const Node *node = g_ptr_array_index(bucket->nodes, middle);

        if (strcmp(node->key, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (guint i = low; i < bucket->nodes->len; i++) {
        const Node *node = g_ptr_array_index(bucket->nodes, i);

        if (strncmp(node->key, prefix, length) != 0)
            break;
        g_ptr_array_add(out, node->value);
    }
}

guint
key_index_count_bucket(const KeyIndex *index, const char *prefix)
{
    const Bucket *bucket = find_bucket(index, prefix);

    return bucket == NULL ? 0 : bucket->nodes->len - bucket->n_dead;
}
