/* Checks of single values, as many kinds need them. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <arpa/inet.h>
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
        value_set(value, map->items[i].key, value_new_string(text_or_empty(map->items[i].value)));
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
    gboolean is_fine = name_check(rule, text_or_empty(text), FALSE, &messages);

    if (!is_fine)
        field_invalid_name(errors, child, text_or_empty(text), &messages);
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
    const char *operator_ = text_or_empty(requirement->operator_);

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

void
check_ip(ApiErrors *errors, const char *child, const char *text)
{
    if (!name_is_ip(text_or_empty(text)))
        field_invalid_string(errors, child, text_or_empty(text),
                             "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

/* ValidateNonSpecialIP, after the text itself */
void
check_plain_ip(ApiErrors *errors, const char *child, const char *ip)
{
    const char *why = NULL;

    if (!name_is_ip(ip))
        check_ip(errors, child, ip);
    else if (strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0)
        why = "may not be unspecified (0.0.0.0 or ::)";
    else if (g_str_has_prefix(ip, "127.") || strcmp(ip, "::1") == 0)
        why = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
    else if (g_str_has_prefix(ip, "169.254.") || g_ascii_strncasecmp(ip, "fe80:", 5) == 0)
        why = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
    else if (g_str_has_prefix(ip, "224.0.0.") || g_ascii_strncasecmp(ip, "ff02:", 5) == 0)
        why = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
    if (why != NULL)
        field_invalid_string(errors, child, ip, why);
}

gboolean
check_cidr(ApiErrors *errors, const char *child, const char *text)
{
    const char *slash = strchr(text, '/');
    g_autofree char *ip = slash == NULL ? NULL : g_strndup(text, (gsize)(slash - text));
    gint64 bits;

    if (slash != NULL && g_ascii_string_to_signed(slash + 1, 10, 0, 128, &bits, NULL) && name_is_ip(ip) &&
        (bits <= 32 || strchr(ip, ':') != NULL))
        return TRUE;
    field_invalid_string(errors, child, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    return FALSE;
}

typedef struct {
    guint8 bytes[16];
    guint bits, width; /* width: 32 or 128 */
} Range;

static Range
read_range(const char *text)
{
    const char *slash = strchr(text, '/');
    g_autofree char *ip = g_strndup(text, (gsize)(slash - text));
    Range range = {.bits = (guint)g_ascii_strtoull(slash + 1, NULL, 10)};

    range.width = strchr(ip, ':') != NULL ? 128 : 32;
    inet_pton(range.width == 128 ? AF_INET6 : AF_INET, ip, range.bytes);
    return range;
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
    Range a = read_range(outer);
    Range b = read_range(inner);
    gboolean is_smaller = b.bits > a.bits;

    if (a.width != b.width)
        return FALSE;
    mask_range(&a, a.bits);
    mask_range(&b, a.bits);
    return is_smaller && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

void
warn_cidr(GPtrArray *warnings, const char *path, const char *text)
{
    Range range = read_range(text);
    Range masked = range;
    char ip[INET_ADDRSTRLEN], network[INET_ADDRSTRLEN];

    mask_range(&masked, masked.bits);
    if (range.width != 32 || memcmp(range.bytes, masked.bytes, sizeof(range.bytes)) == 0)
        return;
    inet_ntop(AF_INET, range.bytes, ip, sizeof(ip));
    inet_ntop(AF_INET, masked.bytes, network, sizeof(network));
    g_ptr_array_add(warnings, g_strdup_printf("%s: CIDR value \"%s\" is ambiguous in this context (should be \"%s/%u\" or "
                                              "\"%s/32\"?)",
                                              path, text, network, range.bits, ip));
}

void
check_immutable(ApiErrors *errors, const char *child, const char *text, const char *old)
{
    if (!str_is(text_or_empty(text), text_or_empty(old)))
        field_invalid_string(errors, child, text_or_empty(text), "field is immutable");
}
