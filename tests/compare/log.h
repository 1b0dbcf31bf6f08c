/*
 * log.h - logs written in the tests themselves: JSON with ' instead of "
 */
#pragma once

#include "compare/records.h"

/* log_folder: a new folder below the temporary one. (owned) */
char *log_folder(void);
/* log_write: a file of @folder, each ' of @text a ". Returns its path. (owned) */
char *log_write(const char *folder, const char *name, const char *text);
/* log_remove: the folder with its files; frees @folder. */
void log_remove(char *folder);
/* log_facts: facts of one log; fails the test on mistakes. (owned) */
Facts *log_facts(const char *text, gboolean has_kubelets);
/* log_fact: a fact's value as compact JSON, "absent" if there is none. (owned) */
char *log_fact(const Facts *facts, const char *name);
