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

/* splitTerms: at commas that no backslash escapes. */
static GPtrArray *
split_terms(const char *text)
{
    GPtrArray *terms = g_ptr_array_new_with_free_func(g_free);
    const char *start = text;

    for (const char *at = text;; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == ',' || *at == '\0') {
            if (at > start)
                g_ptr_array_add(terms, g_strndup(start, (gsize)(at - start)));
            if (*at == '\0')
                return terms;
            start = at + 1;
        }
    }
}

/* splitTerm: at the first operator. */
static const char *
find_operator(const char *term, gsize *out_length, gboolean *out_is_not)
{
    for (const char *at = term; *at != '\0'; at++) {
        *out_is_not = g_str_has_prefix(at, "!=");
        if (*out_is_not || g_str_has_prefix(at, "==")) {
            *out_length = 2;
            return at;
        }
        if (*at == '=') {
            *out_length = 1;
            return at;
        }
    }
    return NULL;
}

/* UnescapeValue: a backslash stands before `\`, `,` and `=` and nothing else. */
static char *
unescape_value(const char *text, char **out_message)
{
    GString *value = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0' && strchr("\\,=", at[1]) != NULL) {
            g_string_append_c(value, *++at);
            continue;
        }
        if (*at == '\\')
            *out_message =
                g_strdup_printf("invalid field selector: invalid escape sequence: \\%c", at[1]);
        else if (*at == ',' || *at == '=')
            *out_message =
                g_strdup_printf("invalid field selector: unescaped character in value: %d", *at);
        if (*out_message != NULL) {
            g_string_free(value, TRUE);
            return NULL;
        }
        g_string_append_c(value, *at);
    }
    return g_string_free(value, FALSE);
}

FieldSelector *
field_selector_parse(const char *text, char **out_message)
{
    FieldSelector *selector = g_new0(FieldSelector, 1);
    g_autoptr(GPtrArray) terms = split_terms(text == NULL ? "" : text);
    g_autofree char *message = NULL;

    for (guint i = 0; i < terms->len && message == NULL; i++) {
        const char *term = g_ptr_array_index(terms, i);
        gsize length = 0;
        gboolean is_not = FALSE;
        const char *at = find_operator(term, &length, &is_not);
        g_autofree char *value = NULL;

        if (at == NULL) {
            message = g_strdup_printf("invalid selector: '%s'; can't understand '%s'", text, term);
            break;
        }
        value = unescape_value(at + length, &message);
        if (value == NULL)
            break;

        FieldTerm *added = API_LIST_ADD(&selector->terms);

        added->label = str_intern_len(term, (gsize)(at - term));
        added->value = str_intern(value);
        added->is_not = is_not;
    }
    if (message == NULL)
        return selector;
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

gboolean
field_selector_check(const FieldSelector *selector, const ApiKind *kind, char **out_message)
{
    /* What a kind knows does not depend on the object: ask an empty one. */
    g_autoptr(ApiObject) object = api_object_new(kind, NULL, NULL);

    for (guint i = 0; i < selector->terms.count; i++) {
        const char *label = selector->terms.items[i].label;

        if (select_field(object, label) != NULL)
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
