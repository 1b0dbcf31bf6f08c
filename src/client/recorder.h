/*
 * recorder.h - events: correlation, aggregation, spam filter, sending
 *
 * Models client-go tools/record v1.34 (count and "combined from similar
 * events"; burst 25 refilled 1 per 300 s per source, object and type) and, for
 * the scheduler, tools/events (series). Sent through the given client, so each
 * event costs a token of it.
 */
#pragma once

#include "client/client.h"

typedef struct Recorder Recorder;

typedef struct {
    const char *component; /* source.component: "deployment-controller", "kubelet" */
    const char *host;      /* source.host: the node for kubelets; may be NULL */
    gboolean series;       /* events.k8s.io style */
    gboolean is_sparing;   /* correlator.h */
} RecorderOptions;

Recorder *recorder_new(Client *client, const RecorderOptions *options);
void recorder_free(Recorder *recorder);
void recorder_reset(Recorder *recorder); /* the process died: caches forgotten */
/* recorder_resumed: the process goes on after a pause. */
void recorder_resumed(Recorder *recorder);

/* recorder_event: @type "Normal" or "Warning"; @message is borrowed for the call. */
void recorder_event(Recorder *recorder,
                    const ApiObject *about,
                    const char *type,
                    const char *reason,
                    const char *message);
/*
 * recorder_event_ref: about something given by reference (fieldPath
 * spec.containers{app}); @action and @related for series style, else NULL.
 */
void recorder_event_ref(Recorder *recorder,
                        const ObjectReference *about,
                        const char *type,
                        const char *reason,
                        const char *action,
                        const ObjectReference *related,
                        const char *message);
/*
 * object_reference_of: reference to @object (kind, namespace, name, uid,
 * apiVersion, resourceVersion).
 */
ObjectReference object_reference_of(const ApiObject *object);
