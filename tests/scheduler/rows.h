/*
 * rows.h - nodes and pods from one line of text each, so that a rule's case is one row of a table
 *
 * Lists are separated by ";", words by spaces. A node is its name and words:
 *   zone=z1 zone       a label; a label without value
 *   @host @zone=z1     kubernetes.io/hostname=NAME, topology.kubernetes.io/zone=z1
 *   cpu:4 x.com/g:2    allocatable; pods are 110 unless said
 *   image:NAME=BYTES   an image
 *   !key=value:Effect  a taint; !cordon: unschedulable; !out: no candidate where scores are asked for
 * A pod is labels, then statements after "|" each; one that exists has its node before the labels, and *N after
 * the node stands for N of them. Words among the labels: ns:NAME its namespace, ~ it is being deleted,
 * start:SS the second in which it started, nominated:NODE.
 *   app|init|side cpu=1 memory=2 image:i port:80/UDP@1.2.3.4   a container (without any: one that asks for nothing)
 *   bare (no container at all), overhead cpu=1, podlevel cpu=1, prio 5, never, claim NAME
 *   tol key=value:Effect, tol key:Effect, tol :Effect, tol key, tol *
 *   select k=v ..., need EXPRS (one term), want WEIGHT EXPRS
 *   near|far [+WEIGHT] KEY [ns:a,b] [nsel:EXPRS] SELECTOR   inter-pod terms
 *   spread SKEW KEY hard|soft [min:N] [affinity:P] [taints:P] [keys:a,b] SELECTOR
 *   owner KIND/NAME
 * EXPRS: k=v, k, !k, k in a,b, k notin a,b, k gt 1, k lt 1, joined by "&"; @name stands for the field metadata.name.
 * SELECTOR: EXPRS, or - for none, or * for the empty one.
 */
#pragma once

#include "api/kinds.h"

/* rows_nodes, rows_pods: of ApiObject. (owned) @out_out of rows_nodes: bit per node that is no candidate. */
GPtrArray *rows_nodes(const char *text, guint *out_out);
GPtrArray *rows_pods(const char *text);
/* rows_pod: one that is on no node. (owned) */
ApiObject *rows_pod(const char *text, const char *name);
/* rows_node: (owned) */
ApiObject *rows_node(const char *text);
