/*
 * intern.h - one copy of every string that recurs
 *
 * An interned string lives until the process ends and is never changed, so it
 * needs no owner: every `const char *` inside an API object, a trace record or
 * a world object is interned. Equal text gives the same pointer: `==` is
 * equality, never order (addresses differ between runs).
 *
 * The table is process-wide, as are the pool (pool.h) and what is worked out of
 * constant tables. None can be observed in a result: nothing reads their order.
 *
 * Cost: one hash and one probe, about 30 ns for a name of 20 bytes.
 */
#pragma once

#include "base/cold.h"

#include <stdarg.h>
#include <string.h>

/* str_intern: the one copy of @text; NULL stays NULL. Returns: (interned) */
const char *str_intern(const char *text);
const char *str_intern_len(const char *text, gsize length);
/* str_intern_fetch: @text will be asked for before long: where it would be found is fetched into the cache. */
void str_intern_fetch(const char *text, gsize length);
COLD const char *str_intern_first(const char *text); /* for the macro */

/*
 * str_intern("Ready") looks once and remembers: words of the API are asked for all the time. Only a literal
 * takes that way; __builtin_choose_expr decides it before anything is inlined, so no place has two texts.
 */
#define str_intern(text)                                                                         \
    __builtin_choose_expr(__builtin_constant_p(text), __extension__({                            \
                              static const char *str_intern_known_;                              \
                              if (G_UNLIKELY(str_intern_known_ == NULL))                         \
                                  str_intern_known_ = str_intern_first(text);                    \
                              str_intern_known_;                                                 \
                          }),                                                                    \
                          (str_intern)(text))

/* str_intern_path: "first/second", without printf: keys of objects are made all the time. Neither may be NULL. */
const char *str_intern_path(const char *first, const char *second);
/* str_intern_path3: "first/second/third"; @third NULL: without. */
const char *str_intern_path3(const char *first, const char *second, const char *third);

/* str_internf: intern a printf. Locale-free: %d %u %s %.*s %c %x %G_GINT64_FORMAT only. */
const char *str_internf(const char *format, ...) G_GNUC_PRINTF(1, 2);
const char *str_internv(const char *format, va_list args);

/* str_vformat: as g_vsnprintf, quicker for the directives above without flags. Returns: the length it takes in full. */
gsize str_vformat(char *to, gsize size, const char *format, va_list args) G_GNUC_PRINTF(3, 0);

/* str_is: both NULL or same text. Works for strings that are not interned too. Most that differ begin differently. */
static inline gboolean
str_is(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && a[0] == b[0] && strcmp(a, b) == 0);
}

/* str_is_empty: NULL and "" are both "not given". */
static inline gboolean
str_is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

/* str_or_empty: @text itself, or "" where none is given. Returns: (interned) if @text is */
static inline const char *
str_or_empty(const char *text)
{
    return text == NULL ? str_intern("") : text;
}

/* str_length: as strlen, at hand in a text that is interned. Of NULL 0. */
gsize str_length(const char *text);
/* str_mark: 32 bits of a text, the same on every machine; at hand in one that is interned. Of NULL 0. */
guint32 str_mark(const char *text);
/* str_hash: FNV-1a 32 bit; the same on every machine. */
guint32 str_hash(const char *text);
