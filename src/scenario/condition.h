/*
 * condition.h - `expect:` and `until:`: one line that holds or does not
 *
 *   node/worker-2 {.status.conditions[?(@.type=='Ready')].status} == Unknown
 *   deployment/web {.status.availableReplicas} >= 2        [NAMESPACE/]KIND/NAME
 *   pod/web-1 absent | exists
 *   count pods app=web [phase=Running] [ready] == 3
 *   traffic/users errorRatio < 2%      also requests ok failed timeout refused reset p50 p90 p99 p999
 *   events BackOff >= 3
 *   kubectl/ID exit == 0  |  kubectl/ID stdout contains TEXT
 */
#pragma once

#include "scenario/cluster.h"

/* What a condition may ask of the run besides the cluster. */
typedef struct {
    gpointer self;
    /* FALSE if the entry has not ended yet. */
    gboolean (*command)(gpointer self, const char *id, int *out_exit, const char **out_stdout, const char **out_stderr);
} ConditionSource;

/* condition_check: is it well formed? If not *out_message (owned) says what to write. */
gboolean condition_check(const char *text, char **out_message);
/* What a condition looks at, so that it is looked at only when that changed. */
typedef struct {
    enum { TOPIC_OBJECT, TOPIC_KIND, TOPIC_CLOCK } type; /* CLOCK: traffic and commands, which the API does not tell of */
    const ApiKind *kind;
    const char *namespace_, *name; /* interned; TOPIC_OBJECT */
} ConditionTopic;
ConditionTopic condition_topic(const char *text);

/* condition_holds: now. @out_found (may be NULL, owned): what was found instead: "Unknown". */
gboolean condition_holds(const char *text, Cluster *cluster, const ConditionSource *source, char **out_found);
