/*
 * pressure.h - what the kubelet decides when the node runs out of something
 *
 * Models: pkg/kubelet/eviction/helpers.go, images/image_gc_manager.go,
 * nodeshutdown/nodeshutdown_manager.go, v1.34. Pure.
 */
#pragma once

#include "api/kinds.h"
#include "node/kubelet.h"

/*
 * threshold_is_met: less is observed than the threshold says (a quantity, or a percentage
 * of capacity).
 */
gboolean threshold_is_met(const char *threshold, gint64 capacity_bytes, gint64 observed_bytes);

typedef struct {
    const ApiObject *pod; /* (borrowed) */
    gint64 usage_bytes;
} PodUsage;
/*
 * eviction_rank_memory: first to be evicted first: usage above the request, lower
 * priority, more above the request. Stable.
 */
void eviction_rank_memory(PodUsage *pods, guint count);
/* eviction_rank_disk: the same by what lies on the disk and requests of ephemeral-storage. */
void eviction_rank_disk(PodUsage *pods, guint count);
/* eviction_is_exempt: critical pods are never evicted. */
gboolean eviction_is_exempt(const ApiObject *pod);
/* eviction_message: as status.message has it, with its final blank; of memory, or _for another resource. Returns: (interned) */
const char *eviction_message_for(const ApiObject *pod,
                                 const char *resource,
                                 const char *threshold,
                                 gint64 capacity_bytes,
                                 gint64 available_bytes,
                                 gint64 (*usage_of)(gpointer user, const char *container),
                                 gpointer user);
const char *eviction_message(const ApiObject *pod,
                             const char *threshold,
                             gint64 capacity_bytes,
                             gint64 available_bytes,
                             gint64 (*usage_of)(gpointer user, const char *container),
                             gpointer user);

/*
 * storage_is_limited: the pod may outgrow an emptyDir or a limit of ephemeral storage.
 * storage_excess: which of them it has outgrown, as status.message has it, with its final blank;
 * NULL: none. @volume_bytes, @container_bytes: what is used. Returns: (interned)
 */
typedef gint64 (*StorageUse)(gpointer user, const char *name);
gboolean storage_is_limited(const PodSpec *spec);
const char *storage_excess(const PodSpec *spec,
                           StorageUse volume_bytes,
                           StorageUse container_bytes,
                           gpointer user);

/* image_gc_bytes_to_free: 0 if the usage is below @high_percent. */
gint64 image_gc_bytes_to_free(gint64 capacity_bytes,
                              gint64 available_bytes,
                              gint32 high_percent,
                              gint32 low_percent);

/*
 * shutdown_groups: normal and critical, from shutdownGracePeriod and its critical part;
 * two of them.
 */
void shutdown_groups(gint64 grace_s, gint64 critical_s, ShutdownGroup out_groups[2]);
/*
 * shutdown_group_of: index of the group with the largest priority <= @priority; below all:
 * the lowest.
 */
guint shutdown_group_of(const ShutdownGroup *groups, guint count, gint32 priority);
