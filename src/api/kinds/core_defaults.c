/* Defaults of the small kinds, and the generation rule that all kinds share. */
#include "api/kinds/hooks.h"

void
set_generation(ApiObject *object, const ApiObject *old, gboolean is_raised)
{
    api_edit_meta(object)->generation = old->meta->generation + (is_raised ? 1 : 0);
}

/* v1.34 pkg/apis/core/v1/defaults.go: SetDefaults_NodeStatus */
void
node_set_defaults(ApiObject *node)
{
    const NodeSpec *sent = node->spec;
    NodeStatus *status = api_edit_status(node);

    /* Convert_v1_NodeSpec_To_core_NodeSpec: the old field wins over the first of the new one. */
    if (sent != NULL && !str_is_empty(sent->pod_cidr) &&
        (sent->pod_cidrs.count == 0 || !str_is(sent->pod_cidrs.items[0], sent->pod_cidr))) {
        NodeSpec *spec = api_edit_spec(node);
        const char *cidr = spec->pod_cidr;

        spec->pod_cidrs.count = 0;
        str_list_add(&spec->pod_cidrs, cidr);
    }
    resource_map_set_defaults(&status->capacity);
    resource_map_set_defaults(&status->allocatable);
    if (status->allocatable.count > 0)
        return;
    for (guint i = 0; i < status->capacity.count; i++)
        quantity_map_set(&status->allocatable, status->capacity.items[i].key,
                         status->capacity.items[i].value);
}

/* SetDefaults_Namespace: nameless ones (generateName) get the label when they are named */
void
namespace_set_defaults(ApiObject *object)
{
    const char *key = str_intern("kubernetes.io/metadata.name");
    const char *name = object->meta->name;

    if (str_is_empty(name) || str_is(str_map_get(&object->meta->labels, key), name))
        return;
    str_map_set(&api_edit_meta(object)->labels, key, name);
}

/* v1.34 Convert_v1_Secret_To_core_Secret: stringData wins over data */
void
secret_set_defaults(ApiObject *object)
{
    const SecretBody *given = object->body;
    SecretBody *body;

    if (given->string_data.count == 0)
        return;
    body = api_edit_body(object);
    for (guint i = 0; i < body->string_data.count; i++) {
        const StrPair *pair = &body->string_data.items[i];
        g_autofree char *encoded = g_base64_encode((const guchar *)str_or_empty(pair->value),
                                                   strlen(str_or_empty(pair->value)));

        str_map_set(&body->data, pair->key, str_intern(encoded));
    }
    str_map_clear(&body->string_data);
}
