/*
 * set_book.h - what the pods of each ReplicaSet amount to, kept up from event to event
 *
 * A sync wants to know how many pods its set has, how many are ready; of 10,000 pods some change between two
 * syncs. The book holds these numbers per set, by uid, and corrects them with every event that the controller is told
 * of. It knows nothing by itself: set_book_begin counts a set's pods once, at a sync that had to list them anyway.
 *
 * Numbers are given out only while they are beyond doubt:
 * - all pods of that uid are those counted here (the store says how many it has), so none came past the handlers;
 * - the set's spec is the one they were judged by;
 * - no pod was deleted since they were begun: a deletion tells the pod's last state, not the one counted here;
 * - all pods match the selector and carry the template's labels, and no pod without a controller does the former.
 * Otherwise the sync lists and judges its pods, as it does without a book.
 *
 * Owner: the controller's state; forgotten with it when the process dies. Cost: a look at the pod's owner and one
 * lookup per event.
 */
#pragma once

#include "controllers/util.h"

typedef struct SetBook SetBook;

/* set_book_new: of sets of @kind. (owned) */
SetBook *set_book_new(const ApiKind *kind);
void set_book_free(gpointer book);

/* --- events: every one, before anything else is done about it; @old NULL: added, @object NULL: deleted ---------- */

void set_book_on_set(SetBook *book, const ApiObject *old, const ApiObject *object);
void set_book_on_pod(SetBook *book, const ApiObject *old, const ApiObject *object);

/* A set as its pods' events need it. */
typedef struct {
    const char *key; /* of the queue (interned); NULL: the pod's controller is no set in the view */
    gint32 min_ready_s;
} PodOwner;

/* set_book_owner: owner_in_view of @pod, looked up once per set. */
PodOwner set_book_owner(SetBook *book, View *view, const ApiObject *pod);

/* --- syncs ------------------------------------------------------------------------------------------------------- */

typedef struct {
    gint32 active, ready; /* ready: of the active ones */
    gint32 terminating;
} SetTally;

/*
 * set_book_begin: @pods are all that view_list_owned has of @set. It counts them only the second time in a row:
 * while pods are being deleted the numbers would be of no use.
 */
void set_book_begin(SetBook *book, const ApiObject *set, const GPtrArray *pods);
/* set_book_tally: FALSE: not known. @book may be NULL: never known. */
gboolean set_book_tally(const SetBook *book, View *view, const ApiObject *set, SetTally *out);
