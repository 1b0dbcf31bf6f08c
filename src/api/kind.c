/* kind.c - finding kinds and naming them; see object.h */

#include "api/object.h"

/* --- how a kind is called --------------------------------------------------------------- */

/* Every reference and every message has some of these: composed when a kind is first met. All interned. */
typedef struct {
    const ApiKind *kind;
    const char *name, *api_version, *group_resource, *group_singular, *group_kind;
} KindWords;

#define WORDS_FIRST 64

/* Open addressing by the kind's address; what is told of a kind never changes. */
static struct {
    KindWords *slots;
    guint n_slots; /* a power of two */
    guint count;
} known;

static const char *
with_group(const char *word, const ApiKind *kind)
{
    return kind->group[0] == '\0' ? str_intern(word) : str_internf("%s.%s", word, kind->group);
}

static KindWords *
words_slot(const ApiKind *kind)
{
    guint at = (guint)((gsize)kind * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 40) & (known.n_slots - 1);

    while (known.slots[at].kind != NULL && known.slots[at].kind != kind)
        at = (at + 1) & (known.n_slots - 1);
    return &known.slots[at];
}

static void
words_grow(void)
{
    g_autofree KindWords *old = known.slots;
    guint n_old = known.n_slots;

    known.n_slots = MAX(2 * n_old, WORDS_FIRST);
    known.slots = g_new0(KindWords, known.n_slots);
    for (guint i = 0; i < n_old; i++)
        if (old[i].kind != NULL)
            *words_slot(old[i].kind) = old[i];
}

static const KindWords *
words_of(const ApiKind *kind)
{
    KindWords *words = known.n_slots == 0 ? NULL : words_slot(kind);

    if (G_LIKELY(words != NULL && words->kind == kind))
        return words;
    if (2 * (known.count + 1) > known.n_slots)
        words_grow();
    words = words_slot(kind);
    known.count++;
    *words = (KindWords){
        .kind = kind,
        .name = str_intern(kind->kind),
        .api_version = kind->group[0] == '\0' ? str_intern(kind->version) : str_intern_path(kind->group, kind->version),
        .group_resource = with_group(kind->plural, kind),
        .group_singular = with_group(kind->singular, kind),
        .group_kind = with_group(kind->kind, kind),
    };
    return words;
}

const char *
api_kind_name(const ApiKind *kind)
{
    return words_of(kind)->name;
}

const char *
api_kind_api_version(const ApiKind *kind)
{
    return words_of(kind)->api_version;
}

const char *
api_kind_group_resource(const ApiKind *kind)
{
    return words_of(kind)->group_resource;
}

const char *
api_kind_group_kind(const ApiKind *kind)
{
    return words_of(kind)->group_kind;
}

const char *
api_kind_group_singular(const ApiKind *kind)
{
    return words_of(kind)->group_singular;
}

/* --- finding ---------------------------------------------------------------------------- */

/* Among @kinds, by version and kind. */
static const ApiKind *
find_among(const ApiKind *const *kinds, const char *api_version, const char *kind)
{
    if (api_version == NULL || kind == NULL)
        return NULL;

    const char *slash = strchr(api_version, '/');
    gsize group_length = slash == NULL ? 0 : (gsize)(slash - api_version);
    const char *version = slash == NULL ? api_version : slash + 1;

    for (guint i = 0; kinds[i] != NULL; i++) {
        const ApiKind *candidate = kinds[i];

        if (strcmp(candidate->kind, kind) == 0 && strcmp(candidate->version, version) == 0 &&
            strlen(candidate->group) == group_length &&
            strncmp(candidate->group, api_version, group_length) == 0)
            return candidate;
    }
    return NULL;
}

const ApiKind *
api_form_find(const char *api_version, const char *kind)
{
    const ApiKind *found = find_among(api_kinds, api_version, kind);

    return found != NULL ? found : find_among(api_forms, api_version, kind);
}

const ApiKind *
api_kind_find(const char *api_version, const char *kind)
{
    const ApiKind *found = api_form_find(api_version, kind);

    return found != NULL && found->stored != NULL ? found->stored : found;
}

/* @word is in small letters. */
static gboolean
kind_has_word(const ApiKind *kind, const char *word)
{
    if (strcmp(kind->plural, word) == 0 || strcmp(kind->singular, word) == 0 ||
        g_ascii_strcasecmp(kind->kind, word) == 0)
        return TRUE;
    for (guint i = 0; kind->short_names != NULL && kind->short_names[i] != NULL; i++)
        if (strcmp(kind->short_names[i], word) == 0)
            return TRUE;
    return FALSE;
}

/* The part after the resource: "apps" or how it begins, "v1.apps", "v1." or nothing. */
static gboolean
kind_has_group(const ApiKind *kind, const char *suffix)
{
    gsize version_length = strlen(kind->version);

    if (suffix[0] != '\0' && g_str_has_prefix(kind->group, suffix))
        return TRUE;
    return strncmp(suffix, kind->version, version_length) == 0 && suffix[version_length] == '.' &&
           strcmp(suffix + version_length + 1, kind->group) == 0;
}

static const ApiKind *
find_word_among(const ApiKind *const *kinds, const char *word)
{
    g_autofree char *resource = g_ascii_strdown(word, -1);
    char *dot = strchr(resource, '.');

    if (dot != NULL)
        *dot = '\0';
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (!kind_has_word(kinds[i], resource))
            continue;
        if (dot == NULL || kind_has_group(kinds[i], dot + 1))
            return kinds[i];
    }
    return NULL;
}

const ApiKind *
api_form_find_resource(const char *word)
{
    const ApiKind *found = find_word_among(api_kinds, word);

    return found != NULL ? found : find_word_among(api_forms, word);
}

const ApiKind *
api_kind_find_resource(const char *word)
{
    const ApiKind *found = api_form_find_resource(word);

    return found != NULL && found->stored != NULL ? found->stored : found;
}
