#include "api/kinds/hooks.h"
void
service_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
service_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
endpoint_slice_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
endpoint_slice_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
