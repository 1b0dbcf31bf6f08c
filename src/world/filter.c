/* filter.c - see filter.h and flow.h */

#include "world/filter.h"

#include <arpa/inet.h>

/*
 * A neighbour that falls silent: reachable for 15..45 s after it last answered,
 * 5 s of delay, three probes. Recorded twice, 51 s from the cut to the first
 * round of requests.
 */
#define NEIGHBOUR_KNOWN_NS (51 * NS_PER_S)
#define NEIGHBOUR_ROUND_NS (3 * NS_PER_S) /* three requests, one a second */
/* icmp_msgs_burst: so many notices are sent at the end of a round, in the order of the packets. */
#define NEIGHBOUR_NOTICES 50
/* More entries than this are looked through for old ones. */
#define UNANSWERED_SWEEP 65536

typedef struct {
    FilterRule *rules; /* (owned) with their backends */
    guint n_rules;
} RuleGroup;

typedef struct {
    FilterBackend backend;
    gint64 first_syn_ns;
} Unanswered;

typedef struct {
    gint64 first_failure_ns; /* since the last answer */
    gint64 round_ends_ns;
    guint n_waiting; /* packets of this round */
} Neighbour;

typedef struct {
    const char *ip;
    gint32 port;
    gint64 seen_ns;
} Affinity;

struct NetFilter {
    Machine *machine;
    GHashTable *groups; /* interned name -> RuleGroup* (owned) */
    GHashTable *index;  /* FilterRule*, equal by address, port and origin, to itself */
    guint64 generation;
    guint n_rules;
    GHashTable *unanswered;     /* client id << 32 | port -> Unanswered* */
    gint64 unanswered_until_ns; /* none of them lives longer */
    GHashTable *neighbours;     /* interned address -> Neighbour* */
    GHashTable *affinity;       /* client id << 32 | rule port -> Affinity* */
    Rng *rng;
};

/* --- rules ------------------------------------------------------------------------------ */

static guint
rule_hash(gconstpointer key)
{
    const FilterRule *rule = key;

    return g_direct_hash(rule->ip) / 8 * 31 + (guint)rule->port * 3 + rule->origin;
}

static gboolean
rule_equal(gconstpointer a, gconstpointer b)
{
    const FilterRule *x = a;
    const FilterRule *y = b;

    return x->ip == y->ip && x->port == y->port && x->origin == y->origin;
}

static void
group_free(gpointer self)
{
    RuleGroup *group = self;

    for (guint i = 0; i < group->n_rules; i++)
        g_free(group->rules[i].backends);
    g_free(group->rules);
    g_free(group);
}

static void
filter_forget(gpointer self)
{
    NetFilter *filter = self;

    g_hash_table_remove_all(filter->index);
    g_hash_table_remove_all(filter->groups);
    g_hash_table_remove_all(filter->unanswered);
    g_hash_table_remove_all(filter->neighbours);
    g_hash_table_remove_all(filter->affinity);
    filter->generation++;
    filter->n_rules = 0;
}

static void
filter_free(gpointer self)
{
    NetFilter *filter = self;

    filter_forget(filter);
    g_hash_table_unref(filter->index);
    g_hash_table_unref(filter->groups);
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

    if (G_LIKELY(filter != NULL))
        return filter;
    filter = g_new0(NetFilter, 1);
    filter->machine = machine;
    filter->groups = g_hash_table_new_full(NULL, NULL, NULL, group_free);
    filter->index = g_hash_table_new(rule_hash, rule_equal);
    filter->unanswered = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    filter->neighbours = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    filter->affinity = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    filter->rng = rng_stream(machine->world->sim, str_internf("filter/%s", machine->name));
    machine->filter = filter;
    machine->filter_free = filter_free;
    machine_add_hooks(machine, &hooks, filter);
    return filter;
}

static void
drop_group(NetFilter *filter, const char *name)
{
    RuleGroup *group = g_hash_table_lookup(filter->groups, name);

    if (group == NULL)
        return;
    for (guint i = 0; i < group->n_rules; i++)
        if (g_hash_table_lookup(filter->index, &group->rules[i]) == &group->rules[i])
            g_hash_table_remove(filter->index, &group->rules[i]);
    filter->n_rules -= group->n_rules;
    g_hash_table_remove(filter->groups, name);
}

/* Whose turn it is behind the one that had the last; who was not there before waits for the others. */
static void
keep_turn(const NetFilter *filter, FilterRule *rule)
{
    const FilterRule *before = g_hash_table_lookup(filter->index, rule);
    const FilterBackend *due;

    if (!rule->in_turn || before == NULL || before->n_backends == 0)
        return;
    for (guint i = 0; i < before->n_backends; i++) {
        due = &before->backends[(before->next + i) % before->n_backends];
        for (guint k = 0; k < rule->n_backends; k++)
            if (rule->backends[k].ip == due->ip && rule->backends[k].port == due->port) {
                rule->next = k;
                return;
            }
    }
}

void
filter_set_group(NetFilter *filter, const char *name, FilterRule *rules, guint n_rules)
{
    RuleGroup *group;

    filter->generation++;
    for (guint i = 0; i < n_rules; i++)
        keep_turn(filter, &rules[i]);
    drop_group(filter, name);
    if (n_rules == 0)
        return;
    group = g_new0(RuleGroup, 1);
    group->rules = g_memdup2(rules, n_rules * sizeof *rules);
    group->n_rules = n_rules;
    g_hash_table_insert(filter->groups, (gpointer)name, group);
    for (guint i = 0; i < n_rules; i++)
        g_hash_table_replace(filter->index, &group->rules[i], &group->rules[i]);
    filter->n_rules += n_rules;
}

void
filter_replace(NetFilter *filter, FilterRule *rules, guint n_rules)
{
    g_hash_table_remove_all(filter->index);
    g_hash_table_remove_all(filter->groups);
    filter->n_rules = 0;
    filter_set_group(filter, str_intern("all"), rules, n_rules);
}

guint
filter_rule_count(const NetFilter *filter)
{
    return filter->n_rules;
}

/* An IPv4 address as a number; FALSE: it is none. */
static gboolean
read_ip(const char *text, guint32 *out_ip)
{
    struct in_addr raw;

    if (inet_pton(AF_INET, text, &raw) != 1)
        return FALSE;
    *out_ip = ntohl(raw.s_addr);
    return TRUE;
}

static gboolean
is_in_range(guint32 ip, const char *range)
{
    const char *slash = strchr(range, '/');
    g_autofree char *base_text = slash != NULL ? g_strndup(range, (gsize)(slash - range)) : NULL;
    guint32 base;
    gint64 bits;

    if (slash == NULL || !read_ip(base_text, &base) || !g_ascii_string_to_signed(slash + 1, 10, 0, 32, &bits, NULL))
        return FALSE;
    return bits == 0 || (ip ^ base) >> (32 - bits) == 0;
}

gboolean
filter_admits(const FilterRule *rule, const char *source)
{
    g_auto(GStrv) ranges = NULL;
    guint32 ip;

    if (rule->sources == NULL)
        return TRUE;
    if (source == NULL || !read_ip(source, &ip))
        return FALSE;
    ranges = g_strsplit(rule->sources, " ", -1);
    for (guint i = 0; ranges[i] != NULL; i++)
        if (is_in_range(ip, ranges[i]))
            return TRUE;
    return FALSE;
}

guint64
filter_generation(const NetFilter *filter)
{
    return filter->generation;
}

const FilterRule *
filter_find(const NetFilter *filter, const char *ip, gint32 port, gboolean is_inside)
{
    FilterRule key = {.ip = ip, .port = port, .origin = FILTER_FROM_ANYWHERE};
    const FilterRule *rule = g_hash_table_lookup(filter->index, &key);

    if (rule != NULL)
        return rule;
    key.origin = is_inside ? FILTER_FROM_INSIDE : FILTER_FROM_OUTSIDE;
    return g_hash_table_lookup(filter->index, &key);
}

/* --- choosing ------------------------------------------------------------------------------- */

static gint64
now_of(const NetFilter *filter)
{
    return sim_now_ns(filter->machine->world->sim);
}

static gint64
pair_key(guint32 client_id, guint32 port)
{
    return (gint64)((guint64)client_id << 32 | port);
}

/* The backend where this client was seen within the time, if the rule still has it. */
static FilterBackend *
find_affine(NetFilter *filter, const FilterRule *rule, gint64 key)
{
    Affinity *affinity = g_hash_table_lookup(filter->affinity, &key);

    if (affinity == NULL || affinity->seen_ns + rule->affinity_ns <= now_of(filter))
        return NULL;
    for (guint i = 0; i < rule->n_backends; i++) {
        FilterBackend *backend = &rule->backends[i];

        if (backend->ip != affinity->ip || backend->port != affinity->port)
            continue;
        affinity->seen_ns = now_of(filter);
        return backend;
    }
    return NULL;
}

static FilterBackend *
pick_any(NetFilter *filter, const FilterRule *rule)
{
    FilterRule *own = (FilterRule *)rule; /* of the filter's own groups */

    if (!rule->in_turn)
        return &rule->backends[rng_below(filter->rng, rule->n_backends)];
    own->next = own->next % own->n_backends + 1;
    return &rule->backends[own->next - 1];
}

static FilterBackend *
pick_backend(NetFilter *filter, const FilterRule *rule, guint32 client_id)
{
    gint64 key = pair_key(client_id, (guint32)rule->port);
    FilterBackend *pick;

    if (rule->affinity_ns == 0)
        return pick_any(filter, rule);
    pick = find_affine(filter, rule, key);
    if (pick == NULL) {
        Affinity seen = {.seen_ns = now_of(filter)};

        pick = pick_any(filter, rule);
        seen.ip = pick->ip;
        seen.port = pick->port;
        g_hash_table_replace(filter->affinity, g_memdup2(&key, sizeof key),
                             g_memdup2(&seen, sizeof seen));
    }
    return pick;
}

const FilterBackend *
filter_pick(NetFilter *filter, const FilterRule *rule, guint32 client_id)
{
    FilterBackend *pick = pick_backend(filter, rule, client_id);

    if (G_UNLIKELY(pick->address == NULL))
        pick->address = world_find_address(filter->machine->world, pick->ip);
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
    const Unanswered *entry;

    if (g_hash_table_size(filter->unanswered) == 0)
        return NULL;
    if (filter->unanswered_until_ns <= now_of(filter)) {
        g_hash_table_remove_all(filter->unanswered);
        return NULL;
    }
    entry = g_hash_table_lookup(filter->unanswered, &key);
    if (entry == NULL)
        return NULL;
    if (entry->first_syn_ns + CONNTRACK_SYN_SENT_NS > now_of(filter))
        return &entry->backend;
    g_hash_table_remove(filter->unanswered, &key);
    return NULL;
}

void
conntrack_keep(NetFilter *filter,
               guint32 client_id,
               guint32 client_port,
               const FilterBackend *backend)
{
    gint64 key = pair_key(client_id, client_port);
    Unanswered entry = {*backend, now_of(filter)};

    if (conntrack_find(filter, client_id, client_port) != NULL)
        return; /* the first SYN counts */
    if (g_hash_table_size(filter->unanswered) > UNANSWERED_SWEEP) {
        gint64 now = now_of(filter);

        g_hash_table_foreach_remove(filter->unanswered, is_old, &now);
    }
    filter->unanswered_until_ns = entry.first_syn_ns + CONNTRACK_SYN_SENT_NS;
    g_hash_table_replace(filter->unanswered, g_memdup2(&key, sizeof key),
                         g_memdup2(&entry, sizeof entry));
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
        g_hash_table_insert(filter->neighbours, (gpointer)next_hop, neighbour);
    }
    if (now < neighbour->first_failure_ns + NEIGHBOUR_KNOWN_NS)
        return G_MAXINT64;
    if (neighbour->round_ends_ns <= now) {
        neighbour->round_ends_ns = now + NEIGHBOUR_ROUND_NS;
        neighbour->n_waiting = 0;
    }
    neighbour->n_waiting++;
    return neighbour->n_waiting <= NEIGHBOUR_NOTICES ? neighbour->round_ends_ns : G_MAXINT64;
}

void
neighbour_answered(NetFilter *filter, const char *next_hop)
{
    if (g_hash_table_size(filter->neighbours) > 0)
        g_hash_table_remove(filter->neighbours, next_hop);
}
