/*
 * resources.h - reservations, shares, quotas and scores: the kubelet's arithmetic
 *
 * Models: pkg/kubelet/cm/helpers_linux.go, qos/policy.go,
 * cm/node_container_manager_linux.go, v1.34. Pure.
 */
#pragma once

#include "api/kinds.h"
#include "world/runtime.h"

gint64 cpu_shares_of_milli(gint64 milli);                     /* 2 .. 262144 */
gint64 cpu_weight_of_shares(gint64 shares);                   /* cgroup v2 */
gint64 cpu_quota_us_of_milli(gint64 milli, gint64 period_us); /* 0: none */
gint32 oom_score_adj(const PodSpec *spec, const Container *container, gint64 memory_capacity_bytes);

/* threshold_bytes: "100Mi", or "10%" of @capacity with 32-bit floats as the kubelet keeps them. */
gint64 threshold_bytes(const char *text, gint64 capacity_bytes);
/* allocatable: capacity - reserved - threshold, at least 0. */
gint64 allocatable_of(gint64 capacity, gint64 reserved, gint64 threshold);

/* container_resources_fill: cpu, memory and oom_score_adj of @options. */
void container_resources_fill(const PodSpec *spec,
                              const Container *container,
                              gint64 memory_capacity_bytes,
                              RtContainerOptions *options);
