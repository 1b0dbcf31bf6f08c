/*
 * kinds/hooks.h - what the hooks of the kinds share with each other
 *
 * Only files of this folder include it. The public face is kinds.h.
 */
#pragma once

#include "api/kinds.h"
#include "api/validate.h"

static inline const char *
text_or_empty(const char *text)
{
    return text == NULL ? str_intern("") : text;
}

/* set_generation: that of @old, one more if @is_raised. */
void set_generation(ApiObject *object, const ApiObject *old, gboolean is_raised);

/* Defaults. pod_spec_set_defaults: what the table cannot say, for pods and templates. */
void pod_spec_set_defaults(PodSpec *spec);
void pod_set_defaults(ApiObject *pod);
void resource_map_set_defaults(QuantityMap *map);

/* Validation of parts; the errors' cursor stands on the part. */
void pod_validate(const ApiObject *pod, ApiErrors *errors);
void pod_validate_update(const ApiObject *pod, const ApiObject *old, ApiErrors *errors);
void pod_warn(const ApiObject *pod, GPtrArray *warnings);

void replica_set_validate(const ApiObject *object, ApiErrors *errors);
void replica_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void deployment_validate(const ApiObject *object, ApiErrors *errors);
void deployment_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void workload_warn(const ApiObject *object, GPtrArray *warnings);

void service_validate(const ApiObject *service, ApiErrors *errors);
void service_validate_update(const ApiObject *service, const ApiObject *old, ApiErrors *errors);
void endpoint_slice_validate(const ApiObject *slice, ApiErrors *errors);
void
endpoint_slice_validate_update(const ApiObject *slice, const ApiObject *old, ApiErrors *errors);

void node_set_defaults(ApiObject *node);
void node_validate(const ApiObject *node, ApiErrors *errors);
void node_validate_update(const ApiObject *node, const ApiObject *old, ApiErrors *errors);

void namespace_set_defaults(ApiObject *object);
void namespace_validate(const ApiObject *object, ApiErrors *errors);
void config_map_validate(const ApiObject *object, ApiErrors *errors);
void config_map_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void secret_set_defaults(ApiObject *object);
void secret_validate(const ApiObject *object, ApiErrors *errors);
void secret_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void priority_class_validate(const ApiObject *object, ApiErrors *errors);
void
priority_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
void lease_validate(const ApiObject *object, ApiErrors *errors);
void event_validate(const ApiObject *object, ApiErrors *errors);
