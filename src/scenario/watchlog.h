/*
 * watchlog.h - what a watcher of every kind sees, one JSON record a line
 *
 * First line: the scenario and its commands; then {"t", "type", "object"}. What
 * existed before 0 s comes first as ADDED with t below 0.
 */
#pragma once

#include "scenario/cluster.h"

typedef struct WatchLog WatchLog;

WatchLog *watch_log_new(Cluster *cluster, const char *path, GError **error);
/* watch_log_finish: write the file (the first line knows the commands' results by then). FALSE: I/O error. */
gboolean watch_log_finish(WatchLog *log, const Value *header, GError **error);
void watch_log_free(WatchLog *log);
