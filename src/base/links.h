/*
 * links.h - GQueue whose links lie in what they link, for queues that every request goes through
 *
 * The same as g_queue_push_tail_link and g_queue_unlink, as code in place: what a request passes
 * is too short to be called across libraries.
 */
#pragma once

#include <glib.h>

static inline void
links_push(GQueue *queue, GList *link)
{
    link->prev = queue->tail;
    link->next = NULL;
    if (queue->tail != NULL)
        queue->tail->next = link;
    else
        queue->head = link;
    queue->tail = link;
    queue->length++;
}

static inline void
links_take(GQueue *queue, GList *link)
{
    if (link->prev != NULL)
        link->prev->next = link->next;
    else
        queue->head = link->next;
    if (link->next != NULL)
        link->next->prev = link->prev;
    else
        queue->tail = link->prev;
    link->prev = link->next = NULL;
    queue->length--;
}
