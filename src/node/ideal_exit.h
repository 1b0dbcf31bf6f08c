/*
 * ideal_exit.h - does a pod's command end by itself, when, and how?
 *
 * For nodes that are played. Understands `sleep N`, `exit N`, `true`, `false`,
 * `echo` and `:` in a row, as argv or as the text of sh -c; anything else runs
 * for ever. Pure.
 */
#pragma once

#include "api/kinds.h"

/* ideal_pod_exits: FALSE: it runs for ever, or is always restarted. */
gboolean ideal_pod_exits(const ApiObject *pod, gint64 *out_after_ns, gint32 *out_exit_code);
