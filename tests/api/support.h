/*
 * support.h - what the tests of api/ share: objects from text, a create and an
 * update as the API server does them, less storage and admission
 */
#pragma once

#include "api/gates.h"

#include "api/kinds.h"
#include "api/patch.h"
#include "api/validate.h"

/* support_parse: @text is JSON; asserts that it is. (owned) */
Value *support_parse(const char *text);
/* support_yaml: the first document. (owned) */
Value *support_yaml(const char *text);
/* support_object: decoded from YAML, not defaulted; asserts that it decodes. (owned) */
ApiObject *support_object(const char *yaml);

typedef struct {
    ApiObject *object; /* (owned) NULL if refused */
    ApiStatus *status; /* (owned) NULL if accepted */
    GPtrArray *warnings; /* (owned) char* (owned) */
} SupportAnswer;

/* support_create: decode, default, prepare, validate. */
SupportAnswer support_create(const ApiKind *kind, const Value *value);
/* support_update: the same over @old. */
SupportAnswer support_update(const Value *value, const ApiObject *old);
/* support_finish_update: an object already decoded (taken). */
SupportAnswer support_finish_update(ApiObject *object, const ApiObject *old);
void support_answer_clear(SupportAnswer *answer);

/* support_records: the lines of tests/api/data/@name. (owned) of Value* (owned) */
GPtrArray *support_records(const char *name);
