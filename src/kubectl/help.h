/*
 * help.h - what kubectl says of itself: --help of each verb, kubectl --help, kubectl options; verbs that are left out
 *
 * Made from the tables of verbs and flags, in the order of kubectl's own help: what it is for, the commands within,
 * options with their defaults, usage.
 */
#pragma once

#include "kubectl/internal.h"

/* help_of_verb: for `kubectl VERB --help`. (owned) */
char *help_of_verb(const Verb *verb, const char *subverb);
/* help_of_kubectl: for `kubectl` and `kubectl --help`. (owned) */
char *help_of_kubectl(void);
/* help_of_options: for `kubectl options`. (owned) */
char *help_of_options(void);
/* help_left_out: why there is no such verb of kubectl here, and what to use; NULL: kubectl has none either. */
const char *help_left_out(const char *verb);
/* help_unknown: says that there is no such verb, and which are like it. */
void help_unknown(Command *command, const char *word);
/* help_of_group: of "kubectl set", whose work is done by subcommands alone. (owned) NULL: it is none. */
char *help_of_group(const char *path);
