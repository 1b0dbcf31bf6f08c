/*
 * patch_rules.h - what the files of patching share, and field_walk.c; only they include it
 *
 * A place in the tree knows its table row, so that lists merge by the key that
 * the type says. Parts without a table (raw) merge maps and replace lists.
 */
#pragma once

#include "api/patch.h"

typedef struct {
    const ApiKind *kind; /* at the root only */
    const ApiType *type; /* NULL: nothing is known */
} PatchSchema;

typedef struct {
    PatchSchema inner; /* of the value, or of the list's elements */
    ApiMergeStrategy merge;
    const char *merge_key; /* NULL: scalars, or nothing known */
} PatchRule;

PatchRule patch_rule(PatchSchema schema, const char *key);
/* patch_rule_merges: lists at this place are merged, not replaced. */
gboolean patch_rule_merges(const PatchRule *rule);

#define PATCH_DIRECTIVE       "$patch"
#define PATCH_RETAIN_KEYS     "$retainKeys"
#define PATCH_SET_ORDER       "$setElementOrder"
#define PATCH_DELETE_ELEMENTS "$deleteFromPrimitiveList"

typedef struct {
    /* TRUE: apply to an object. FALSE: add the changes to a patch (three-way). */
    gboolean is_final;
    ApiStatus *failure; /* (owned) first error */
} PatchMerge;

/* patch_merge_map: @patch (consumed) into @original (changed in place). FALSE: see merge->failure. */
gboolean patch_merge_map(PatchMerge *merge, PatchSchema schema, Value **original, Value *patch);

/* patch_sort_elements: those whose merge key (or value, if NULL) stands in @order, in its order, stable. */
void patch_sort_elements(Value *list, const Value *order, const char *merge_key);
/* patch_find_element: first element with the merge key (or value) of @item; -1 if none. */
int patch_find_element(const Value *list, const Value *item, const char *merge_key);

/* patch_go_word: what Go calls a JSON value of that sort. */
const char *patch_go_word(const Value *value);
Value *patch_apply_json(const Value *object, const Value *patch, ApiStatus **out_status);
Value *patch_apply_merge(const Value *object, const Value *patch);

/*
 * How a merge fails: the first failure stays. FALSE, for the caller to return. _format: 400; _content: 422 without a word;
 * the others are texts that the server passes on: 500.
 */
gboolean patch_fail_format(PatchMerge *merge, const char *message);
gboolean patch_fail_content(PatchMerge *merge);
gboolean patch_fail_text(PatchMerge *merge, const char *message);
gboolean patch_fail_no_key(PatchMerge *merge, const Value *element, const char *merge_key);
gboolean patch_fail_directive(PatchMerge *merge, const Value *directive, const Value *map);
gboolean patch_fail_type(PatchMerge *merge, const char *wanted, const Value *value);
gboolean patch_fail_not_list(PatchMerge *merge, const Value *value);
