/*
 * balancer.h - load balancers of the cloud: addresses, the machines behind them, their health checks
 *
 * A balancer passes packets on to a node unchanged (status ipMode VIP): what it is
 * called at is the destination that the node's rules see. It asks each machine
 * behind it, at the Service's healthCheckNodePort or at kube-proxy's own /healthz, every
 * interval: out of rotation after so many failures, in after so many successes; a
 * machine that is new has none. Each connection goes to any of those in rotation.
 *
 * Left out: that an open connection stays with a machine that fails its checks.
 */
#pragma once

#include "scenario/cluster.h"

typedef struct Balancers Balancers;

/* Has the cloud a machine of node @name, of this @provider_id if that is not ""? */
typedef gboolean (*BalancerHasMachine)(gpointer user, const char *name, const char *provider_id);

/* balancers_new: @has_machine with @user tells of the cloud's machines. (owned) */
Balancers *balancers_new(Cluster *cluster, BalancerHasMachine has_machine, gpointer user);
void balancers_free(Balancers *balancers);

/* balancers_find: the address of the one for @uid, and its hosts; NULL: there is none. */
const char *balancers_find(Balancers *balancers, const char *uid, const char **out_hosts);
/*
 * balancers_set: makes it if need be and if an address is left. @hosts: NAME=PROVIDERID,
 * with commas. @health_port below 0: as before; 0: kube-proxy's.
 */
void balancers_set(Balancers *balancers, const char *uid, const char *hosts, gint64 health_port);
void balancers_drop(Balancers *balancers, const char *uid);
/* balancers_pick: a node for a new connection to @address; NULL: nobody answers there. */
ClusterNode *balancers_pick(Balancers *balancers, const char *address);
