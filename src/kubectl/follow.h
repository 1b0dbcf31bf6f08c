/*
 * follow.h - one object as it is, then every event of it, until it is enough
 *
 * What client-go's UntilWithSync is to rollout status and wait. The state of a verb
 * that follows begins with a Follow.
 */
#pragma once

#include "kubectl/expand.h"

typedef enum {
    FOLLOW_DONE,   /* seen() said so */
    FOLLOW_ABSENT, /* there is no such object at the start */
    FOLLOW_TIMEOUT,
    FOLLOW_CLOSED,  /* the watch broke */
    FOLLOW_REFUSED, /* the list failed; the message is out */
} FollowEnd;

typedef struct {
    /* seen: WATCH_ADDED for what is there at the start. TRUE: enough. */
    gboolean (*seen)(Command *command, WatchType type, const ApiObject *object);
    void (*over)(Command *command, FollowEnd end);
    gint64 deadline_ns; /* of the simulation; 0: none */
} Follow;

/* follow_begin: the target that command_each is at. */
void follow_begin(Command *command);
