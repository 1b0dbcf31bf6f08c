#include "api/kinds/hooks.h"
void
replica_set_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
replica_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
deployment_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
deployment_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
workload_warn(const ApiObject *object, GPtrArray *warnings)
{
    (void)object;
    (void)warnings;
}
