/*
 * go_sort.h - Go's sort.Sort, step by step: where neighbours are equal, or less is no order at all, what comes out depends on it
 *
 * Models: Go 1.24 sort/zsortinterface.go (pattern-defeating quicksort).
 */
#pragma once

#include <glib.h>

/* is_less: of the items at two places. */
typedef gboolean (*GoLess)(gconstpointer a, gconstpointer b, gpointer user);
/* go_sort: @n items of @size bytes at @items. */
void go_sort(gpointer items, guint n, gsize size, GoLess is_less, gpointer user);
/* go_sort_pointers: of a GPtrArray; is_less gets the pointers themselves. */
void go_sort_pointers(GPtrArray *items, GoLess is_less, gpointer user);
