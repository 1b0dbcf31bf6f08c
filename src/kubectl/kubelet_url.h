/*
 * kubelet_url.h - what the API server asks of a kubelet, as it is told when it is not reached
 */
#pragma once

#include "kubectl/internal.h"

/* kubelet_log_query: "?previous=true&tailLines=3", or "". (owned) */
char *kubelet_log_query(const Command *command, gint64 tail);
