/*
 * records.h - recordings of a cluster, read from what users have
 *
 * One recording is a file or a folder (every .json and .jsonl file in it, by name) of
 * records {"type", "object"}: a log with the time of arrival `t` of each record in seconds
 * since the start (`desk8s run --watch-log`) or since 1970, or what `kubectl get KIND --watch
 * --output-watch-events -o json` prints, where nothing says when. Such records are put in the
 * order of their resourceVersions; each came after the newest time that any record up to it
 * mentions, and before the next write whose time is known (clock.h). 0 s is what `started` says (a file
 * of the folder or a member of a first record), else when the first pod or workload came.
 */
#pragma once

#include "compare/facts.h"

typedef struct {
    double seconds;   /* since the start; what existed before is below 0 */
    double latest;    /* the same, but where it was taken from objects: not later than this */
    const char *type; /* interned: ADDED, MODIFIED, DELETED */
    Value *object;    /* (owned) */
} Record;

typedef struct {
    const char *path;      /* interned */
    GArray *records;       /* of Record, oldest first */
    Value *envelope;       /* (owned) what was read is an envelope, and there are no records; else NULL */
    gboolean has_arrivals; /* FALSE: times were taken from the objects */
    gboolean has_kubelets; /* some kubelet told an event of a pod */
} Recording;

/* recording_read: NULL if there are mistakes, which go to @diag. (owned) */
Recording *recording_read(const char *path, Diag *diag);
void recording_free(Recording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recording, recording_free)

/*
 * recording_facts: its records as facts; the objects go to them, so once. @namespaces: only objects of these and what has
 * none, ended by NULL; NULL: all. (owned)
 */
Facts *recording_facts(Recording *recording, gboolean has_kubelets, const char *const *namespaces);

/* recording_looks_like: FALSE if the file holds something else than JSON records, as a scenario does. */
gboolean recording_looks_like(const char *path);
