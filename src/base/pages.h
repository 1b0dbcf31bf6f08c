/*
 * pages.h - pages of a block that is about to be filled, asked for together
 *
 * Memory that is new to the process costs a page fault for every 4 KiB at the first write, 2 us each under a
 * hypervisor. Asked for in one go its pages cost a third less. For blocks that fill up from the beginning: what is
 * never written would be asked for in vain.
 */
#pragma once

#include <glib.h>

/* pages_fetch: of all pages that lie wholly in @size bytes at @memory. What is in them stays. */
void pages_fetch(gpointer memory, gsize size);

/* Beginnings and sizes of what pages_join takes are multiples of it. */
#define PAGES_JOINED_BYTES ((gsize)2 << 20)
/*
 * pages_join: memory that is still untouched and will be read all over the place is to be of large pages, if there are
 * such: else each look at it first looks for the page, too.
 */
void pages_join(gpointer memory, gsize size);
