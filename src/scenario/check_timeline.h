/*
 * check_timeline.h - the timeline and the expectations of a scenario, checked
 */
#pragma once

#include "scenario/scenario.h"

void check_timeline(const ScReader *reader, Scenario *scenario, const Value *spec);
/* check_application: what a program does, in `applications` and in `set`. */
void check_application(const ScReader *reader, const ScApplication *app, const Value *at, const char *path);
