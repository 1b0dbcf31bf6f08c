/*
 * fetch.h - memory that will be read some events later, fetched meanwhile
 *
 * A line from far away takes as long as a hundred instructions. Who knows now
 * what will be needed soon has it fetched and goes on; an address may be any,
 * also NULL. Too early is as bad as too late: one to a few events ahead.
 */
#pragma once

#include <glib.h>

/* GCC takes a function that does nothing but prefetch for one without effects and leaves out its calls, hence the asm. */
static inline void
fetch(gconstpointer address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}
