/* image_name.c - see image_name.h */

#include "node/image_name.h"

#include <string.h>

#define NAME_MAX_CHARS   255
#define DIGEST_MIN_CHARS 32
#define TAG_MAX_CHARS    128

static gboolean
is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Parts of @is_part between @separator; none is empty. */
static gboolean
all_parts(const char *text, gsize n, char separator, gboolean (*is_part)(const char *text, gsize n))
{
    gsize start = 0;

    for (gsize i = 0; i <= n; i++) {
        if (i < n && text[i] != separator)
            continue;
        if (i == start || !is_part(text + start, i - start))
            return FALSE;
        start = i + 1;
    }
    return TRUE;
}

static gboolean
is_host_part(const char *text, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isalnum(text[i]) && text[i] != '-')
            return FALSE;
    return text[0] != '-' && text[n - 1] != '-';
}

static gboolean
is_host(const char *text, gsize n)
{
    const char *colon = memchr(text, ':', n);
    gsize host = colon == NULL ? n : (gsize)(colon - text);

    for (gsize i = host + 1; i < n; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    return host + 1 != n && all_parts(text, host, '.', is_host_part);
}

/* Lower case letters and digits, between them one of ". _ __" or any number of "-". */
static gboolean
is_path_part(const char *text, gsize n)
{
    for (gsize i = 0; i < n;) {
        gsize run = 1;

        if (g_ascii_islower(text[i]) || g_ascii_isdigit(text[i])) {
            i++;
            continue;
        }
        if (text[i] != '.' && text[i] != '_' && text[i] != '-')
            return FALSE;
        while (i + run < n && text[i + run] == text[i])
            run++;
        if (i == 0 || i + run == n || (text[i] == '.' && run > 1) || (text[i] == '_' && run > 2) ||
            strchr("._-", text[i + run]) != NULL)
            return FALSE;
        i += run;
    }
    return TRUE;
}

static gboolean
is_tag(const char *text)
{
    gsize n = strlen(text);

    for (gsize i = 0; i < n; i++)
        if (!is_word(text[i]) && (i == 0 || (text[i] != '.' && text[i] != '-')))
            return FALSE;
    return n > 0 && n <= TAG_MAX_CHARS;
}

static gboolean
is_digest(const char *text)
{
    const char *colon = strchr(text, ':');
    guint n = 0;

    if (colon == NULL || colon == text || !g_ascii_isalpha(text[0]))
        return FALSE;
    for (const char *c = text; c < colon; c++)
        if (!g_ascii_isalnum(*c) && (strchr("-_+.", *c) == NULL || !g_ascii_isalpha(c[1])))
            return FALSE;
    for (const char *c = colon + 1; *c != '\0'; c++, n++)
        if (!g_ascii_isxdigit(*c))
            return FALSE;
    return n >= DIGEST_MIN_CHARS;
}

static gboolean
is_identifier(const char *image)
{
    gsize n = 0;

    for (; image[n] != '\0'; n++)
        if (!g_ascii_isdigit(image[n]) && (image[n] < 'a' || image[n] > 'f'))
            return FALSE;
    return n == 64;
}

/* v0.6 distribution/reference normalize.go: splitDockerDomain: is what stands before the first slash a host? */
static gboolean
has_host(const char *image, const char *slash)
{
    g_autofree char *first = slash == NULL ? NULL : g_strndup(image, (gsize)(slash - image));

    if (first == NULL)
        return FALSE;
    for (const char *c = first; *c != '\0'; c++)
        if (*c == '.' || *c == ':' || g_ascii_isupper(*c))
            return TRUE;
    return strcmp(first, "localhost") == 0;
}

char *
image_name_problem(const char *image)
{
    const char *slash = strchr(image, '/');
    gboolean names_host = has_host(image, slash);
    const char *rest = names_host ? slash + 1 : image;
    const char *prefix = names_host || strchr(rest, '/') != NULL ? "" : "library/";
    const char *at = strchr(rest, '@');
    gsize n_before = at == NULL ? strlen(rest) : (gsize)(at - rest);
    g_autofree char *before = g_strndup(rest, n_before);
    char *tag = strchr(before, ':');
    /* upper case is looked for before the first colon of the whole, a digest's "@" included */
    g_autofree char *remote = g_strndup(rest, strcspn(rest, ":"));

    if (is_identifier(image))
        return g_strdup_printf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", image);
    for (const char *c = remote; *c != '\0'; c++)
        if (g_ascii_isupper(*c))
            return g_strdup_printf("invalid reference format: repository name (%s%s) must be lowercase", prefix, remote);
    if (tag != NULL)
        *tag++ = '\0';
    if (!all_parts(before, strlen(before), '/', is_path_part) || (tag != NULL && !is_tag(tag)) ||
        (at != NULL && !is_digest(at + 1)) || (names_host && !is_host(image, (gsize)(slash - image))))
        return g_strdup("invalid reference format");
    /* the whole name, "docker.io/" and all */
    if (strlen(before) + strlen(prefix) + 1 + (names_host ? (gsize)(slash - image) : strlen("docker.io")) > NAME_MAX_CHARS)
        return g_strdup_printf("repository name must not be more than %d characters", NAME_MAX_CHARS);
    return NULL;
}

char *
image_pull_message(const char *image, const char *error, const char **out_reason)
{
    static const struct {
        const char *reason, *words;
    } known[] = {
        {"RegistryUnavailable", "registry is unavailable"},
        {"SignatureValidationFailed", "signature validation failed"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!g_str_has_prefix(error, known[i].reason))
            continue;
        *out_reason = known[i].reason;
        return g_strdup_printf("image pull failed for %s because the %s%s", image, known[i].words,
                               error + strlen(known[i].reason));
    }
    *out_reason = "ErrImagePull";
    return g_strdup(error);
}
