/*
 * The cache kept up to date says the same as one made from scratch: random
 * nodes, pods, updates, assumptions; then the same attempts on both.
 */

#include "scheduler/attempt.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *cache_suite(void);

#define N_NODES 12
#define N_PODS  60
#define N_STEPS 1500

typedef struct {
    SchedCache *cache;
    ApiObject *nodes[N_NODES]; /* (owned) NULL: absent */
    ApiObject *pods[N_PODS];   /* (owned) bound, as the cache should see them; NULL: absent */
    Rng rng;
} Model;

static const char *const shapes[] = {
    "'containers':[{'name':'c','image':'small','resources':{'requests':{'cpu':'500m','memory':'1Gi'"
    "}}}]",
    "'containers':[{'name':'c','image':'large:1','ports':[{'hostPort':80}],'resources':{'requests':"
    "{'cpu':'100m'}}}]",
    "'containers':[{'name':'c'}],'topologySpreadConstraints':[{'maxSkew':2,'topologyKey':'zone','"
    "whenUnsatisfiable':'DoNotSchedule',"
    "'labelSelector':{'matchLabels':{'app':'a'}}},{'maxSkew':1,'topologyKey':'kubernetes.io/"
    "hostname','whenUnsatisfiable':'ScheduleAnyway',"
    "'labelSelector':{'matchLabels':{'app':'b'}}},{'maxSkew':1,'topologyKey':'zone','"
    "whenUnsatisfiable':'ScheduleAnyway',"
    "'labelSelector':{'matchLabels':{'app':'b'}}}]",
    "'containers':[{'name':'c'}],'affinity':{'podAntiAffinity':{'"
    "requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':"
    "'kubernetes.io/"
    "hostname','labelSelector':{'matchLabels':{'app':'c'}}}],'"
    "preferredDuringSchedulingIgnoredDuringExecution':[{'weight':7,"
    "'podAffinityTerm':{'topologyKey':'zone','labelSelector':{'matchLabels':{'app':'a'}}}}]}}",
    "'containers':[{'name':'c','resources':{'requests':{'cpu':'1','example.com/"
    "gpu':'1'}}}],'nodeSelector':{'disk':'ssd'}",
    "'containers':[{'name':'c'}],'tolerations':[{'key':'soft','operator':'Exists'}]",
};
static const char *const apps[] = {"a", "b", "c"};

static guint
draw(Model *model, guint below)
{
    return (guint)rng_below(&model->rng, below);
}

static ApiObject *
random_node(Model *model, guint index)
{
    static const char *const taints[] = {"",
                                         "'taints':[{'key':'soft','effect':'PreferNoSchedule'}]",
                                         "'taints':[{'key':'hard','effect':'NoSchedule'}]",
                                         "'unschedulable':true"};
    static const char *const images[] =
        {"", ",'images':[{'names':['small:latest'],'sizeBytes':400000000}]",
         ",'images':[{'names':['large:1','large:2'],'sizeBytes':900000000}]"};
    static const char *const zones[] = {"", ",'zone':'x'", ",'zone':'y'", ",'zone':'z'"};
    g_autofree char *json =
        g_strdup_printf("{'kind':'Node','metadata':{'name':'n%u','labels':{'kubernetes.io/"
                        "hostname':'n%u','disk':'%s'%s}},'spec':{%s},"
                        "'status':{'allocatable':{'cpu':'%u','memory':'16Gi','pods':'%u','example."
                        "com/gpu':'2'}%s}}",
                        index, index, draw(model, 2) == 0 ? "ssd" : "hdd", zones[draw(model, 4)],
                        taints[draw(model, 4)], 2 + draw(model, 6), 3 + draw(model, 20),
                        images[draw(model, 3)]);

    return make_object(json);
}

static ApiObject *
random_pod(Model *model, guint index, const char *node)
{
    g_autofree char *bound = node == NULL ? NULL : g_strdup_printf(",'nodeName':'%s'", node);
    g_autofree char *json =
        g_strdup_printf("{'kind':'Pod','metadata':{'name':'p%u','namespace':'default','labels':{'"
                        "app':'%s'}%s},'spec':{%s%s}}",
                        index, apps[draw(model, 3)],
                        draw(model, 6) == 0 ? ",'deletionTimestamp':'2026-01-01T00:00:00Z'" : "",
                        shapes[draw(model, G_N_ELEMENTS(shapes))], bound == NULL ? "" : bound);

    return make_object(json);
}

static void
step_node(Model *model)
{
    guint index = draw(model, N_NODES);
    ApiObject **node = &model->nodes[index];

    if (*node != NULL && draw(model, 3) == 0) {
        sched_cache_remove_node(model->cache, api_name(*node));
        g_clear_pointer(node, api_object_unref);
        return;
    }
    api_object_unref(*node);
    *node = random_node(model, index);
    sched_cache_set_node(model->cache, *node);
}

static void
step_pod(Model *model)
{
    guint index = draw(model, N_PODS);
    ApiObject **pod = &model->pods[index];
    g_autofree char *node = g_strdup_printf("n%u", draw(model, N_NODES));

    if (*pod != NULL && draw(model, 2) == 0) {
        sched_cache_remove_pod(model->cache, api_key(*pod));
        g_clear_pointer(pod, api_object_unref);
    } else if (*pod != NULL) {
        ApiObject *changed = random_pod(model, index, pod_spec(*pod)->node_name);

        api_object_unref(*pod);
        *pod = changed;
        sched_cache_set_pod(model->cache, changed);
    } else {
        *pod = random_pod(model, index, node);
        if (draw(model, 2) == 0) {
            g_autoptr(ApiObject) waiting = api_object_copy(*pod);

            ((PodSpec *)api_edit_spec(waiting))->node_name = NULL;
            sched_cache_assume(model->cache, waiting, str_intern(node));
            if (draw(model, 2) == 0) {
                sched_cache_forget(model->cache, api_key(waiting));
                g_clear_pointer(pod, api_object_unref);
                return;
            }
        }
        sched_cache_set_pod(model->cache, *pod);
    }
}

static char *
attempt_text(SchedCache *cache, const ApiObject *pod, guint next_start)
{
    PodInfo *info = pod_info_new(sched_cache_shapes(cache), pod);
    Rng rng;
    AttemptOptions options = {.cache = cache,
                              .version_minor = 34,
                              .tiebreak = &rng,
                              .preemption = &rng,
                              .next_start = &next_start};
    g_autoptr(Attempt) attempt = NULL;
    g_autoptr(Value) tree = NULL;

    rng_seed(&rng, 1, "test");
    attempt = attempt_run(&options, info);
    tree = attempt_explain(attempt);
    pod_info_free(info);
    return value_to_json(value_get(tree, "nodes"), VALUE_SORTED);
}

static void
compare(Model *model, GPtrArray *incoming, guint step)
{
    static const SchedListers none = {0};
    SchedCache *fresh = sched_cache_new(&none, NULL);

    for (guint i = 0; i < N_NODES; i++) {
        if (model->nodes[i] != NULL)
            sched_cache_set_node(fresh, model->nodes[i]);
    }
    for (guint i = 0; i < N_PODS; i++) {
        if (model->pods[i] != NULL)
            sched_cache_set_pod(fresh, model->pods[i]);
    }
    for (guint i = 0; i < incoming->len; i++) {
        g_autofree char *kept = attempt_text(model->cache, incoming->pdata[i], step);
        g_autofree char *made = attempt_text(fresh, incoming->pdata[i], step);

        ck_assert_msg(str_is(kept, made), "step %u, shape %u:\n%s\n%s", step, i, kept, made);
    }
    sched_cache_free(fresh);
}

START_TEST(test_kept_is_made)
{
    static const SchedListers none = {0};
    Model model = {.cache = sched_cache_new(&none, NULL)};
    GPtrArray *incoming = g_ptr_array_new_with_free_func(api_object_unref);

    rng_seed(&model.rng, (guint64)_i, "cache");
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autofree char *json =
            g_strdup_printf("{'kind':'Pod','metadata':{'name':'in%u','namespace':'default','labels'"
                            ":{'app':'%s'}},'spec':{%s}}",
                            i, apps[i % 3], shapes[i]);

        g_ptr_array_add(incoming, make_object(json));
    }
    for (guint step = 0; step < N_STEPS; step++) {
        if (draw(&model, 4) == 0)
            step_node(&model);
        else
            step_pod(&model);
        if (step % 7 == 0)
            compare(&model, incoming, step);
    }
    g_ptr_array_unref(incoming);
    sched_cache_free(model.cache);
    for (guint i = 0; i < N_NODES; i++)
        api_object_unref(model.nodes[i]);
    for (guint i = 0; i < N_PODS; i++)
        api_object_unref(model.pods[i]);
}
END_TEST

Suite *
cache_suite(void)
{
    Suite *suite = suite_create("cache");
    TCase *tcase = tcase_create("kept up to date");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_kept_is_made, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
