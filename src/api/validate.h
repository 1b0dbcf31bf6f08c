/*
 * validate.h - field errors, in the API server's words and order
 *
 * Models: apimachinery pkg/util/validation/field v1.34 and pkg/apis/.../validation.
 * Errors come out in the order in which checks add them, which is upstream's, too.
 * A check without errors makes no text: paths are steps on a stack until then.
 */
#pragma once

#include "api/status.h"

typedef enum {
    FIELD_REQUIRED,
    FIELD_INVALID,
    FIELD_DUPLICATE,
    FIELD_NOT_FOUND,
    FIELD_NOT_SUPPORTED,
    FIELD_FORBIDDEN,
    FIELD_TOO_LONG,
    FIELD_TOO_MANY,
    FIELD_INTERNAL,
} FieldErrorType;

typedef struct {
    FieldErrorType type;
    const char *path, *value, *detail; /* interned; value as printed, NULL if none is */
} FieldError;

/* One element of the cursor's path. It becomes text only where there is an error. */
typedef struct {
    const char *text; /* (borrowed until the pop) name or key; NULL: an index */
    guint index;
    gboolean is_key;
} ApiPathStep;

#define API_PATH_MAX 32

struct ApiErrors {
    API_LIST_OF(FieldError) list;
    guint depth;
    guint profile; /* of the server that checks (profile.h); 34 unless it says so */
    ApiPathStep path[API_PATH_MAX]; /* see api_errors_push */
};

/* api_errors_new: none, the cursor at the root, the profile of 1.34. (owned) */
ApiErrors *api_errors_new(void);
void api_errors_free(ApiErrors *errors);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiErrors, api_errors_free)
/* api_errors_init, api_errors_clear: the same for one that stands on the stack: nearly all stay empty. */
static inline void
api_errors_init(ApiErrors *errors, guint profile)
{
    errors->list.items = NULL;
    errors->list.count = 0;
    errors->depth = 0;
    errors->profile = profile;
}
static inline void
api_errors_clear(ApiErrors *errors)
{
    if (errors->list.items != NULL)
        g_free(errors->list.items);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApiErrors, api_errors_clear)

/*
 * A cursor for the path: push "spec", push "containers", push_index 0 ... pop.
 * field_* add an error at cursor + @child (NULL: the cursor itself). What is
 * pushed must last until it is popped.
 */
void api_errors_push(ApiErrors *errors, const char *name);
void api_errors_push_index(ApiErrors *errors, guint index);
void api_errors_push_key(ApiErrors *errors, const char *key); /* [key] */
void api_errors_pop(ApiErrors *errors);
/* The shape of each is that of field.Required(), Invalid() ...; @detail NULL or "": none. Texts are interned here. */
COLD void field_required(ApiErrors *errors, const char *child, const char *detail);
COLD void field_invalid_string(ApiErrors *errors, const char *child, const char *value, const char *detail);
COLD void field_invalid_int(ApiErrors *errors, const char *child, gint64 value, const char *detail);
COLD void field_invalid_raw(ApiErrors *errors, const char *child, const char *printed, const char *detail);
COLD void field_duplicate(ApiErrors *errors, const char *child, const char *printed);
COLD void field_not_found(ApiErrors *errors, const char *child, const char *printed);
/* @supported: NULL-terminated, in the order printed. */
COLD void field_not_supported(ApiErrors *errors, const char *child, const char *value, const char *const *supported);
COLD void field_forbidden(ApiErrors *errors, const char *child, const char *detail);
COLD void field_too_long(ApiErrors *errors, const char *child, guint max_bytes);
COLD void field_too_many(ApiErrors *errors, const char *child, gint64 count, guint max_items);
COLD void field_internal(ApiErrors *errors, const char *child, const char *detail);
/* field_invalid_omitted: no value is printed. */
COLD void field_invalid_omitted(ApiErrors *errors, const char *child, const char *detail);
/* field_invalid_value: @value printed as JSON, NULL as null. */
COLD void field_invalid_value(ApiErrors *errors, const char *child, const Value *value, const char *detail);
/* field_invalid_name: one error for each message of name_check(). */
void field_invalid_name(ApiErrors *errors, const char *child, const char *value, const StrList *messages);

/* api_quote: as Go's %q. Returns: (interned) */
COLD const char *api_quote(const char *text);
/* field_error_body: "Invalid value: \"x\": must be ..."; field_error_text: with the path before it. (interned) */
COLD const char *field_error_body(const FieldError *error);
COLD const char *field_error_text(const FieldError *error);
/* api_errors_text: one as is, several "[a, b]", equal ones once. (owned) */
COLD char *api_errors_text(const ApiErrors *errors);

/* Rules of metadata that kinds use for other parts too (pod templates, node selectors); at the cursor. */
void api_validate_labels(ApiErrors *errors, const char *child, const StrMap *labels);
void api_validate_annotations(ApiErrors *errors, const char *child, const StrMap *annotations);

/* api_validate_create: metadata, then the kind's hook. (Object is defaulted.) */
void api_validate_create(const ApiObject *object, ApiErrors *errors);
/* api_validate_update: both are defaulted; @old is what is stored. */
void api_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
/* api_validate_status_update: of a write to the status subresource, which brings metadata too. */
void api_validate_status_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
/* api_default: table defaults, then the kind's hook. */
void api_default(ApiObject *object);
