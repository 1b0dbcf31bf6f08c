#include "controllers/controllers.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/serviceaccount/serviceaccounts_controller.go */

#define ACCOUNT "default"

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ApiObject *namespace_ = view_get(r->view, &namespace_kind, NULL, r->key);
    const char *name = str_intern(ACCOUNT);
    PlanStep *step;

    if (namespace_ == NULL || !str_is(namespace_status(namespace_)->phase, "Active") ||
        view_get(r->view, &service_account_kind, api_name(namespace_), name) != NULL)
        return;
    step = plan_create(plan, api_object_new(&service_account_kind, api_name(namespace_), name),
                       "because every active namespace has one");
    step->ignore_terminating = TRUE;
    step->ignore_codes[0] = 409;
}

static void
on_namespace(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    if (object != NULL)
        controller_enqueue_object(controller, object);
}

static void
on_account(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL)
        controller_enqueue(controller, api_namespace(old));
}

static const ControllerSource sources[] = {
    {&namespace_kind, on_namespace},
    {&service_account_kind, on_account},
    {0},
};

const ControllerDef service_account_controller = {
    .name = "serviceaccount",
    .component = "service-account-controller",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
};
