/*
 * stirs.h - has anything changed?
 *
 * world_stirs: another number after each change of a machine, a process or a path (world_add_stir); never 0. For who found
 * out that a connection is fine and when things arrive on it: it stays so while the number does.
 */
#pragma once

#include "world/world.h"

guint64 world_stirs(const World *world);
/* net_conn_trip_ns: how long a message of @bytes takes that waits for none before it; -1 where net_conn_arrival_ns says it. */
gint64 net_conn_trip_ns(NetConn *conn, NetDirection direction, gsize bytes);
/* net_conn_after_ns: a message that would arrive at @due_ns does not overtake what was sent before it. */
void net_conn_fetch(const NetConn *conn, NetDirection direction); /* into the cache, for that */
gint64 net_conn_after_ns(const NetConn *conn, NetDirection direction, gint64 due_ns);
