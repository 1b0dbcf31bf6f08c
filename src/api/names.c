/* names.c - see names.h; texts of v1.34 apimachinery pkg/util/validation */

#include "api/names.h"

#include "base/caches.h"
#include "base/intern.h"

#define LABEL_MAX     63
#define SUBDOMAIN_MAX 253
#define PORT_MAX      15

#define DNS_LABEL_PATTERN "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SEARCH_PATTERN    "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
#define NAME_PATTERN      "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

#define SUBDOMAIN_MESSAGE                                                                          \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "   \
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "  \
    "for validation is '" DNS_LABEL_PATTERN "(\\." DNS_LABEL_PATTERN ")*')"
#define SEARCH_MESSAGE                                                                             \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' " \
    "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "    \
    "used for validation is '" SEARCH_PATTERN "(\\." SEARCH_PATTERN ")*')"
#define DNS_LABEL_MESSAGE                                                                          \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "   \
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "     \
    "used for validation is '" DNS_LABEL_PATTERN "')"
#define DNS1035_MESSAGE                                                                            \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "   \
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or "           \
    "'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
#define QUALIFIED_MESSAGE                                                                          \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "  \
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for " \
    "validation is '" NAME_PATTERN "')"
#define QUALIFIED_SHAPE_MESSAGE                                                                    \
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start "   \
    "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "  \
    "used for validation is '" NAME_PATTERN "') with an optional DNS subdomain prefix and '/' "    \
    "(e.g. 'example.com/MyName')"
#define LABEL_VALUE_MESSAGE                                                                        \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "    \
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value', " \
    " or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define CONFIG_KEY_MESSAGE                                                                         \
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "           \
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
#define ENV_MESSAGE                                                                                \
    "a valid environment variable name must consist only of printable ASCII characters other "     \
    "than '='"
#define PERCENT_MESSAGE                                                                            \
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "   \
    "'93%', regex used for validation is '[0-9]+%')"

static gboolean
is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static gboolean
matches_dns_label(const char *text, gsize length)
{
    if (length == 0 || !is_lower_alnum(text[0]) || !is_lower_alnum(text[length - 1]))
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!is_lower_alnum(text[i]) && text[i] != '-')
            return FALSE;
    return TRUE;
}

static gboolean
matches_subdomain(const char *text, gsize length)
{
    gsize start = 0;

    for (gsize i = 0; i <= length; i++) {
        if (i < length && text[i] != '.')
            continue;
        if (!matches_dns_label(text + start, i - start))
            return FALSE;
        start = i + 1;
    }
    return TRUE;
}

static gboolean
matches_search_label(const char *text, gsize length)
{
    if (length > 0 && text[0] == '_') {
        text++;
        length--;
    }
    if (length == 0 || !is_lower_alnum(text[0]) || !is_lower_alnum(text[length - 1]))
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!is_lower_alnum(text[i]) && text[i] != '-' && text[i] != '_')
            return FALSE;
    return TRUE;
}

static gboolean
matches_search(const char *text)
{
    for (;;) {
        gsize length = strcspn(text, ".");

        if (!matches_search_label(text, length))
            return FALSE;
        if (text[length] == '\0')
            return TRUE;
        text += length + 1;
    }
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static gboolean
matches_name(const char *text, gsize length)
{
    if (length == 0 || !g_ascii_isalnum(text[0]) || !g_ascii_isalnum(text[length - 1]))
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(text[i]) && strchr("-_.", text[i]) == NULL)
            return FALSE;
    return TRUE;
}

static void
add_too_long(StrList *messages, guint max)
{
    str_list_add(messages, str_internf("must be no more than %u characters", max));
}

static void
check_shape(gsize length, guint max, gboolean is_match, const char *message, StrList *messages)
{
    if (length > max)
        add_too_long(messages, max);
    if (!is_match)
        str_list_add(messages, message);
}

static void
check_path_segment(const char *text, gboolean is_prefix, StrList *messages)
{
    if (!is_prefix && (strcmp(text, ".") == 0 || strcmp(text, "..") == 0))
        str_list_add(messages, str_internf("may not be '%s'", text));
    if (strchr(text, '/') != NULL)
        str_list_add(messages, "may not contain '/'");
    if (strchr(text, '%') != NULL)
        str_list_add(messages, "may not contain '%'");
}

static void
check_qualified(const char *text, StrList *messages)
{
    const char *slash = strchr(text, '/');
    const char *name = slash == NULL ? text : slash + 1;

    if (slash != NULL && strchr(name, '/') != NULL) {
        str_list_add(messages, QUALIFIED_SHAPE_MESSAGE);
        return;
    }
    if (slash != NULL) {
        gsize length = (gsize)(slash - text);

        if (length == 0)
            str_list_add(messages, "prefix part must be non-empty");
        else {
            if (length > SUBDOMAIN_MAX)
                str_list_add(messages, str_internf("prefix part must be no more than %d characters",
                                                   SUBDOMAIN_MAX));
            if (!matches_subdomain(text, length))
                str_list_add(messages, "prefix part " SUBDOMAIN_MESSAGE);
        }
    }
    if (name[0] == '\0')
        str_list_add(messages, "name part must be non-empty");
    else if (strlen(name) > LABEL_MAX)
        str_list_add(messages,
                     str_internf("name part must be no more than %d characters", LABEL_MAX));
    if (!matches_name(name, strlen(name)))
        str_list_add(messages, QUALIFIED_MESSAGE);
}

static void
check_port_name(const char *text, StrList *messages)
{
    gboolean has_letter = FALSE;
    gboolean has_other = FALSE;
    gsize length = strlen(text);

    for (gsize i = 0; i < length; i++) {
        has_letter = has_letter || (text[i] >= 'a' && text[i] <= 'z');
        has_other = has_other || (!is_lower_alnum(text[i]) && text[i] != '-');
    }
    if (length > PORT_MAX)
        add_too_long(messages, PORT_MAX);
    if (has_other || length == 0)
        str_list_add(messages,
                     "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    if (!has_letter)
        str_list_add(messages, "must contain at least one letter (a-z)");
    if (strstr(text, "--") != NULL)
        str_list_add(messages, "must not contain consecutive hyphens");
    if (length > 0 && (text[0] == '-' || text[length - 1] == '-'))
        str_list_add(messages, "must not begin or end with a hyphen");
}

static void
check_config_key(const char *text, StrList *messages)
{
    gsize length = strlen(text);
    gboolean is_match = length > 0;

    for (gsize i = 0; i < length; i++)
        is_match = is_match && (g_ascii_isalnum(text[i]) || strchr("-._", text[i]) != NULL);
    if (length > SUBDOMAIN_MAX)
        add_too_long(messages, SUBDOMAIN_MAX);
    if (!is_match)
        str_list_add(messages, CONFIG_KEY_MESSAGE);
    /* v1.34 hasChDirPrefix: one of the three, the most exact. */
    if (strcmp(text, ".") == 0)
        str_list_add(messages, "must not be '.'");
    else if (strcmp(text, "..") == 0)
        str_list_add(messages, "must not be '..'");
    else if (g_str_has_prefix(text, ".."))
        str_list_add(messages, "must not start with '..'");
}

static void
check_env(const char *text, StrList *messages)
{
    gboolean is_match = text[0] != '\0';

    for (const char *at = text; *at != '\0'; at++)
        is_match = is_match && *at >= 0x20 && *at < 0x7f && *at != '=';
    if (text[0] == '\0')
        str_list_add(messages, "environment variable name must be non-empty");
    else if (!is_match)
        str_list_add(messages, ENV_MESSAGE);
}

static void
check_percent(const char *text, StrList *messages)
{
    gsize n_digits = strspn(text, "0123456789");

    if (n_digits == 0 || strcmp(text + n_digits, "%") != 0)
        str_list_add(messages, PERCENT_MESSAGE);
}

gboolean
name_check(NameRule rule, const char *text, gboolean is_prefix, StrList *messages)
{
    guint before = messages->count;
    g_autofree char *masked = NULL;
    gsize length;

    if (text == NULL)
        text = "";
    /* v1.34 maskTrailingDash: a prefix may end in '-', for something follows; its last two become 'a'. */
    length = strlen(text);
    if (is_prefix && length > 1 && text[length - 1] == '-' && rule != NAME_PATH_SEGMENT) {
        masked = g_strdup(text);
        masked[length - 2] = 'a';
        masked[length - 1] = '\0';
        text = masked;
        length--;
    }
    switch (rule) {
    case NAME_DNS_SUBDOMAIN:
        check_shape(length, SUBDOMAIN_MAX, matches_subdomain(text, length), SUBDOMAIN_MESSAGE,
                    messages);
        break;
    case NAME_DNS_SEARCH:
        check_shape(length, SUBDOMAIN_MAX, matches_search(text), SEARCH_MESSAGE, messages);
        break;
    case NAME_DNS_LABEL:
        /* What is a subdomain and no label can only have dots. */
        if (length > LABEL_MAX || !matches_dns_label(text, length))
            check_shape(length, LABEL_MAX, matches_dns_label(text, length),
                        matches_subdomain(text, length) ? "must not contain dots" : DNS_LABEL_MESSAGE, messages);
        break;
    case NAME_DNS1035_LABEL:
        check_shape(length, LABEL_MAX, matches_dns_label(text, length) && !g_ascii_isdigit(text[0]),
                    DNS1035_MESSAGE, messages);
        break;
    case NAME_PATH_SEGMENT:
        check_path_segment(text, is_prefix, messages);
        break;
    case NAME_QUALIFIED:
        check_qualified(text, messages);
        break;
    case NAME_LABEL_VALUE:
        check_shape(length, LABEL_MAX, length == 0 || matches_name(text, length),
                    LABEL_VALUE_MESSAGE, messages);
        break;
    case NAME_PORT:
        check_port_name(text, messages);
        break;
    case NAME_CONFIG_KEY:
        check_config_key(text, messages);
        break;
    case NAME_ENV:
        check_env(text, messages);
        break;
    case NAME_PERCENT:
        check_percent(text, messages);
        break;
    }
    return messages->count == before;
}

/* --- addresses ----------------------------------------------------------------------- */

static gboolean
is_ipv4(const char *text)
{
    int n_parts = 0;

    for (;;) {
        gsize n_digits = strspn(text, "0123456789");
        int part = 0;

        /* ParseIPSloppy: with leading zeros, each part at most 255. */
        if (n_digits == 0)
            return FALSE;
        for (gsize i = 0; i < n_digits && part <= 255; i++)
            part = part * 10 + (text[i] - '0');
        if (part > 255)
            return FALSE;
        text += n_digits;
        n_parts++;
        if (*text == '\0')
            return n_parts == 4;
        if (*text != '.' || n_parts == 4)
            return FALSE;
        text++;
    }
}

static gboolean
is_ipv6(const char *text)
{
    int n_groups = 0;
    gboolean has_gap = FALSE;

    if (text[0] == ':' && text[1] != ':')
        return FALSE;
    while (*text != '\0') {
        gsize n_digits = strspn(text, "0123456789abcdefABCDEF");

        if (text[0] == ':' && text[1] == ':') {
            if (has_gap)
                return FALSE;
            has_gap = TRUE;
            text += 2;
            continue;
        }
        if (text[0] == ':')
            n_digits = strspn(++text, "0123456789abcdefABCDEF");
        if (text[n_digits] == '.')
            return is_ipv4(text) && n_groups + 2 + (has_gap ? 1 : 0) <= 8 &&
                   (has_gap || n_groups == 6);
        if (n_digits == 0 || n_digits > 4)
            return FALSE;
        n_groups++;
        text += n_digits;
        if (*text != '\0' && *text != ':')
            return FALSE;
        if (*text == ':' && text[1] == '\0')
            return FALSE;
    }
    return has_gap ? n_groups < 8 : n_groups == 8;
}

gboolean
name_is_fine(NameRule rule, const char *text)
{
    static struct {
        const char *text; /* (interned) */
        guint rules;      /* a bit for each that it passes */
    } known[1024];
    const gsize slot = (GPOINTER_TO_SIZE(text) >> 4) % G_N_ELEMENTS(known);
    gboolean is_known = known[slot].text == text && (known[slot].rules >> rule & 1) != 0;
    StrList messages = {0};
    gboolean is_fine;

    if (is_known && !caches_are_checked())
        return TRUE;
    is_fine = name_check(rule, text, FALSE, &messages);
    g_free(messages.items);
    g_assert(is_fine || !is_known);
    if (is_fine) {
        known[slot].rules = (known[slot].text == text ? known[slot].rules : 0) | 1U << rule;
        known[slot].text = text;
    }
    return is_fine;
}

gboolean
name_is_ip(const char *text)
{
    if (str_is_empty(text))
        return FALSE;
    return strchr(text, ':') != NULL ? is_ipv6(text) : is_ipv4(text);
}
