/*
 * timeline.h - entries fire at their time: kubectl, faults, marks, changes
 *
 * `after: ID` waits for the end of that entry: a command's exit, a fault's undoing
 * (without duration: its beginning), the last of `every`.
 */
#pragma once

#include "scenario/checks.h"

typedef struct Timeline Timeline;

Timeline *timeline_new(Cluster *cluster);
void timeline_free(Timeline *timeline);
void timeline_start(Timeline *timeline, Checks *checks);
/* timeline_source: answers conditions about commands. */
const ConditionSource *timeline_source(Timeline *timeline);
guint timeline_command_count(const Timeline *timeline);
const RunCommand *timeline_command(const Timeline *timeline, guint index);
guint timeline_mark_count(const Timeline *timeline);
const RunMark *timeline_mark(const Timeline *timeline, guint index);
