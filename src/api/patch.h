/*
 * patch.h - JSON patch, JSON merge patch, strategic merge patch, three-way apply
 *
 * Models: apiserver endpoints/handlers/patch.go, apimachinery strategicpatch v1.34.
 */
#pragma once

#include "api/status.h"

typedef enum { PATCH_JSON, PATCH_MERGE, PATCH_STRATEGIC, PATCH_APPLY } PatchType;

/*
 * patch_apply: @patch on the tree of @object. NULL and *out_status (owned) on
 * failure. The result is a new tree; decode it with api_object_decode. (owned)
 */
Value *patch_apply(PatchType type,
                   const ApiKind *kind,
                   const Value *object,
                   const Value *patch,
                   ApiStatus **out_status);

/*
 * patch_three_way: the strategic merge patch that kubectl apply sends:
 * deletions = in @original (last applied), not in @modified; changes =
 * @modified against @current. Empty map if nothing is to do. (owned)
 */
Value *patch_three_way(const ApiKind *kind,
                       const Value *original, /* may be NULL */
                       const Value *modified,
                       const Value *current);
/* patch_two_way: strategic patch that turns @from into @to. (owned) */
Value *patch_two_way(const ApiKind *kind, const Value *from, const Value *to);

/* patch_read: a patch as sent. NULL and *out_status (owned), with the answer for bad JSON. (owned) */
Value *patch_read(PatchType type, const char *text, gsize length, ApiStatus **out_status);
/*
 * patch_spent: what carrying out a strategic @patch on @object leaves of its document, which is what errors about the
 * outcome print. (owned)
 */
Value *patch_spent(const ApiKind *kind, const Value *object, const Value *patch);
/*
 * patch_status_bad_result: the answer when @patched cannot be decoded (@why is the type error, or with strict field
 * validation the unknown fields); a strategic merge shows @patch, which patch_spent made. (owned)
 */
ApiStatus *
patch_status_bad_result(PatchType type, const Value *patched, const Value *patch, const char *why);

/*
 * patch_unstructured_fault: why the outcome of a strategic merge patch, a document of @kind, is no such object, in the
 * words of the converter that upstream uses for it. Returns: (owned) NULL if it is one, but for unknown fields.
 */
char *patch_unstructured_fault(const ApiKind *kind, const Value *tree);
