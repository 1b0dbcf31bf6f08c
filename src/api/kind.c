/* kind.c - finding kinds and naming them; see object.h */

#include "api/object.h"

const char *
api_kind_api_version(const ApiKind *kind)
{
    if (kind->group[0] == '\0')
        return str_intern(kind->version);
    return str_internf("%s/%s", kind->group, kind->version);
}

const char *
api_kind_group_resource(const ApiKind *kind)
{
    if (kind->group[0] == '\0')
        return str_intern(kind->plural);
    return str_internf("%s.%s", kind->plural, kind->group);
}

const char *
api_kind_group_kind(const ApiKind *kind)
{
    return kind->group[0] == '\0' ? kind->kind : str_internf("%s.%s", kind->kind, kind->group);
}

const char *
api_kind_group_singular(const ApiKind *kind)
{
    if (kind->group[0] == '\0')
        return str_intern(kind->singular);
    return str_internf("%s.%s", kind->singular, kind->group);
}

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
