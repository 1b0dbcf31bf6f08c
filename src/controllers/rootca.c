#include "controllers/controllers.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/certificates/rootcacertpublisher/publisher.go */

#define CONFIG_MAP "kube-root-ca.crt"
#define DATA_KEY   "ca.crt"
#define ANNOTATION "kubernetes.io/description"
#define DESCRIPTION                                                                                \
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "      \
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "      \
    "guaranteed across distributions of Kubernetes clusters."

static gboolean
is_right(const ApiObject *map, const char *ca)
{
    const ConfigMapBody *body = map->body;

    return body->data.count == 1 && str_is(str_map_get(&body->data, DATA_KEY), ca) &&
           !str_is_empty(str_map_get(&map->meta->annotations, ANNOTATION));
}

static void
fill(ApiObject *map, const char *ca)
{
    ConfigMapBody *body = api_edit_body(map);

    str_map_set(&api_edit_meta(map)->annotations, str_intern(ANNOTATION), str_intern(DESCRIPTION));
    str_map_clear(&body->data);
    str_map_set(&body->data, str_intern(DATA_KEY), ca);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ApiObject *namespace_ = view_get(r->view, &namespace_kind, NULL, r->key);
    const char *ca = controllers_config_of(r->config)->root_ca;
    const char *name = str_intern(CONFIG_MAP);
    const ApiObject *present;
    ApiObject *map;
    PlanStep *step;

    if (namespace_ == NULL || !str_is(namespace_status(namespace_)->phase, "Active"))
        return;
    present = view_get(r->view, &config_map_kind, api_name(namespace_), name);
    if (present == NULL) {
        map = api_object_new(&config_map_kind, api_name(namespace_), name);
        fill(map, ca);
        step = plan_create(plan, map, "because every active namespace has one");
        step->ignore_terminating = TRUE;
        step->ignore_codes[0] = 404; /* the namespace is gone */
    } else if (!is_right(present, ca)) {
        map = api_object_copy(present);
        fill(map, ca);
        plan_update(plan, map, "because somebody changed it");
    }
}

static void
on_namespace(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    if (object != NULL && str_is(namespace_status(object)->phase, "Active"))
        controller_enqueue_object(controller, object);
}

static void
on_config_map(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *map = object != NULL ? object : old;

    if (old != NULL && str_is(api_name(map), CONFIG_MAP))
        controller_enqueue(controller, api_namespace(map));
}

static const ControllerSource sources[] = {
    {&namespace_kind, on_namespace},
    {&config_map_kind, on_config_map},
    {0},
};

const ControllerDef root_ca_controller = {
    .name = "root-ca-certificate-publisher",
    .component = "root-ca-cert-publisher",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
};
