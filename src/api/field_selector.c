/*
 * field_selector.c - field selectors; see selector.h
 *
 * Models: apimachinery pkg/fields/selector.go (v1.34). Labels that every kind
 * has are answered here, the others by the kind's select_field.
 */

#include "api/kinds.h"
#include "api/selector.h"
#include "api/validate.h"

typedef struct {
    const char *label, *value;
    gboolean is_not;
} FieldTerm;

struct FieldSelector {
    API_LIST_OF(FieldTerm) terms;
};

/* splitTerms: the end of the term at @start, at a comma that no backslash escapes, or at the end. */
static const char *
find_end(const char *start)
{
    for (const char *at = start;; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        else if (*at == ',' || *at == '\0')
            return at;
    }
}

/* splitTerm: at the first operator. */
static const char *
find_operator(const char *term, const char *end, gsize *out_length, gboolean *out_is_not)
{
    for (const char *at = term; at < end; at++) {
        *out_is_not = *at == '!' && at + 1 < end && at[1] == '=';
        if (*at != '=' && !*out_is_not)
            continue;
        *out_length = *out_is_not || (at + 1 < end && at[1] == '=') ? 2 : 1;
        return at;
    }
    return NULL;
}

/* UnescapeValue: a backslash stands before `\`, `,` and `=` and nothing else. (interned) NULL: @out_message says why. */
static const char *
unescape_value(const char *text, const char *end, char **out_message)
{
    g_autoptr(GString) value = NULL;
    const char *at = text;

    while (at < end && *at != '\\' && *at != ',' && *at != '=')
        at++;
    if (at == end) /* nearly every value */
        return str_intern_len(text, (gsize)(end - text));
    value = g_string_new_len(text, at - text);
    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end && strchr("\\,=", at[1]) != NULL) {
            g_string_append_c(value, *++at);
            continue;
        }
        if (*at == '\\')
            *out_message = g_strdup_printf("invalid field selector: invalid escape sequence: \\%c", at + 1 < end ? at[1] : '\0');
        else if (*at == ',' || *at == '=')
            *out_message =
                g_strdup_printf("invalid field selector: unescaped character in value: %d", *at);
        if (*out_message != NULL)
            return NULL;
        g_string_append_c(value, *at);
    }
    return str_intern_len(value->str, value->len);
}

/* One term, from @term to @end, which is not empty. FALSE: @out_message says why. */
static gboolean
parse_term(FieldSelector *selector, const char *text, const char *term, const char *end, char **out_message)
{
    gsize length = 0;
    gboolean is_not = FALSE;
    const char *at = find_operator(term, end, &length, &is_not);
    const char *value;
    FieldTerm *added;

    if (at == NULL) {
        *out_message = g_strdup_printf("invalid selector: '%s'; can't understand '%.*s'", text, (int)(end - term), term);
        return FALSE;
    }
    value = unescape_value(at + length, end, out_message);
    if (value == NULL)
        return FALSE;
    added = API_LIST_ADD(&selector->terms);
    added->label = str_intern_len(term, (gsize)(at - term));
    added->value = value;
    added->is_not = is_not;
    return TRUE;
}

FieldSelector *
field_selector_parse(const char *text, char **out_message)
{
    FieldSelector *selector = g_new0(FieldSelector, 1);
    g_autofree char *message = NULL;
    const char *end;

    for (const char *start = text == NULL ? "" : text;; start = end + 1) {
        end = find_end(start);
        if (end > start && !parse_term(selector, text, start, end, &message))
            break;
        if (*end == '\0')
            return selector;
    }
    if (out_message != NULL)
        *out_message = g_steal_pointer(&message);
    field_selector_free(selector);
    return NULL;
}

void
field_selector_free(FieldSelector *selector)
{
    if (selector == NULL)
        return;
    g_free(selector->terms.items);
    g_free(selector);
}

/* NULL: the kind does not know @label. */
static const char *
select_field(const ApiObject *object, const char *label)
{
    if (label == str_intern("metadata.name"))
        return object->meta->name == NULL ? "" : object->meta->name;
    /* A kind with a conversion of its own knows no namespace unless it lies in one. */
    if (label == str_intern("metadata.namespace") && (object->kind->is_namespaced || object->kind->select_field == NULL))
        return object->meta->namespace_ == NULL ? "" : object->meta->namespace_;
    if (object->kind->select_field == NULL)
        return NULL;
    return object->kind->select_field(object, label);
}

/* pkg/apis/batch/v1, pkg/apis/core/v1 AddFieldLabelConversionFunc; apimachinery DefaultMetaV1FieldSelectorConversion */
static const char *
unknown_label(const ApiKind *kind, const char *label)
{
    if (kind == &job_kind)
        return str_internf("field label %s not supported for batchv1.Job", api_quote(label));
    if (kind->select_field != NULL)
        return str_internf("field label not supported: %s", label);
    return str_internf("\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", label);
}

/* What a kind knows does not depend on the object: an empty one is asked. Of a thousand kubelets each asks for the same. */
static gboolean
knows_label(const ApiKind *kind, const char *label)
{
    static struct {
        const ApiKind *kind;
        const char *label;
    } known; /* what was known last */
    g_autoptr(ApiObject) object = NULL;

    if (label == str_intern("metadata.name") || (known.kind == kind && known.label == label))
        return TRUE;
    object = api_object_new(kind, NULL, NULL);
    if (select_field(object, label) == NULL)
        return FALSE;
    known.kind = kind;
    known.label = label;
    return TRUE;
}

gboolean
field_selector_check(const FieldSelector *selector, const ApiKind *kind, char **out_message)
{
    for (guint i = 0; i < selector->terms.count; i++) {
        const char *label = selector->terms.items[i].label;

        if (knows_label(kind, label))
            continue;
        if (out_message != NULL)
            *out_message = g_strdup(unknown_label(kind, label));
        return FALSE;
    }
    return TRUE;
}

gboolean
field_selector_matches(const FieldSelector *selector, const ApiObject *object)
{
    for (guint i = 0; i < selector->terms.count; i++) {
        const FieldTerm *term = &selector->terms.items[i];
        const char *value = select_field(object, term->label);

        /* An absent field compares as "". */
        if (str_is(value == NULL ? "" : value, term->value) == term->is_not)
            return FALSE;
    }
    return TRUE;
}

const char *
field_selector_get_exact(const FieldSelector *selector, const char *label)
{
    for (guint i = 0; i < selector->terms.count; i++) {
        const FieldTerm *term = &selector->terms.items[i];

        if (!term->is_not && strcmp(term->label, label) == 0)
            return term->value;
    }
    return NULL;
}

gboolean
field_selector_is_only(const FieldSelector *selector, const char *label)
{
    return selector->terms.count == 1 && field_selector_get_exact(selector, label) != NULL;
}
