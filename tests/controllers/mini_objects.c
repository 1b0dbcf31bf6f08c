/* mini_objects.c - objects for tests of reconcilers; see mini.h */

#include "tests/controllers/mini.h"

#include <stdlib.h>
#include <string.h>

void
set_condition(ConditionList *list,
              const char *type,
              const char *status,
              const char *reason,
              gint64 wall_ns)
{
    Condition *condition = condition_edit(list, str_intern(type));

    condition->status = str_intern(status);
    condition->reason = str_intern(reason);
    condition->last_transition_time = api_time_seconds(wall_ns);
    condition->last_update_time = api_time_seconds(wall_ns);
}

static IntOrString
number_or_percent(int value)
{
    if (value >= 0)
        return (IntOrString){INT_OR_STRING_INT, value, NULL};
    return (IntOrString){INT_OR_STRING_STRING, 0, str_internf("%d%%", -value)};
}

static void
fill_template(PodTemplateSpec *template_, const char *app, const char *image)
{
    Container *container = API_LIST_ADD(&template_->spec.containers);

    str_map_set(&template_->metadata.labels, str_intern("app"), str_intern(app));
    container->name = str_intern("app");
    container->image = str_intern(image == NULL ? "app:1" : image);
    template_->spec.restart_policy = str_intern("Always");
}

ApiObject *
make_deployment(const DeploymentOptions *options)
{
    ApiObject *deployment =
        api_object_new(&deployment_kind, str_intern("default"), str_intern(options->name));
    DeploymentSpec *spec = api_edit_spec(deployment);

    spec->replicas = OPT_INT32(options->replicas);
    spec->selector = api_struct_new(&label_selector_type);
    str_map_set(&spec->selector->match_labels, str_intern("app"), str_intern(options->name));
    fill_template(&spec->template_, options->name, options->image);
    spec->strategy.type = str_intern(options->is_recreate ? "Recreate" : "RollingUpdate");
    if (!options->is_recreate) {
        spec->strategy.rolling_update = g_new0(RollingUpdateDeployment, 1);
        spec->strategy.rolling_update->max_surge = number_or_percent(options->surge);
        spec->strategy.rolling_update->max_unavailable = number_or_percent(options->unavailable);
    }
    spec->revision_history_limit = OPT_INT32(options->history == 0 ? 10 : options->history);
    if (options->deadline_s > 0)
        spec->progress_deadline_s = OPT_INT32(options->deadline_s);
    return deployment;
}

ApiObject *
make_set(const ApiObject *deployment,
         const char *name,
         const char *image,
         gint32 replicas,
         gint32 available,
         gint64 revision)
{
    const DeploymentSpec *from = deployment_spec(deployment);
    ApiObject *set = api_object_new(&replica_set_kind, str_intern("default"), str_intern(name));
    ObjectMeta *meta = api_edit_meta(set);
    ReplicaSetSpec *spec = api_edit_spec(set);
    ReplicaSetStatus *status = api_edit_status(set);

    fill_template(&spec->template_, api_name(deployment), image);
    str_map_set(&spec->template_.metadata.labels, str_intern("pod-template-hash"),
                str_intern(name));
    str_map_copy(&meta->labels, &spec->template_.metadata.labels);
    spec->selector = api_struct_new(&label_selector_type);
    str_map_copy(&spec->selector->match_labels, &meta->labels);
    spec->replicas = OPT_INT32(replicas);
    status->replicas = status->fully_labeled_replicas = replicas;
    status->ready_replicas = status->available_replicas = available;
    status->observed_generation = 1;
    api_set_controller(meta, deployment);
    if (revision != 0)
        str_map_set(&meta->annotations, str_intern("deployment.kubernetes.io/revision"),
                    str_internf("%d", (int)revision));
    str_map_set(&meta->annotations, str_intern("deployment.kubernetes.io/desired-replicas"),
                str_internf("%d", from->replicas.value));
    return set;
}

ApiObject *
make_pod(const ApiObject *owner,
         const char *name,
         const char *node,
         const char *phase,
         gboolean is_ready)
{
    ApiObject *pod = api_object_new(&pod_kind, str_intern("default"), str_intern(name));
    ObjectMeta *meta = api_edit_meta(pod);
    PodSpec *spec = api_edit_spec(pod);
    PodStatus *status = api_edit_status(pod);

    if (owner != NULL) {
        str_map_copy(&meta->labels, &replica_set_spec(owner)->template_.metadata.labels);
        api_set_controller(meta, owner);
    }
    spec->node_name = str_intern(node);
    spec->containers.items = NULL;
    status->phase = str_intern(phase);
    set_condition(&status->conditions, "Ready", is_ready ? "True" : "False", NULL, MINI_EPOCH);
    return pod;
}

ApiObject *
make_node(const char *name, const char *zone)
{
    ApiObject *node = api_object_new(&node_kind, NULL, str_intern(name));

    if (zone != NULL)
        str_map_set(&api_edit_meta(node)->labels, str_intern("topology.kubernetes.io/zone"),
                    str_intern(zone));
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "True",
                  "KubeletReady", MINI_EPOCH);
    return node;
}

ApiObject *
object_from_yaml_with_status(const ApiKind *kind, const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) trees = value_read_yaml(text, strlen(text), "test", diag);
    ApiDecodeResult result = {0};
    ApiObject *object = api_object_decode(kind, trees->pdata[0], &result);

    ck_assert_ptr_nonnull(object);
    ck_assert_msg(result.type_error == NULL && (result.unknown == NULL || result.unknown->len == 0), "%s", text);
    api_decode_result_clear(&result);
    api_edit_meta(object)->namespace_ = kind->is_namespaced ? str_intern("default") : NULL;
    return object;
}

ApiObject *
object_from_yaml(const ApiKind *kind, const char *text)
{
    ApiObject *object = object_from_yaml_with_status(kind, text);

    api_default(object);
    if (kind->begin != NULL)
        kind->begin(object, NULL);
    if (kind->prepare_create != NULL)
        kind->prepare_create(object);
    return object;
}
