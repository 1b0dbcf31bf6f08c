/*
 * selector.h - label selectors (strings and LabelSelector objects), field selectors
 *
 * Models: apimachinery pkg/labels, pkg/fields v1.34, with their error texts.
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct Selector Selector;

/* selector_parse: a label selector string. NULL and the API's words in @out_message (owned) if bad. */
Selector *selector_parse(const char *text, char **out_message);
/* selector_from_label_selector: NULL @selector matches nothing, {} everything. (owned) */
Selector *selector_from_label_selector(const LabelSelector *selector);
/* selector_from_map: every pair must match; an empty map matches everything. (owned) */
Selector *selector_from_map(const StrMap *map);
void selector_free(Selector *selector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Selector, selector_free)
gboolean selector_matches(const Selector *selector, const StrMap *labels);
/* selector_format: canonical text. (interned) */
const char *selector_format(const Selector *selector);

/* label_selector_matches: without building a Selector. NULL matches nothing. */
gboolean label_selector_matches(const LabelSelector *selector, const StrMap *labels);

typedef struct FieldSelector FieldSelector;
FieldSelector *field_selector_parse(const char *text, char **out_message);
void field_selector_free(FieldSelector *selector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FieldSelector, field_selector_free)
/* field_selector_check: every label is known to @kind; else FALSE and the API's words (owned). */
gboolean field_selector_check(const FieldSelector *selector, const ApiKind *kind, char **out_message);
gboolean field_selector_matches(const FieldSelector *selector, const ApiObject *object);
/* field_selector_get_exact: the value demanded for @label by "=", or NULL. (interned) */
const char *field_selector_get_exact(const FieldSelector *selector, const char *label);
/* field_selector_is_only: it demands @label "=" something, and nothing else. */
gboolean field_selector_is_only(const FieldSelector *selector, const char *label);
