/*
 * filter.h - a machine's packet filter and its conntrack entries, for flow*.c
 *
 * Rules are looked up by (address, port). Of conntrack only what has an effect is
 * kept: SYNs that nobody has answered. Such an entry holds its choice of backend
 * for 120 s from the first SYN; whoever uses the same client port meanwhile
 * follows it (measured on Linux 6.18: retransmissions do not renew it).
 */
#pragma once

#include "world/flow.h"
#include "world/internal.h"

#define CONNTRACK_SYN_SENT_NS (120 * NS_PER_S)

/* filter_find: the rule for @port of @ip (NULL: any address of this machine); NULL if there is none. */
const FilterRule *
filter_find(const NetFilter *filter, const char *ip, gint32 port, gboolean is_inside);
/* filter_admits: may a packet from @source take the rule? */
gboolean filter_admits(const FilterRule *rule, const char *source);
/* filter_generation: changes whenever a rule does; a rule found before holds as long as it has not. */
guint64 filter_generation(const NetFilter *filter);
/* filter_pick: a backend of the rule: uniform, the next in turn, or the one of before with affinity. */
const FilterBackend *filter_pick(NetFilter *filter, const FilterRule *rule, guint32 client_id);

/* conntrack_find: what an unanswered SYN of that client and port chose, NULL if there is no such entry any more. */
const FilterBackend *conntrack_find(NetFilter *filter, guint32 client_id, guint32 client_port);
void conntrack_keep(NetFilter *filter,
                    guint32 client_id,
                    guint32 client_port,
                    const FilterBackend *backend);
void conntrack_answered(NetFilter *filter, guint32 client_id, guint32 client_port);

/*
 * neighbour_try: a packet for @next_hop (interned) that nobody at its address answers.
 * Returns: when the kernel gives up asking for its hardware address and tells who
 * waits (host unreachable); G_MAXINT64 while it still sends to the address it
 * knew, and for packets whose notice the kernel's rate limit will swallow.
 */
gint64 neighbour_try(NetFilter *filter, const char *next_hop);
void neighbour_answered(NetFilter *filter, const char *next_hop);
