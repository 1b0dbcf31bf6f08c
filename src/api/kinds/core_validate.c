#include "api/kinds/hooks.h"
void
node_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
node_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
namespace_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
config_map_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
config_map_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
secret_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
secret_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
priority_class_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
priority_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)object;
    (void)old;
    (void)errors;
}
void
lease_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
void
event_validate(const ApiObject *object, ApiErrors *errors)
{
    (void)object;
    (void)errors;
}
