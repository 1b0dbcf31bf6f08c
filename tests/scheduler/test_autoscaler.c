/*
 * test_autoscaler.c - what the cluster autoscaler decides, as tables
 *
 * Sources: kubernetes/autoscaler cluster-autoscaler 1.34: core/static_autoscaler_test.go,
 * estimator/binpacking_estimator_test.go, expander/waste and /mostpods,
 * simulator/drainability/rules, core/scaledown/eligibility, FAQ ("What types of pods can
 * prevent CA from removing a node?"), processors/status/eventing_scale_up_processor_test.go.
 */

#include "base/duration.h"
#include "scheduler/autoscaler_internal.h"
#include "tests/scheduler/support.h"

#include <check.h>
#include <stdio.h>

/* A cloud in which a node belongs to the group that its name begins with: "a-1" to "a". */
typedef struct {
    AutoscalerGroup groups[3];
    guint sizes[3];
    AutoscalerConfig config;
    gpointer state;
    GPtrArray *objects; /* of ApiObject (owned) */
    ApiObject *template_; /* (owned) a node as group z would have it */
    GString *log;
    gint64 now_ns;
} Bench;

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

/* "a-1 2 4Gi [unready] [cordoned] [soft] [disabled]; ..." */
static void
add_nodes(Bench *bench, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, "; ", -1);

    for (guint i = 0; list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", -1);
        g_autofree char *json = g_strdup_printf(
            "{'kind':'Node','metadata':{'name':'%s','labels':{'kubernetes.io/hostname':'%s'},'annotations':{%s}},'spec':{'taints':[%s],'unschedulable':%s},"
            "'status':{'allocatable':{'cpu':'%s','memory':'%s','pods':'110'},'conditions':[{'type':'Ready','status':'%s'}]}}",
            words[0], words[0],
            strstr(list[i], "disabled") != NULL ? "'cluster-autoscaler.kubernetes.io/scale-down-disabled':'true'" : "",
            strstr(list[i], "soft") != NULL ? "{'key':'" AUTOSCALER_SOFT_TAINT "','value':'1','effect':'PreferNoSchedule'}" : "", strstr(list[i], "cordoned") != NULL ? "true" : "false", words[1],
            words[2], strstr(list[i], "unready") != NULL ? "Unknown" : "True");

        g_ptr_array_add(bench->objects, make_object(json));
    }
}

static const char *
owner_of(const char *words)
{
    return strstr(words, "naked") != NULL    ? ""
           : strstr(words, "daemon") != NULL ? "{'apiVersion':'apps/v1','kind':'DaemonSet','name':'d','uid':'d','controller':true}"
                                             : "{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'r','uid':'r','controller':true}";
}

static const char *
volumes_of(const char *words)
{
    return strstr(words, "hostPath") != NULL   ? "{'name':'v','hostPath':{'path':'/x'}}"
           : strstr(words, "emptyDir") != NULL ? "{'name':'v','emptyDir':{}}"
           : strstr(words, "inMemory") != NULL ? "{'name':'v','emptyDir':{'medium':'Memory'}}"
                                               : "";
}

/* "p1 700m 1Gi NODE|- [words]; ...": '-' fits nowhere */
static void
add_pods(Bench *bench, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, "; ", -1);

    for (guint i = 0; *text != '\0' && list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", 5);
        const char *more = words[4] == NULL ? "" : words[4];
        gboolean waits = str_is(words[3], "-");
        g_autofree char *json = g_strdup_printf(
            "{'kind':'Pod','metadata':{'name':'%s','namespace':'%s','labels':{'app':'x'},'annotations':{%s},'ownerReferences':[%s]},"
            "'spec':{'nodeName':'%s','priority':%s,'volumes':[%s],'nodeSelector':{%s},"
            "'containers':[{'name':'c','image':'i','resources':{'requests':{'cpu':'%s','memory':'%s'}}}]},"
            "'status':{'phase':'%s','conditions':[{'type':'PodScheduled','status':'%s','reason':'%s'}]}}",
            words[0], strstr(more, "system") != NULL ? "kube-system" : "default",
            strstr(more, "unsafe") != NULL ? "'cluster-autoscaler.kubernetes.io/safe-to-evict':'false'"
            : strstr(more, "safe") != NULL ? "'cluster-autoscaler.kubernetes.io/safe-to-evict':'true'"
                                           : "",
            owner_of(more), waits ? "" : words[3], strstr(more, "expendable") != NULL ? "-11" : "0", volumes_of(more),
            strstr(more, "elsewhere") != NULL ? "'disk':'ssd'" : "", words[1], words[2], waits ? "Pending" : "Running",
            waits ? "False" : "True", waits ? "Unschedulable" : "");

        g_ptr_array_add(bench->objects, make_object(json));
    }
}

static void
add_budget(Bench *bench, gint allowed)
{
    g_autofree char *json =
        g_strdup_printf("{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'b','namespace':'%s'},"
                        "'spec':{'selector':{'matchLabels':{'app':'x'}}},'status':{'disruptionsAllowed':%d}}",
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

static Bench *
bench_new(const char *groups, const char *nodes, const char *pods)
{
    Bench *bench = g_new0(Bench, 1);

    bench->objects = g_ptr_array_new_with_free_func(api_object_unref);
    bench->log = g_string_new(NULL);
    autoscaler_config_init(&bench->config);
    add_groups(bench, groups);
    add_nodes(bench, nodes);
    add_pods(bench, pods);
    bench->config.groups = bench->groups;
    bench->config.group_of = bench_group_of;
    bench->config.target_size = bench_size;
    bench->config.set_size = bench_call;
    bench->config.template_of = bench_template_of;
    bench->template_ = make_object("{'kind':'Node','metadata':{'name':'template','labels':{'disk':'ssd'}},'status':{'allocatable':"
                                   "{'cpu':'2','memory':'4Gi','pods':'110'},'conditions':[{'type':'Ready','status':'True'}]}}");
    bench->config.delete_node = bench_delete;
    bench->config.user = bench;
    bench->state = cluster_autoscaler.new_state();
    return bench;
}

static void
bench_free(Bench *bench)
{
    cluster_autoscaler.free_state(bench->state);
    g_ptr_array_unref(bench->objects);
    api_object_unref(bench->template_);
    g_string_free(bench->log, TRUE);
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
            g_string_append_printf(bench->log, "size of %s %d\n", step->call_what, (int)step->call_number);
        break;
    case STEP_EVENT:
        g_string_append_printf(bench->log, "%s %s: %s\n", api_name(step->event_about), step->on_success.reason, step->event_message);
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

/* The loop if @key is NULL. */
static void
bench_run(Bench *bench, const char *key)
{
    Rng rng;
    Plan *plan = plan_new();
    Reconcile r = {
        .view = view_new_array((const ApiObject *const *)bench->objects->pdata, bench->objects->len),
        .key = key == NULL ? "" : str_intern(key),
        .now_ns = bench->now_ns,
        .wall_ns = bench->now_ns,
        .state = bench->state,
        .rng = &rng,
        .version_minor = 34,
        .config = &bench->config,
    };

    rng_seed(&rng, 1, "test");
    g_string_truncate(bench->log, 0);
    if (key == NULL)
        cluster_autoscaler.tick(&r, plan);
    else
        cluster_autoscaler.reconcile(&r, plan);
    for (guint i = 0; i < plan_count(plan); i++)
        write_step(bench, plan_get(plan, i));
    plan_free(plan);
    view_free(r.view);
}

static void
check_log(const Bench *bench, const char *name, const char *wanted)
{
    ck_assert_msg(str_is(bench->log->str, wanted), "%s:\n--- got\n%s--- wanted\n%s", name, bench->log->str, wanted);
}

/* --- up ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *groups, *nodes, *pods;
    AutoscalerExpander expander;
    const char *wanted;
} up_rows[] = {
    {"what fits needs nothing", "a 1..5 at 1", "a-1 2 4Gi", "p1 1 1Gi a-1; p2 1 1Gi -", 0, ""},
    {"one pod too many", "a 1..5 at 1", "a-1 2 4Gi", "p1 1500m 1Gi a-1; p2 1 1Gi -", 0,
     "size of a 2\np2 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"first fit, large ones first: 3 x 1500m and 3 x 500m go on three nodes", "a 1..9 at 1", "a-1 2 4Gi",
     "p0 2 1Gi a-1; s1 500m 1Gi -; s2 500m 1Gi -; s3 500m 1Gi -; l1 1500m 1Gi -; l2 1500m 1Gi -; l3 1500m 1Gi -", 0,
     "size of a 4\n"
     "l1 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\nl2 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"
     "l3 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\ns1 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"
     "s2 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\ns3 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"},
    {"no more than max; who is left out waits without a word", "a 1..2 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -; p2 2 1Gi -", 0,
     "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 2)}]\n"},
    {"at max", "a 1..1 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 1 1Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached\n"},
    {"too large for any", "a 1..5 at 1", "a-1 2 4Gi", "p1 3 1Gi -", 0, "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu\n"},
    {"reasons of two groups are counted together and sorted", "a 1..5 at 1, b 1..5 at 1, c 1..1 at 1", "a-1 2 4Gi; b-1 2 4Gi; c-1 2 4Gi",
     "p1 3 5Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached, 2 Insufficient cpu, 2 Insufficient memory\n"},
    {"a selector that no group's nodes match", "a 1..5 at 1", "a-1 2 4Gi", "p1 1 1Gi - elsewhere", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 node(s) didn't match Pod's node affinity/selector\n"},
    {"a node that was cordoned is a model of one that is not", "a 1..5 at 1", "a-1 2 4Gi cordoned", "p1 1 1Gi -", 0,
     "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"machines on their way are counted on", "a 1..5 at 2", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -", 0, ""},
    {"... but for no more than they hold", "a 1..5 at 2", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -; p2 2 1Gi -", 0,
     "size of a 3\np2 TriggeredScaleUp: pod triggered scale-up: [{a 2->3 (max: 5)}]\n"},
    {"pods below the cutoff of -10 are nobody's concern", "a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 1 1Gi - expendable", 0, ""},
    {"DaemonSets take their part of each new node", "a 1..5 at 1", "a-1 2 4Gi", "d 500m 1Gi a-1 daemon; p0 1500m 1Gi a-1; p1 1 1Gi -; p2 1 1Gi -", 0,
     "size of a 3\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->3 (max: 5)}]\n"
     "p2 TriggeredScaleUp: pod triggered scale-up: [{a 1->3 (max: 5)}]\n"},
    {"least-waste: 2 of 2 cores beat 2 of 8", "b 1..5 at 1, a 1..5 at 1", "b-1 8 16Gi; a-1 2 4Gi", "p0 8 1Gi b-1; p9 2 1Gi a-1; p1 2 4Gi -",
     EXPANDER_LEAST_WASTE, "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"most-pods: the group that helps two", "a 1..2 at 1, b 1..2 at 1", "a-1 2 4Gi; b-1 8 16Gi", "p0 8 1Gi b-1; p9 2 1Gi a-1; p1 2 4Gi -; p2 2 4Gi -",
     EXPANDER_MOST_PODS,
     "size of b 2\np1 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 2)}]\n"
     "p2 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 2)}]\n"},
    {"a group without nodes, by what the cloud says of it", "a 1..5 at 1, z 0..3 at 0", "a-1 2 4Gi", "p1 1 1Gi - elsewhere; p2 1500m 1Gi - elsewhere", 0,
     "size of z 2\np2 TriggeredScaleUp: pod triggered scale-up: [{z 0->2 (max: 3)}]\n"
     "p1 TriggeredScaleUp: pod triggered scale-up: [{z 0->2 (max: 3)}]\n"},
    {"... in a cluster without any", "z 0..3 at 0", "", "p1 1 1Gi -", 0, "size of z 1\np1 TriggeredScaleUp: pod triggered scale-up: [{z 0->1 (max: 3)}]\n"},
    {"... whose first machine is on its way", "z 0..3 at 1", "", "p1 1 1Gi -", 0, ""},
    {"... of which the cloud says nothing", "a 0..3 at 0", "", "p1 1 1Gi -", 0, "p1 NotTriggerScaleUp: pod didn't trigger scale-up: \n"},
    {"half of the nodes not ready, more than three: hands off", "a 1..9 at 8",
     "a-1 2 4Gi; a-2 2 4Gi; a-3 2 4Gi; a-4 2 4Gi; a-5 2 4Gi unready; a-6 2 4Gi unready; a-7 2 4Gi unready; a-8 2 4Gi unready", "p1 3 1Gi -", 0, ""},
    {"three of them are never too many", "a 4..5 at 4", "a-1 2 4Gi; a-2 2 4Gi unready; a-3 2 4Gi unready; a-4 2 4Gi unready", "p1 3 1Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu\n"},
};

START_TEST(test_up)
{
    Bench *bench = bench_new(up_rows[_i].groups, up_rows[_i].nodes, up_rows[_i].pods);

    bench->config.expander = up_rows[_i].expander;
    bench->config.utilization_permille = 0; /* only what grows is looked at */
    bench_run(bench, NULL);
    check_log(bench, up_rows[_i].name, up_rows[_i].wanted);
    bench_free(bench);
}
END_TEST

/* --- down ----------------------------------------------------------------------------------------------- */

#define SOFT  "because nobody needs the node\n"
#define HARD  "because nobody has needed the node for long enough\n"
#define GOES(node) node ": " HARD node " ScaleDown: marked the node as toBeDeleted/unschedulable\n"

/* The first loop marks; the second is 10 min later. Nodes of 4 cores, group a 1..5. */
static const struct {
    const char *name, *nodes, *pods;
    gint budget;     /* disruptions allowed, +10: in kube-system; -1: no budget */
    gint64 later_ns; /* 0: 10 min */
    const char *first, *second;
} down_rows[] = {
    {"an empty node", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1", -1, 0, "a-2: " SOFT, "a-2: " SOFT GOES("a-2")},
    {"its mark is set once", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1", -1, 0, "", GOES("a-2")},
    {"a second too early", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1", -1, 10 * NS_PER_MIN - NS_PER_S, "", ""},
    {"half of it asked for is not less than half", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 2 1Gi a-2", -1, 0,
     "a-2: because the node is needed again\n", "a-2: because the node is needed again\n"},
    {"memory counts as CPU does", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 4Gi a-2", -1, 0, "", ""},
    {"its pods find another place", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2", -1, 0, "", GOES("a-2")},
    {"its pods find none", "a-1 4 8Gi; a-2 4 8Gi", "p1 3500m 1Gi a-1; p2 1 1Gi a-2", -1, 0, "", ""},
    {"two could go, but not both: the first takes the room", "a-1 4 8Gi; a-2 4 8Gi; a-3 4 8Gi",
     "p1 2500m 1Gi a-1; p2 1 1Gi a-2; p3 1900m 1Gi a-3", -1, 0, "a-2: " SOFT, "a-2: " SOFT GOES("a-2")},
    {"empty ones go together, down to min", "a-1 4 8Gi soft; a-2 4 8Gi soft; a-3 4 8Gi soft", "", -1, 0, "",
     GOES("a-1") GOES("a-2")},
    {"empty ones before others", "a-1 4 8Gi; a-2 4 8Gi soft; a-3 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2", -1, 0, "", GOES("a-3")},
    {"DaemonSets do not hold a node", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; d 100m 1Gi a-2 daemon", -1, 0, "", GOES("a-2")},
    {"... but what they ask for is counted", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; d 2 1Gi a-2 daemon", -1, 0, "", ""},
    {"a pod without a controller", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 naked", -1, 0, "", ""},
    {"... that is safe to evict", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 naked safe", -1, 0, "", GOES("a-2")},
    {"a pod that is not safe to evict", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 unsafe", -1, 0, "", ""},
    {"emptyDir", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 emptyDir", -1, 0, "", ""},
    {"emptyDir in memory", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 inMemory", -1, 0, "", GOES("a-2")},
    {"emptyDir, safe to evict", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 emptyDir safe", -1, 0, "", GOES("a-2")},
    {"hostPath", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 hostPath", -1, 0, "", ""},
    {"a budget that allows one", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2", 1, 0, "", GOES("a-2")},
    {"a budget that allows none", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2", 0, 0, "", ""},
    {"... safe to evict or not", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 safe", 0, 0, "", ""},
    {"a pod of kube-system without a budget", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 system", -1, 0, "", ""},
    {"... with one", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 system", 11, 0, "", GOES("a-2")},
    {"a node that says no", "a-1 4 8Gi; a-2 4 8Gi disabled", "p1 3 1Gi a-1", -1, 0, "", ""},
    {"a group at its smallest", "a-1 4 8Gi", "", -1, 0, "", ""},
    {"a node of no group", "a-1 4 8Gi; a-2 4 8Gi; lonely 4 8Gi", "p1 3 1Gi a-1; p2 3 1Gi a-2", -1, 0, "", ""},
    {"a node that is not ready has 20 min", "a-1 4 8Gi; a-2 4 8Gi unready soft", "p1 3 1Gi a-1; p2 3 1Gi a-2 daemon", -1, 0, "", ""},
    {"... and then goes", "a-1 4 8Gi; a-2 4 8Gi unready soft", "p1 3 1Gi a-1; p2 3 1Gi a-2 daemon", -1, 20 * NS_PER_MIN, "", GOES("a-2")},
};

START_TEST(test_down)
{
    guint n_nodes = 1;
    Bench *bench;

    for (const char *p = down_rows[_i].nodes; *p != '\0'; p++)
        n_nodes += *p == ';';
    bench = bench_new("a 1..5 at 1", down_rows[_i].nodes, down_rows[_i].pods);
    bench->sizes[0] = n_nodes;
    if (down_rows[_i].budget >= 0)
        add_budget(bench, down_rows[_i].budget);
    bench_run(bench, NULL);
    check_log(bench, down_rows[_i].name, down_rows[_i].first);
    bench->now_ns += down_rows[_i].later_ns > 0 ? down_rows[_i].later_ns : 10 * NS_PER_MIN;
    bench_run(bench, NULL);
    check_log(bench, down_rows[_i].name, down_rows[_i].second);
    bench_free(bench);
}
END_TEST

/* --scale-down-delay-after-add: what nobody needs is marked meanwhile, but no node goes. */
START_TEST(test_delay_after_add)
{
    Bench *bench = bench_new("a 1..5 at 2, b 1..5 at 1", "a-1 4 8Gi; a-2 4 8Gi soft; b-1 8 16Gi", "p1 3 1Gi a-1; p2 8 1Gi b-1; p3 6 8Gi -");

    bench_run(bench, NULL);
    check_log(bench, "grows", "size of b 2\np3 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 5)}]\n");
    bench->sizes[1] = 2;
    add_nodes(bench, "b-2 8 16Gi");
    g_ptr_array_remove_index(bench->objects, 5);
    add_pods(bench, "p3 6 8Gi b-2");
    bench->config.unneeded_ns = NS_PER_MIN;
    bench_run(bench, NULL);
    bench->now_ns = 10 * NS_PER_MIN - 1;
    bench_run(bench, NULL);
    check_log(bench, "not yet", "");
    bench->now_ns = 10 * NS_PER_MIN;
    bench_run(bench, NULL);
    check_log(bench, "now", GOES("a-2"));
    bench_free(bench);
}
END_TEST

/* A drain: evictions until the node is empty, then the machine; a budget that says no for 2 min ends it. */
START_TEST(test_drain)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2; d 100m 1Gi a-2 daemon");

    bench_run(bench, NULL);
    bench->now_ns += 10 * NS_PER_MIN;
    bench_run(bench, NULL);
    check_log(bench, "begun", GOES("a-2"));
    bench_run(bench, "a-2");
    check_log(bench, "evicts", "eviction p2\n");
    bench->now_ns += NS_PER_MIN;
    bench_run(bench, "a-2");
    check_log(bench, "tries again", "eviction p2\n");
    bench->now_ns += NS_PER_MIN + 1;
    bench_run(bench, "a-2");
    check_log(bench, "gives up", "a-2 ScaleDownFailed: failed to drain the node, aborting ScaleDown\na-2: because its pods could not be evicted\n");
    bench_free(bench);
}
END_TEST

START_TEST(test_drained)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; d 100m 1Gi a-2 daemon");

    bench_run(bench, NULL);
    bench->now_ns += 10 * NS_PER_MIN;
    bench_run(bench, NULL);
    bench_run(bench, "a-2");
    check_log(bench, "empty but for the DaemonSet", "give back a-2\na-2 ScaleDown: node removed by cluster autoscaler\n");
    bench_run(bench, "a-2");
    check_log(bench, "once", "");
    bench_free(bench);
}
END_TEST

/* --max-node-provision-time: machines that never came are asked for no longer. */
START_TEST(test_never_came)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");

    bench_run(bench, NULL);
    check_log(bench, "asked for", "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n");
    bench->sizes[0] = 2;
    bench->now_ns = 15 * NS_PER_MIN;
    bench_run(bench, NULL);
    check_log(bench, "still hoped for", "");
    bench->now_ns += 1;
    bench->config.groups = bench->groups;
    bench_run(bench, NULL);
    ck_assert_msg(g_str_has_prefix(bench->log->str, "size of a 1\n"), "%s", bench->log->str);
    bench_free(bench);
}
END_TEST

/*
 * utils/backoff/exponential_backoff_test.go with the flags' defaults: 5 min for a group that failed,
 * twice as long the next time, at most 30 min; clusterstate_test.go TestExpiredScaleUp.
 */
START_TEST(test_backoff)
{
    static const guint minutes[] = {5, 10, 20, 30, 30};
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");

    for (guint i = 0; i < G_N_ELEMENTS(minutes); i++) {
        bench->sizes[0] = 1;
        bench_run(bench, NULL);
        check_log(bench, "asked for", "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n");
        bench->sizes[0] = 2;
        bench->now_ns += 15 * NS_PER_MIN + 1;
        bench_run(bench, NULL);
        check_log(bench, "failed", "size of a 1\np1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 in backoff after failed scale-up\n");
        bench->sizes[0] = 1;
        bench->now_ns += minutes[i] * NS_PER_MIN - 1;
        bench_run(bench, NULL);
        check_log(bench, "still backed off", "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 in backoff after failed scale-up\n");
        bench->now_ns += 1;
    }
    bench_free(bench);
}
END_TEST

/* A group whose machines came has no past, and one that failed three hours ago neither. */
START_TEST(test_backoff_ends)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");
    AutoscalerState *state = bench->state;
    const Backoff *backoff;

    for (guint i = 0; i < 2; i++) {
        bench->sizes[0] = 1;
        bench_run(bench, NULL);
        bench->sizes[0] = 2;
        bench->now_ns += 15 * NS_PER_MIN + 1;
        bench_run(bench, NULL);
        backoff = g_hash_table_lookup(state->backoff, str_intern("a"));
        ck_assert_int_eq(backoff->duration_ns, 5 * NS_PER_MIN);
        bench->now_ns += 5 * NS_PER_MIN + 3 * NS_PER_HOUR + 1;
    }
    bench->sizes[0] = 1;
    bench_run(bench, NULL);
    bench->sizes[0] = 2;
    add_nodes(bench, "a-2 2 4Gi");
    bench_run(bench, NULL);
    ck_assert_uint_eq(g_hash_table_size(state->backoff), 0);
    bench_free(bench);
}
END_TEST

/* min 0: the last node goes too. */
START_TEST(test_to_zero)
{
    Bench *bench = bench_new("a 0..5 at 2, b 1..1 at 1", "a-1 4 8Gi soft; a-2 4 8Gi soft; b-1 4 8Gi", "");

    bench_run(bench, NULL);
    bench->now_ns += 10 * NS_PER_MIN;
    bench_run(bench, NULL);
    check_log(bench, "all of them", GOES("a-1") GOES("a-2"));
    bench_free(bench);
}
END_TEST

/* --scale-down-delay-after-failure: 3 min. */
START_TEST(test_delay_after_failure)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2");

    bench->config.unneeded_ns = NS_PER_S;
    bench_run(bench, NULL);
    bench->now_ns += NS_PER_S;
    bench_run(bench, NULL);
    check_log(bench, "begun", GOES("a-2"));
    bench->now_ns += 2 * NS_PER_MIN + 1;
    bench_run(bench, "a-2");
    check_log(bench, "gives up", "a-2 ScaleDownFailed: failed to drain the node, aborting ScaleDown\na-2: because its pods could not be evicted\n");
    bench_run(bench, NULL);
    bench->now_ns += 3 * NS_PER_MIN - 1;
    bench_run(bench, NULL);
    check_log(bench, "not yet", "");
    bench->now_ns += 1;
    bench_run(bench, NULL);
    check_log(bench, "again", GOES("a-2"));
    bench_free(bench);
}
END_TEST

Suite *autoscaler_suite(void);

Suite *
autoscaler_suite(void)
{
    Suite *suite = suite_create("scheduler/autoscaler");
    TCase *tcase = tcase_create("autoscaler");

    tcase_add_loop_test(tcase, test_up, 0, G_N_ELEMENTS(up_rows));
    tcase_add_loop_test(tcase, test_down, 0, G_N_ELEMENTS(down_rows));
    tcase_add_test(tcase, test_delay_after_add);
    tcase_add_test(tcase, test_drain);
    tcase_add_test(tcase, test_drained);
    tcase_add_test(tcase, test_never_came);
    tcase_add_test(tcase, test_backoff);
    tcase_add_test(tcase, test_backoff_ends);
    tcase_add_test(tcase, test_to_zero);
    tcase_add_test(tcase, test_delay_after_failure);
    suite_add_tcase(suite, tcase);
    return suite;
}
