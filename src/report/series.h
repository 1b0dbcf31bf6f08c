/*
 * series.h - what a Series has recorded; read by the writers of this room
 */
#pragma once

#include "report/report.h"

#include "base/ptr_map.h"

/* What a pod looks like to whoever watches the API. */
typedef enum {
    LANE_PENDING,     /* no node yet */
    LANE_STARTING,    /* bound, containers not running yet */
    LANE_WAITING,     /* back-off: image or crash */
    LANE_RUNNING,     /* running, not ready */
    LANE_READY,
    LANE_LOST,        /* its node is not heard of */
    LANE_TERMINATING,
    LANE_SUCCEEDED,
    LANE_FAILED,
    LANE_N_STATES,
} LaneState;
const char *lane_state_name(LaneState state); /* "ready" */

typedef struct {
    LaneState state;
    gint64 from_ns, to_ns; /* to -1: open */
} LaneSpan;

/* As many as most pods have: pending, starting, ready. */
#define LANE_FIRST_SPANS 3

typedef struct {
    const char *uid, *namespace_, *name, *node, *owner; /* interned; node NULL: never bound; owner: controller's name or NULL */
    gint64 created_ns, removed_ns; /* removed -1: still there */
    LaneSpan *spans;               /* by time; at first the ones below, then (owned) */
    guint n_spans, capacity;
    LaneSpan first[LANE_FIRST_SPANS];
} Lane;

typedef struct {
    gint64 time_ns;
    const char *kind, *namespace_, *name, *owner; /* interned; owner: of a ReplicaSet its Deployment */
    gint32 desired, current, ready, available, updated;
    gint32 revision; /* ReplicaSets; 0: unknown */
    gboolean is_removed;
} ObjectRow;

typedef struct {
    gint64 time_ns;
    const char *name, *ready; /* interned: "True", "False", "Unknown" */
    gboolean unschedulable;
    const char *pressure; /* interned: of what the node is short, "disk+memory"; "": of nothing */
} NodeRow;

struct Series {
    Sim *sim;
    ApiServer *server;
    Traffic *const *traffic;
    guint n_traffic;
    GPtrArray *lanes;      /* of Lane*, by creation */
    PtrMap lane_of;        /* uid -> Lane */
    GArray *objects;       /* of ObjectRow, by time */
    GArray *nodes;         /* of NodeRow, by time */
    PtrMap node_rows;      /* name -> place of its last NodeRow, counted from 1 */
    guint n_lost;          /* nodes that are Unknown or Removed */
    ReportNarrate narrate;
    gpointer user;
    struct Narrator *narrator;
    gint64 end_ns;         /* -1: running */
    guint64 api_writes;
};

/* narrate.c */
typedef struct Narrator Narrator;
Narrator *narrator_new(Series *series);
void narrator_free(Narrator *narrator);
void narrator_on_change(Narrator *narrator, WatchType type, const ApiObject *object);
void narrator_seen(Narrator *narrator, const ApiObject *object); /* exists at 0 s: no news */
