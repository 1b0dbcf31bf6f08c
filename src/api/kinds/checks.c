/* Checks of single values, as many kinds need them. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* --- printing ------------------------------------------------------------------------------ */

static const char *
print_value(Value *value)
{
    g_autofree char *text = value_to_json(value, VALUE_COMPACT);

    value_free(value);
    return str_intern(text);
}

const char *
print_struct(const ApiType *type, gconstpointer data)
{
    return print_value(api_struct_encode(type, data));
}

const char *
print_str_map(const StrMap *map)
{
    Value *value;

    if (map->count == 0)
        return str_intern("null");
    value = value_new_map();
    for (guint i = 0; i < map->count; i++)
        value_set(value, map->items[i].key, value_new_string(str_or_empty(map->items[i].value)));
    return print_value(value);
}

const char *
print_str_list(const StrList *list)
{
    Value *value;

    if (list->count == 0)
        return str_intern("null");
    value = value_new_list();
    for (guint i = 0; i < list->count; i++)
        value_append(value, value_new_string(list->items[i]));
    return print_value(value);
}

/* --- errors -------------------------------------------------------------------------------- */

/* field_not_supported() quotes its value; this one takes it as printed. */
void
field_not_supported_raw(ApiErrors *errors,
                        const char *child,
                        const char *printed,
                        const char *const *supported)
{
    field_not_supported(errors, child, "", supported);
    errors->list.items[errors->list.count - 1].value = str_intern(printed);
}

/* --- checks -------------------------------------------------------------------------------- */

gboolean
check_name(ApiErrors *errors, const char *child, NameRule rule, const char *text)
{
    StrList messages = {0};
    gboolean is_fine = name_check(rule, str_or_empty(text), FALSE, &messages);

    if (!is_fine)
        field_invalid_name(errors, child, str_or_empty(text), &messages);
    g_free(messages.items);
    return is_fine;
}

gboolean
check_not_negative(ApiErrors *errors, const char *child, gint64 value)
{
    if (value >= 0)
        return TRUE;
    field_invalid_int(errors, child, value, "must be greater than or equal to 0");
    return FALSE;
}

gboolean
check_port_number(ApiErrors *errors, const char *child, gint64 port)
{
    if (port >= 1 && port <= 65535)
        return TRUE;
    field_invalid_int(errors, child, port, "must be between 1 and 65535, inclusive");
    return FALSE;
}

gboolean
check_port_number_or_name(ApiErrors *errors, const char *child, const IntOrString *port)
{
    if (port->type == INT_OR_STRING_STRING)
        return check_name(errors, child, NAME_PORT, port->string);
    return check_port_number(errors, child, port->type == INT_OR_STRING_INT ? port->integer : 0);
}

gboolean
check_one_of(ApiErrors *errors, const char *child, const char *text, const char *const *supported)
{
    if (str_is_empty(text)) {
        field_required(errors, child, NULL);
        return FALSE;
    }
    for (guint i = 0; supported[i] != NULL; i++) {
        if (strcmp(text, supported[i]) == 0)
            return TRUE;
    }
    field_not_supported(errors, child, text, supported);
    return FALSE;
}

/* v1.34 apimachinery validation: ValidateLabelSelectorRequirement */
static void
check_label_requirement(ApiErrors *errors, const LabelSelectorRequirement *requirement)
{
    const char *operator_ = str_or_empty(requirement->operator_);

    if (str_is(operator_, "In") || str_is(operator_, "NotIn")) {
        if (requirement->values.count == 0)
            field_required(errors, "values",
                           "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (str_is(operator_, "Exists") || str_is(operator_, "DoesNotExist")) {
        if (requirement->values.count > 0)
            field_forbidden(errors, "values",
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else {
        field_invalid_string(errors, "operator", operator_, "not a valid selector operator");
    }
    check_name(errors, "key", NAME_QUALIFIED, requirement->key);
    for (guint i = 0; i < requirement->values.count; i++)
        check_name(errors, str_internf("values[%u]", i), NAME_LABEL_VALUE,
                   requirement->values.items[i]);
}

void
check_label_selector(ApiErrors *errors, const char *child, const LabelSelector *selector)
{
    if (selector == NULL)
        return;
    if (child != NULL)
        api_errors_push(errors, child);
    api_validate_labels(errors, "matchLabels", &selector->match_labels);
    api_errors_push(errors, "matchExpressions");
    for (guint i = 0; i < selector->match_expressions.count; i++) {
        api_errors_push_index(errors, i);
        check_label_requirement(errors, &selector->match_expressions.items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    if (child != NULL)
        api_errors_pop(errors);
}

gboolean
label_selector_is_convertible(const LabelSelector *selector)
{
    g_autoptr(ApiErrors) errors = api_errors_new();

    check_label_selector(errors, NULL, selector);
    return errors->list.count == 0;
}

gboolean
check_ip(ApiErrors *errors, const char *child, const char *text)
{
    if (name_is_ip(str_or_empty(text)))
        return TRUE;
    field_invalid_string(errors, child, str_or_empty(text),
                         "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    return FALSE;
}

/* --- addresses ------------------------------------------------------------------------------ */

typedef struct {
    guint8 bytes[16];
    guint bits, width; /* width: 32 or 128 */
} Range;

/* @text: four numbers with dots, seen to be that. */
static void
read_ipv4(const char *text, guint8 *out)
{
    for (guint i = 0; i < 4; i++, text++) {
        guint number = 0;

        for (; g_ascii_isdigit(*text); text++)
            number = number * 10 + (guint)(*text - '0');
        out[i] = (guint8)number;
    }
}

/* As net.ParseIP reads it, with leading zeros (ParseIPSloppy): an IPv4 address in IPv6 form counts as IPv4. */
static gboolean
read_ip(const char *text, Range *out)
{
    static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};

    *out = (Range){.width = 128};
    if (!name_is_ip(str_or_empty(text)))
        return FALSE;
    if (strchr(text, ':') == NULL) {
        out->width = 32;
        read_ipv4(text, out->bytes);
    } else if (inet_pton(AF_INET6, text, out->bytes) == 1 && memcmp(out->bytes, mapped, 12) == 0) {
        memmove(out->bytes, out->bytes + 12, 4);
        memset(out->bytes + 4, 0, 12);
        out->width = 32;
    }
    out->bits = out->width;
    return TRUE;
}

/* Its usual form. */
static const char *
print_ip(const Range *range)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(range->width == 32 ? AF_INET : AF_INET6, range->bytes, text, sizeof(text));
    return str_intern(text);
}

static const char *
special_range(const Range *ip)
{
    const guint8 *at = ip->bytes;
    gboolean is_v4 = ip->width == 32;
    static const guint8 zero[16], one[16] = {[15] = 1};

    if (is_v4 ? at[0] == 127 : memcmp(at, one, 16) == 0)
        return "may not be in the loopback range (127.0.0.0/8, ::1/128)";
    if (is_v4 ? at[0] == 169 && at[1] == 254 : at[0] == 0xfe && (at[1] & 0xc0) == 0x80)
        return "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
    if (is_v4 ? at[0] == 224 && at[1] == 0 && at[2] == 0 : at[0] == 0xff && (at[1] & 0x0f) == 2)
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
    return memcmp(at, zero, is_v4 ? 4 : 16) == 0 ? "may not be unspecified (%s)" : NULL;
}

void
check_plain_ip(ApiErrors *errors, const char *child, const char *ip)
{
    Range range;
    const char *why = read_ip(ip, &range) ? special_range(&range) : "must be a valid IP address";

    if (why != NULL && strchr(why, '%') != NULL)
        why = str_internf("may not be unspecified (%s)", ip);
    if (why != NULL)
        field_invalid_string(errors, child, str_or_empty(ip), why);
}

/* ParseCIDRSloppy */
static gboolean
read_range(const char *text, Range *out)
{
    const char *slash = strchr(text, '/');
    g_autofree char *ip = slash == NULL ? NULL : g_strndup(text, (gsize)(slash - text));
    guint64 bits;

    if (slash == NULL || !read_ip(str_intern(ip), out) || !g_ascii_string_to_unsigned(slash + 1, 10, 0, 128, &bits, NULL))
        return FALSE;
    /* A mapped address has the mask of its long form. */
    if (strchr(ip, ':') != NULL && out->width == 32)
        bits = bits < 96 ? G_MAXUINT : bits - 96;
    out->bits = (guint)bits;
    return out->bits <= out->width;
}

gboolean
check_cidr(ApiErrors *errors, const char *child, const char *text)
{
    Range range;

    if (read_range(text, &range))
        return TRUE;
    field_invalid_string(errors, child, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    return FALSE;
}

static void
mask_range(Range *range, guint bits)
{
    for (guint i = bits; i < range->width; i++)
        range->bytes[i / 8] &= (guint8)~(0x80 >> i % 8);
}

gboolean
cidr_contains(const char *outer, const char *inner)
{
    Range a, b;
    gboolean is_smaller;

    if (!read_range(outer, &a) || !read_range(inner, &b) || a.width != b.width)
        return FALSE;
    is_smaller = b.bits > a.bits;
    mask_range(&a, a.bits);
    mask_range(&b, a.bits);
    return is_smaller && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

/* Leading zeros, or IPv4 in IPv6 form: what net/netip does not take. */
static gboolean
is_standard(const char *text, const Range *range, const char *usual)
{
    return range->width == 128 || strcmp(text, usual) == 0;
}

/* Reads four numbers without leading zeros with dots between. Returns: what follows; NULL: it is no such text. */
static const char *
read_usual(const char *text, guint32 *out_address)
{
    *out_address = 0;
    for (guint i = 0; text != NULL && i < 4; i++) {
        guint number = 0, digits = 0;

        for (; g_ascii_isdigit(*text) && digits < 4; text++, digits++)
            number = number * 10 + (guint)(*text - '0');
        if (digits == 0 || number > 255 || (digits > 1 && text[-(gssize)digits] == '0'))
            return NULL;
        *out_address = *out_address << 8 | number;
        if (i < 3 && *text++ != '.')
            return NULL;
    }
    return text;
}

gboolean
ip_is_usual(const char *text)
{
    guint32 address;

    text = read_usual(text, &address);
    return text != NULL && *text == '\0';
}

gboolean
cidr_is_usual(const char *text)
{
    guint32 address;
    guint bits = 0;

    text = read_usual(text, &address);
    if (text == NULL || text[0] != '/' || !g_ascii_isdigit(text[1]) || (text[1] == '0' && text[2] != '\0'))
        return FALSE;
    for (text++; g_ascii_isdigit(*text) && bits <= 32; text++)
        bits = bits * 10 + (guint)(*text - '0');
    return *text == '\0' && bits <= 32 && (guint64)address << bits << 32 == 0;
}

void
warn_ip(GPtrArray *warnings, const char *path, const char *text)
{
    const char *usual;
    Range range;

    if (!read_ip(text, &range))
        return;
    usual = print_ip(&range);
    if (!is_standard(text, &range, usual))
        g_ptr_array_add(warnings, g_strdup_printf("%s: non-standard IP address \"%s\" will be considered invalid in a future "
                                                  "Kubernetes release: use \"%s\"",
                                                  path, text, usual));
    else if (strcmp(text, usual) != 0)
        g_ptr_array_add(warnings, g_strdup_printf("%s: IPv6 address \"%s\" should be in RFC 5952 canonical format (\"%s\")",
                                                  path, text, usual));
}

void
warn_cidr(GPtrArray *warnings, const char *path, const char *text)
{
    const char *ip, *network, *sent;
    Range range, masked;

    if (!read_range(text, &range))
        return;
    masked = range;
    mask_range(&masked, masked.bits);
    ip = print_ip(&range);
    network = str_internf("%s/%u", print_ip(&masked), masked.bits);
    sent = str_internf("%s/%u", ip, range.bits);
    if (memcmp(range.bytes, masked.bytes, sizeof(range.bytes)) != 0)
        g_ptr_array_add(warnings, g_strdup_printf("%s: CIDR value \"%s\" is ambiguous in this context (should be \"%s\" or "
                                                  "\"%s/%u\"?)",
                                                  path, text, network, ip, range.width));
    if (!is_standard(text, &range, sent))
        g_ptr_array_add(warnings, g_strdup_printf("%s: non-standard CIDR value \"%s\" will be considered invalid in a future "
                                                  "Kubernetes release: use \"%s\"",
                                                  path, text, network));
    else if (strcmp(text, sent) != 0)
        g_ptr_array_add(warnings, g_strdup_printf("%s: IPv6 CIDR value \"%s\" should be in RFC 5952 canonical format (\"%s\")",
                                                  path, text, sent));
}

void
check_immutable(ApiErrors *errors, const char *child, const char *text, const char *old)
{
    if (!str_is(str_or_empty(text), str_or_empty(old)))
        field_invalid_string(errors, child, str_or_empty(text), "field is immutable");
}
