/* autoscaler_bench.c - see autoscaler_bench.h */

#include "tests/scheduler/autoscaler_bench.h"
#include "tests/scheduler/support.h"

#include <check.h>
#include <stdio.h>

static const char *
bench_group_of(gpointer user, const char *node)
{
    const char *dash = strrchr(node, '-');

    (void)user;
    return dash == NULL ? NULL : str_internf("%.*s", (int)(dash - node), node);
}

static guint
bench_size(gpointer user, const char *group)
{
    const Bench *bench = user;

    for (guint i = 0; i < bench->config.n_groups; i++)
        if (str_is(bench->groups[i].name, group))
            return bench->sizes[i];
    return 0;
}

static void
bench_call(gpointer user, const char *what, gint64 number)
{
    (void)user;
    (void)what;
    (void)number;
}

static void
bench_delete(gpointer user, const char *what, gint64 number)
{
    (void)user;
    (void)what;
    (void)number;
}

/* "a 1..5 at 2, b 1..3 at 1" */
static void
add_groups(Bench *bench, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, ", ", -1);

    for (guint i = 0; list[i] != NULL; i++) {
        char name[16];
        guint min, max, size;

        ck_assert_int_eq(sscanf(list[i], "%15s %u..%u at %u", name, &min, &max, &size), 4);
        bench->groups[i] = (AutoscalerGroup){str_intern(name), min, max};
        bench->sizes[i] = size;
        bench->config.n_groups = i + 1;
    }
}

#define YOUNG "'creationTimestamp':'1970-01-01T01:00:00Z',"

void
bench_add_nodes(Bench *bench, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, "; ", -1);

    for (guint i = 0; list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", -1);
        g_autofree char *json = g_strdup_printf(
            "{'kind':'Node','metadata':{%s'name':'%s','labels':{'kubernetes.io/"
            "hostname':'%s'},'annotations':{%s}},'spec':{'taints':[%s],'unschedulable':%s},"
            "'status':{'allocatable':{'cpu':'%s','memory':'%s','pods':'110'},'conditions':[{'type':"
            "'Ready','status':'%s'}]}}",
            strstr(list[i], "young") != NULL ? YOUNG : "", words[0], words[0],
            strstr(list[i], "disabled") != NULL
                ? "'cluster-autoscaler.kubernetes.io/scale-down-disabled':'true'"
                : "",
            strstr(list[i], "soft") != NULL ? "{'key':'" AUTOSCALER_SOFT_TAINT
                                              "','value':'1','effect':'PreferNoSchedule'}"
            : strstr(list[i], "leaving") != NULL ? "{'key':'" AUTOSCALER_DELETE_TAINT
                                                   "','value':'1','effect':'NoSchedule'}"
            : strstr(list[i], "no-network") != NULL
                ? "{'key':'node.kubernetes.io/network-unavailable','effect':'NoSchedule'}"
                : "",
            strstr(list[i], "cordoned") != NULL ? "true" : "false", words[1], words[2],
            strstr(list[i], "unready") != NULL ? "Unknown" : "True");

        g_ptr_array_add(bench->objects, make_object(json));
    }
}

static const char *
owner_of(const char *words)
{
    return strstr(words, "naked") != NULL ? ""
           : strstr(words, "daemon") != NULL
               ? "{'apiVersion':'apps/"
                 "v1','kind':'DaemonSet','name':'d','uid':'d','controller':true}"
               : "{'apiVersion':'apps/"
                 "v1','kind':'ReplicaSet','name':'r','uid':'r','controller':true}";
}

static const char *
volumes_of(const char *words)
{
    return strstr(words, "hostPath") != NULL   ? "{'name':'v','hostPath':{'path':'/x'}}"
           : strstr(words, "emptyDir") != NULL ? "{'name':'v','emptyDir':{}}"
           : strstr(words, "inMemory") != NULL ? "{'name':'v','emptyDir':{'medium':'Memory'}}"
                                               : "";
}

void
bench_add_pods(Bench *bench, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, "; ", -1);

    for (guint i = 0; *text != '\0' && list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", 5);
        const char *more = words[4] == NULL ? "" : words[4];
        gboolean waits = str_is(words[3], "-");
        g_autofree char *json = g_strdup_printf(
            "{'kind':'Pod','metadata':{%s'name':'%s','namespace':'%s','labels':{'app':'x'},'"
            "annotations':{%s},'ownerReferences':[%s]},"
            "'spec':{'nodeName':'%s','priority':%s,'volumes':[%s],'nodeSelector':{%s},"
            "'containers':[{'name':'c','image':'i','resources':{'requests':{'cpu':'%s','memory':'%"
            "s'}}}]},"
            "'status':{'phase':'%s','conditions':[{'type':'PodScheduled','status':'%s','reason':'%"
            "s'}]}}",
            strstr(more, "new") != NULL ? YOUNG : "", words[0],
            strstr(more, "system") != NULL ? "kube-system" : "default",
            strstr(more, "lossy") != NULL
                ? "'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes':'u,v'"
            : strstr(more, "unsafe") != NULL
                ? "'cluster-autoscaler.kubernetes.io/safe-to-evict':'false'"
            : strstr(more, "safe") != NULL
                ? "'cluster-autoscaler.kubernetes.io/safe-to-evict':'true'"
                : "",
            owner_of(more), waits ? "" : words[3], strstr(more, "expendable") != NULL ? "-11" : "0",
            volumes_of(more), strstr(more, "elsewhere") != NULL ? "'disk':'ssd'" : "", words[1],
            words[2], waits ? "Pending" : "Running", waits ? "False" : "True",
            waits ? "Unschedulable" : "");

        g_ptr_array_add(bench->objects, make_object(json));
    }
}

void
bench_add_budget(Bench *bench, gint allowed)
{
    g_autofree char *json =
        g_strdup_printf("{'apiVersion':'policy/"
                        "v1','kind':'PodDisruptionBudget','metadata':{'name':'b','namespace':'%s'},"
                        "'spec':{'selector':{'matchLabels':{'app':'x'}}},'status':{'"
                        "disruptionsAllowed':%d}}",
                        allowed < 10 ? "default" : "kube-system", allowed % 10);

    g_ptr_array_add(bench->objects, make_object(json));
}

/* 2 cores, 4Gi, a disk that others have not; the cloud says nothing of other groups. */
static const ApiObject *
bench_template_of(gpointer user, const char *group)
{
    const Bench *bench = user;

    return str_is(group, "z") ? bench->template_ : NULL;
}

Bench *
bench_new(const char *groups, const char *nodes, const char *pods)
{
    Bench *bench = g_new0(Bench, 1);

    bench->objects = g_ptr_array_new_with_free_func(api_object_unref);
    bench->eviction_code = 429;
    bench->log = g_string_new(NULL);
    bench->notes = g_string_new(NULL);
    autoscaler_config_init(&bench->config);
    add_groups(bench, groups);
    bench_add_nodes(bench, nodes);
    bench_add_pods(bench, pods);
    bench->config.groups = bench->groups;
    bench->config.group_of = bench_group_of;
    bench->config.target_size = bench_size;
    bench->config.set_size = bench_call;
    bench->config.template_of = bench_template_of;
    bench->template_ = make_object("{'kind':'Node','metadata':{'name':'template','labels':{'disk':'"
                                   "ssd'}},'status':{'allocatable':"
                                   "{'cpu':'2','memory':'4Gi','pods':'110'},'conditions':[{'type':'"
                                   "Ready','status':'True'}]}}");
    bench->config.delete_node = bench_delete;
    bench->config.user = bench;
    bench->state = cluster_autoscaler.new_state();
    ((AutoscalerState *)bench->state)->map =
        api_object_new(&config_map_kind, "kube-system", "cluster-autoscaler-status");
    return bench;
}

void
bench_free(Bench *bench)
{
    cluster_autoscaler.free_state(bench->state);
    g_ptr_array_unref(bench->objects);
    api_object_unref(bench->template_);
    g_string_free(bench->log, TRUE);
    g_string_free(bench->notes, TRUE);
    g_free(bench->status);
    g_free(bench);
}

static void
write_step(Bench *bench, const PlanStep *step)
{
    switch (step->type) {
    case STEP_CALL:
        if (step->call == bench_delete)
            g_string_append_printf(bench->log, "give back %s\n", step->call_what);
        else
            g_string_append_printf(bench->log, "size of %s %d\n", step->call_what,
                                   (int)step->call_number);
        break;
    case STEP_GET: /* of the status */
        break;
    case STEP_EVENT:
        if (step->event_about->kind == &config_map_kind)
            g_string_append_printf(bench->notes, "%s: %s\n", step->on_success.reason,
                                   step->event_message);
        else
            g_string_append_printf(bench->log, "%s %s: %s\n", api_name(step->event_about),
                                   step->on_success.reason, step->event_message);
        break;
    case STEP_PATCH:
        g_string_append_printf(bench->log, "%s: %s\n", step->name, step->why);
        break;
    case STEP_CREATE:
        g_string_append_printf(bench->log, "%s %s\n", step->subresource, api_name(step->object));
        break;
    default:
        g_string_append(bench->log, "?\n");
    }
}

/* The ConfigMap that it would write if there is none. */
static void
keep_status(Bench *bench, const Reconcile *r, const Plan *plan)
{
    g_autofree StepResult *results = g_new0(StepResult, plan_count(plan));
    Plan *next = plan_new();
    gpointer carry;
    PlanContinue on = plan_next(plan, &carry);
    const ConfigMapBody *body;

    results[plan_count(plan) - 1] = (StepResult){.was_run = TRUE, .code = 404};
    on(r, carry, results, plan_count(plan), next);
    ck_assert_uint_eq(plan_count(next), 1);
    body = plan_get(next, 0)->object->body;
    g_free(bench->status);
    bench->status = g_strdup(str_map_get(&body->data, "status"));
    plan_free(next);
}

/* Every eviction is answered with the bench's code. */
static void
answer_evictions(Bench *bench, const Reconcile *r, const Plan *plan)
{
    g_autofree StepResult *results = g_new0(StepResult, plan_count(plan) + 1);
    Plan *next = plan_new();
    gpointer carry;
    PlanContinue on = plan_next(plan, &carry);

    for (guint i = 0; i < plan_count(plan); i++)
        results[i] = (StepResult){.was_run = TRUE, .code = bench->eviction_code};
    if (on != NULL)
        on(r, carry, results, plan_count(plan), next);
    bench->requeue_ns = on != NULL ? plan_requeue_ns(next) : plan_requeue_ns(plan);
    plan_free(next);
}

void
bench_run(Bench *bench, const char *key)
{
    Rng rng;
    Plan *plan = plan_new();
    Reconcile r = {
        .view =
            view_new_array((const ApiObject *const *)bench->objects->pdata, bench->objects->len),
        .key = key == NULL ? "" : str_intern(key),
        .now_ns = bench->now_ns,
        .wall_ns = NS_PER_HOUR + bench->now_ns,
        .state = bench->state,
        .rng = &rng,
        .version_minor = 34,
        .config = &bench->config,
    };

    rng_seed(&rng, 1, "test");
    g_string_truncate(bench->log, 0);
    g_string_truncate(bench->notes, 0);
    if (key == NULL)
        cluster_autoscaler.tick(&r, plan);
    else
        cluster_autoscaler.reconcile(&r, plan);
    for (guint i = 0; i < plan_count(plan); i++)
        write_step(bench, plan_get(plan, i));
    if (key == NULL)
        keep_status(bench, &r, plan);
    else
        answer_evictions(bench, &r, plan);
    plan_free(plan);
    view_free(r.view);
}

void
bench_check(const Bench *bench, const char *name, const char *wanted)
{
    ck_assert_msg(str_is(bench->log->str, wanted), "%s:\n--- got\n%s--- wanted\n%s", name,
                  bench->log->str, wanted);
}

void
bench_later(Bench *bench, gint64 later_ns, const char *key, const char *name, const char *wanted)
{
    bench->now_ns += later_ns;
    bench_run(bench, key);
    bench_check(bench, name, wanted);
}
