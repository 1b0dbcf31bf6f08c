/*
 * dump.h - kubectl cluster-info dump
 */
#pragma once

#include "kubectl/internal.h"

/* dump_run: the command, from the second word on. */
void dump_run(Command *command);
