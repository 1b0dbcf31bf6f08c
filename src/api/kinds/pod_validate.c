#include "api/kinds/hooks.h"
void
pod_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
pod_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
pod_warn(const ApiObject *object, GPtrArray *warnings)
{
    (void)object;
    (void)warnings;
}
