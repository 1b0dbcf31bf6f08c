/*
 * flag_owners.h - flags of "create secret generic" are not those of "create quota"
 */
#pragma once

#include "kubectl/internal.h"

/* flag_owners_have: @path as in "create secret generic"; TRUE also of commands that are the only one of their verb. */
gboolean flag_owners_have(const char *path, const char *flag);
