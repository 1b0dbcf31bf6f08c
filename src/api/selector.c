/*
 * selector.c - label selectors; see selector.h
 *
 * Models: apimachinery pkg/labels/selector.go (v1.34): made from objects, matched,
 * written. Strings are read in selector_parse.c.
 */

#include "api/selector_internal.h"

void
selector_free(Selector *selector)
{
    if (selector == NULL)
        return;
    for (guint i = 0; i < selector->requirements.count; i++)
        g_free(selector->requirements.items[i].values.items);
    g_free(selector->requirements.items);
    g_free(selector);
}

/* --- from objects ----------------------------------------------------------------------------- */

static void
selector_add_pairs(Selector *selector, const StrMap *map, SelectorOperator operator_)
{
    for (guint i = 0; i < map->count; i++) {
        Requirement *requirement = API_LIST_ADD(&selector->requirements);

        requirement->key = map->items[i].key;
        requirement->operator_ = operator_;
        str_list_add(&requirement->values, map->items[i].value);
    }
}

Selector *
selector_from_map(const StrMap *map)
{
    Selector *selector = g_new0(Selector, 1);

    selector_add_pairs(selector, map, OPERATOR_EQUALS);
    return selector;
}

/* In, NotIn, Exists, DoesNotExist; FALSE for anything else. */
static gboolean
operator_of(const char *word, SelectorOperator *out_operator)
{
    static const struct {
        const char *word;
        SelectorOperator operator_;
    } words[] = {
        {"In", OPERATOR_IN},
        {"NotIn", OPERATOR_NOT_IN},
        {"Exists", OPERATOR_EXISTS},
        {"DoesNotExist", OPERATOR_NOT_EXISTS},
    };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (str_is(words[i].word, word)) {
            *out_operator = words[i].operator_;
            return TRUE;
        }
    }
    return FALSE;
}

Selector *
selector_from_label_selector(const LabelSelector *label_selector)
{
    Selector *selector = g_new0(Selector, 1);

    if (label_selector == NULL) {
        selector->is_nothing = TRUE;
        return selector;
    }
    selector_add_pairs(selector, &label_selector->match_labels, OPERATOR_EQUALS);
    for (guint i = 0; i < label_selector->match_expressions.count; i++) {
        const LabelSelectorRequirement *from = &label_selector->match_expressions.items[i];
        SelectorOperator operator_;

        /* Validation refuses other operators; one that slipped through matches nothing. */
        if (!operator_of(from->operator_, &operator_)) {
            selector->is_nothing = TRUE;
            continue;
        }

        Requirement *requirement = API_LIST_ADD(&selector->requirements);

        requirement->key = from->key;
        requirement->operator_ = operator_;
        for (guint j = 0; j < from->values.count; j++)
            selector_values_add(&requirement->values, from->values.items[j]);
        selector_values_sort(&requirement->values);
    }
    selector_sort(selector);
    return selector;
}

/* --- matching ---------------------------------------------------------------------------------- */

static gboolean
requirement_compares(const Requirement *requirement, const char *value)
{
    gint64 left;
    gint64 right;

    if (value == NULL ||
        !g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &left, NULL) ||
        !g_ascii_string_to_signed(requirement->values.items[0], 10, G_MININT64, G_MAXINT64, &right,
                                  NULL))
        return FALSE;
    return requirement->operator_ == OPERATOR_GREATER ? left > right : left < right;
}

static gboolean
operator_matches(SelectorOperator operator_, const StrList *values, const char *value)
{
    switch (operator_) {
    case OPERATOR_EQUALS:
    case OPERATOR_DOUBLE_EQUALS:
    case OPERATOR_IN:
        return value != NULL && str_list_contains(values, value);
    case OPERATOR_NOT_EQUALS:
    case OPERATOR_NOT_IN:
        return value == NULL || !str_list_contains(values, value);
    case OPERATOR_EXISTS:
        return value != NULL;
    case OPERATOR_NOT_EXISTS:
        return value == NULL;
    default:
        return FALSE;
    }
}

gboolean
selector_matches(const Selector *selector, const StrMap *labels)
{
    if (selector->is_nothing)
        return FALSE;
    for (guint i = 0; i < selector->requirements.count; i++) {
        const Requirement *requirement = &selector->requirements.items[i];
        const char *value = str_map_get(labels, requirement->key);
        gboolean is_order =
            requirement->operator_ == OPERATOR_GREATER || requirement->operator_ == OPERATOR_LESS;

        if (is_order ? !requirement_compares(requirement, value)
                     : !operator_matches(requirement->operator_, &requirement->values, value))
            return FALSE;
    }
    return TRUE;
}

gboolean
label_selector_matches(const LabelSelector *selector, const StrMap *labels)
{
    if (selector == NULL || !str_map_contains_all(labels, &selector->match_labels))
        return FALSE;
    for (guint i = 0; i < selector->match_expressions.count; i++) {
        const LabelSelectorRequirement *requirement = &selector->match_expressions.items[i];
        SelectorOperator operator_;

        if (!operator_of(requirement->operator_, &operator_) ||
            !operator_matches(operator_, &requirement->values,
                              str_map_get(labels, requirement->key)))
            return FALSE;
    }
    return TRUE;
}

/* --- text --------------------------------------------------------------------------------------- */

static void
requirement_format(GString *text, const Requirement *requirement)
{
    static const char *const signs[] = {
        [OPERATOR_EQUALS] = "=",      [OPERATOR_DOUBLE_EQUALS] = "==", [OPERATOR_IN] = " in ",
        [OPERATOR_NOT_EQUALS] = "!=", [OPERATOR_NOT_IN] = " notin ",   [OPERATOR_EXISTS] = "",
        [OPERATOR_NOT_EXISTS] = "",   [OPERATOR_GREATER] = ">",        [OPERATOR_LESS] = "<",
    };
    gboolean is_set =
        requirement->operator_ == OPERATOR_IN || requirement->operator_ == OPERATOR_NOT_IN;

    if (requirement->operator_ == OPERATOR_NOT_EXISTS)
        g_string_append_c(text, '!');
    g_string_append(text, requirement->key);
    g_string_append(text, signs[requirement->operator_]);
    g_string_append(text, is_set ? "(" : "");
    for (guint i = 0; i < requirement->values.count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", requirement->values.items[i]);
    g_string_append(text, is_set ? ")" : "");
}

const char *
selector_format(const Selector *selector)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < selector->requirements.count; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        requirement_format(text, &selector->requirements.items[i]);
    }
    return str_intern_len(text->str, text->len);
}
