/*
 * cold.h - what nearly never happens, out of the way
 *
 * An event runs through some hundred functions once each; what it costs is for a
 * third the lines of code it has to fetch. Branches that end in a call of a COLD
 * function are taken for unlikely, made small and put behind all other code, so
 * that no line on the usual way holds them. For failures: assertions (all of
 * them, by this header), errors of validation, refusals, first times.
 */
#pragma once

#include <glib.h>

#define COLD __attribute__((cold))

COLD G_NORETURN void g_assertion_message_expr(const char *domain,
                                              const char *file,
                                              int line,
                                              const char *function,
                                              const char *expression);
