/*
 * keyindex.h - values by interned key, listed in the order of their keys
 *
 * Look-up and change cost one hash probe. The order is made up when somebody
 * lists: new keys wait in an unsorted tail, removed ones leave a hole, and a
 * listing sorts the tail and merges it, so that a burst of writes costs nothing
 * extra. One bucket per first path element after "/registry/" keeps listings of
 * one kind from walking the others.
 */
#pragma once

#include <glib.h>

typedef struct KeyIndex KeyIndex;

KeyIndex *key_index_new(GDestroyNotify value_free);
void key_index_free(KeyIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyIndex, key_index_free)

/* @key must be interned everywhere here but in key_index_collect. */
gpointer key_index_get(const KeyIndex *index, const char *key);       /* (borrowed) NULL if none */
void key_index_set(KeyIndex *index, const char *key, gpointer value); /* frees what was there */
gboolean key_index_remove(KeyIndex *index, const char *key);
guint key_index_count(const KeyIndex *index);

/*
 * key_index_collect: values whose key starts with @prefix, by key in byte order, appended to
 * @out. (borrowed)
 */
void key_index_collect(KeyIndex *index, const char *prefix, GPtrArray *out);
/* key_index_count_bucket: how many keys share the bucket of @prefix. */
guint key_index_count_bucket(const KeyIndex *index, const char *prefix);
void key_index_clear(KeyIndex *index);
