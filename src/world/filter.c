/* filter.c - see filter.h and flow.h */

#include "world/filter.h"

#define NEIGHBOUR_STALE_NS (50 * NS_PER_S) /* reachable, stale, delay, probe: recorded, no answer before */
#define NEIGHBOUR_ROUND_NS (3 * NS_PER_S)  /* three requests, one a second */

typedef struct {
    const char *ip; /* interned; NULL: any of this machine */
    gint32 port;
} RuleKey;

typedef struct {
    FilterBackend backend;
    gint64 first_syn_ns;
} Unanswered;

typedef struct {
    gint64 first_failure_ns; /* since the last answer */
    gint64 round_ends_ns;
} Neighbour;

typedef struct {
    const char *ip;
    gint32 port;
    gint64 seen_ns;
} Affinity;

struct NetFilter {
    Machine *machine;
    FilterRule *rules; /* (owned) with their backends */
    guint n_rules;
    GHashTable *index;      /* RuleKey (in the array beside it) -> FilterRule* */
    RuleKey *keys;          /* (owned) */
    GHashTable *unanswered; /* client id << 32 | port -> Unanswered* */
    GHashTable *neighbours; /* interned address -> Neighbour* */
    GHashTable *affinity;   /* client id << 32 | rule port -> Affinity* */
    Rng *rng;
};

static guint
rule_hash(gconstpointer key)
{
    const RuleKey *rule = key;

    return (rule->ip != NULL ? str_hash(rule->ip) : 0) * 31 + (guint)rule->port;
}

static gboolean
rule_equal(gconstpointer a, gconstpointer b)
{
    const RuleKey *x = a;
    const RuleKey *y = b;

    return x->ip == y->ip && x->port == y->port;
}

static void
free_rules(NetFilter *filter)
{
    g_hash_table_remove_all(filter->index);
    for (guint i = 0; i < filter->n_rules; i++)
        g_free(filter->rules[i].backends);
    g_clear_pointer(&filter->rules, g_free);
    g_clear_pointer(&filter->keys, g_free);
    filter->n_rules = 0;
}

static void
filter_forget(gpointer self)
{
    NetFilter *filter = self;

    free_rules(filter);
    g_hash_table_remove_all(filter->unanswered);
    g_hash_table_remove_all(filter->neighbours);
    g_hash_table_remove_all(filter->affinity);
}

static void
filter_free(gpointer self)
{
    NetFilter *filter = self;

    filter_forget(filter);
    g_hash_table_unref(filter->index);
    g_hash_table_unref(filter->unanswered);
    g_hash_table_unref(filter->neighbours);
    g_hash_table_unref(filter->affinity);
    g_free(filter);
}

NetFilter *
machine_filter(Machine *machine)
{
    NetFilter *filter = machine->filter;
    static const MachineHooks hooks = {.powered_off = filter_forget};
    g_autofree char *stream = NULL;

    if (filter != NULL)
        return filter;
    filter = g_new0(NetFilter, 1);
    filter->machine = machine;
    filter->index = g_hash_table_new(rule_hash, rule_equal);
    filter->unanswered = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    filter->neighbours = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    filter->affinity = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    stream = g_strdup_printf("filter/%s", machine->name);
    filter->rng = rng_stream(machine->world->sim, stream);
    machine->filter = filter;
    machine->filter_free = filter_free;
    machine_add_hooks(machine, &hooks, filter);
    return filter;
}

void
filter_replace(NetFilter *filter, FilterRule *rules, guint n_rules)
{
    free_rules(filter);
    filter->rules = g_memdup2(rules, MAX(n_rules, 1) * sizeof *rules);
    filter->keys = g_new(RuleKey, MAX(n_rules, 1));
    filter->n_rules = n_rules;
    for (guint i = 0; i < n_rules; i++) {
        filter->keys[i] = (RuleKey){rules[i].ip, rules[i].port};
        g_hash_table_insert(filter->index, &filter->keys[i], &filter->rules[i]);
    }
}

guint
filter_rule_count(const NetFilter *filter)
{
    return filter->n_rules;
}

const FilterRule *
filter_find(const NetFilter *filter, const char *ip, gint32 port)
{
    const RuleKey key = {ip, port};

    return g_hash_table_lookup(filter->index, &key);
}

static gint64
now_of(const NetFilter *filter)
{
    return sim_now_ns(filter->machine->world->sim);
}

static gint64
pair_key(guint32 client_id, guint32 port)
{
    return (gint64)client_id << 32 | (gint64)port;
}

const FilterBackend *
filter_pick(NetFilter *filter, const FilterRule *rule, guint32 client_id)
{
    gint64 key = pair_key(client_id, (guint32)rule->port);
    Affinity *affinity = rule->affinity_ns > 0 ? g_hash_table_lookup(filter->affinity, &key) : NULL;
    const FilterBackend *pick;

    if (affinity != NULL && affinity->seen_ns + rule->affinity_ns > now_of(filter))
        for (guint i = 0; i < rule->n_backends; i++)
            if (rule->backends[i].ip == affinity->ip && rule->backends[i].port == affinity->port) {
                affinity->seen_ns = now_of(filter);
                return &rule->backends[i];
            }
    pick = &rule->backends[rng_below(filter->rng, rule->n_backends)];
    if (rule->affinity_ns > 0) {
        Affinity seen = {pick->ip, pick->port, now_of(filter)};
        g_hash_table_replace(filter->affinity, g_memdup2(&key, sizeof key), g_memdup2(&seen, sizeof seen));
    }
    return pick;
}

/* --- conntrack ------------------------------------------------------------------------- */

static gboolean
is_old(gpointer key, gpointer value, gpointer now)
{
    (void)key;
    return ((Unanswered *)value)->first_syn_ns + CONNTRACK_SYN_SENT_NS <= *(gint64 *)now;
}

const FilterBackend *
conntrack_find(NetFilter *filter, guint32 client_id, guint32 client_port)
{
    gint64 key = pair_key(client_id, client_port);
    const Unanswered *entry = g_hash_table_lookup(filter->unanswered, &key);

    if (entry == NULL)
        return NULL;
    if (entry->first_syn_ns + CONNTRACK_SYN_SENT_NS > now_of(filter))
        return &entry->backend;
    g_hash_table_remove(filter->unanswered, &key);
    return NULL;
}

void
conntrack_keep(NetFilter *filter, guint32 client_id, guint32 client_port, const FilterBackend *backend)
{
    gint64 key = pair_key(client_id, client_port);
    Unanswered entry = {*backend, now_of(filter)};

    if (conntrack_find(filter, client_id, client_port) != NULL)
        return; /* the first SYN counts */
    if (g_hash_table_size(filter->unanswered) > 65536) {
        gint64 now = now_of(filter);
        g_hash_table_foreach_remove(filter->unanswered, is_old, &now);
    }
    g_hash_table_replace(filter->unanswered, g_memdup2(&key, sizeof key), g_memdup2(&entry, sizeof entry));
}

void
conntrack_answered(NetFilter *filter, guint32 client_id, guint32 client_port)
{
    gint64 key = pair_key(client_id, client_port);

    if (g_hash_table_size(filter->unanswered) > 0)
        g_hash_table_remove(filter->unanswered, &key);
}

/* --- neighbours --------------------------------------------------------------------------- */

gint64
neighbour_try(NetFilter *filter, const char *next_hop)
{
    gint64 now = now_of(filter);
    Neighbour *neighbour = g_hash_table_lookup(filter->neighbours, next_hop);

    if (neighbour == NULL) {
        neighbour = g_new0(Neighbour, 1);
        neighbour->first_failure_ns = now;
        neighbour->round_ends_ns = G_MININT64;
        g_hash_table_insert(filter->neighbours, (gpointer)str_intern(next_hop), neighbour);
    }
    if (now < neighbour->first_failure_ns + NEIGHBOUR_STALE_NS)
        return G_MAXINT64;
    if (neighbour->round_ends_ns <= now)
        neighbour->round_ends_ns = now + NEIGHBOUR_ROUND_NS;
    return neighbour->round_ends_ns;
}

void
neighbour_answered(NetFilter *filter, const char *next_hop)
{
    if (g_hash_table_size(filter->neighbours) > 0)
        g_hash_table_remove(filter->neighbours, next_hop);
}
