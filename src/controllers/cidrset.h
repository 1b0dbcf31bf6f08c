/*
 * cidrset.h - hands out the node CIDRs of a cluster CIDR, in order
 *
 * Models v1.34 pkg/controller/nodeipam/ipam/cidrset/cidr_set.go: a bitmap and a
 * cursor; what was given back is used again only after the cursor has come round.
 */
#pragma once

#include <glib.h>

typedef struct CidrSet CidrSet;

/* cidr_set_new: NULL and a text (owned) if @cluster_cidr is none, or the masks do not fit. */
CidrSet *cidr_set_new(const char *cluster_cidr, guint node_mask, char **out_message);
void cidr_set_free(CidrSet *set);
/* cidr_set_allocate: NULL if none is left. Returns: (interned) "10.244.3.0/24" */
const char *cidr_set_allocate(CidrSet *set);
/* cidr_set_occupy, _release: any CIDR that overlaps the cluster's. FALSE if @cidr is none, or lies outside. */
gboolean cidr_set_occupy(CidrSet *set, const char *cidr);
gboolean cidr_set_release(CidrSet *set, const char *cidr);
/* cidr_set_name: the CIDR of that index. (interned) */
const char *cidr_set_name(const CidrSet *set, guint index);
