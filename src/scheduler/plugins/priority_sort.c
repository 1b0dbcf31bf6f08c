/* PrioritySort: the order of the queue (v1.34 plugins/queuesort); queue.c applies it. */
#include "scheduler/plugins/plugins.h"

const SchedPlugin priority_sort_plugin = {
    .name = "PrioritySort",
};
