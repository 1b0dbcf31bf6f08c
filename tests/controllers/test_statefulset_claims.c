/* StatefulSet: the claims of its pods, and whose they are. */
#include "controllers/statefulset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static ApiObject *
make_stateful_set(int replicas, const char *rest)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: s}, spec: {replicas: %d, %s serviceName: s, selector: "
                                            "{matchLabels: {a: s}}, template: {metadata: "
                                            "{labels: {a: s}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}",
                                            replicas, rest);

    return object_from_yaml(&stateful_set_kind, text);
}

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static void
set_phase(Mini *mini, const char *name, const char *phase, gboolean is_ready)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, name);
    PodStatus *status = api_edit_status(changed);

    status->phase = str_intern(phase);
    set_condition(&status->conditions, "Ready", is_ready ? "True" : "False", NULL, MINI_EPOCH);
    mini_put(mini, changed);
}

/* Syncs until nothing changes; what was deleted is gone, pods become ready between. */
static void
settle(Mini *mini)
{
    for (guint i = 0; i < 50; i++) {
        mini_sync(mini, &stateful_set_controller, "default/s");
        for (guint k = mini_count(mini, &pod_kind); k-- > 0;) {
            const ApiObject *pod = mini_nth(mini, &pod_kind, k);

            if (api_is_deleting(pod))
                mini_remove(mini, pod);
            else if (!pod_is_ready(pod))
                set_phase(mini, api_name(pod), "Running", TRUE);
        }
        if (mini->log->len == 0)
            return;
    }
    ck_abort_msg("the set does not settle:\n%s", mini->log->str);
}

static const char claim_templates[] = "volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: "
                                      "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}],";

/* v1.34 pkg/controller/statefulset/stateful_set_utils_test.go, TestUpdateClaimOwnerRefForSetAndPod. */
static const struct {
    const char *scaled, *deleted;
    const char *in_range, *condemned; /* kind of the owner; "" none */
} retention_cases[] = {
    {"Retain", "Retain", "", ""},
    {"Retain", "Delete", "StatefulSet", "StatefulSet"},
    {"Delete", "Retain", "", "Pod"},
    {"Delete", "Delete", "StatefulSet", "Pod"},
};

static const char *
owner_kind(Mini *mini, const char *claim)
{
    const ApiObject *object = mini_get(mini, &persistent_volume_claim_kind, "default", claim);

    ck_assert_msg(object != NULL, "no claim %s", claim);
    return object->meta->owner_references.count == 0 ? "" : object->meta->owner_references.items[0].kind;
}

START_TEST(stateful_retention)
{
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenScaled: %s, whenDeleted: %s}, %s",
                        retention_cases[_i].scaled, retention_cases[_i].deleted, claim_templates);
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(2, rest));
    settle(mini);
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), retention_cases[_i].in_range);
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(1);
    mini_put(mini, changed);
    settle(mini);
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), retention_cases[_i].in_range);
    ck_assert_str_eq(owner_kind(mini, "v-s-1"), retention_cases[_i].condemned);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/statefulset/stateful_set_utils_test.go, TestIsClaimOwnerUpToDate,
 * TestUpdateClaimOwnerRefForSetAndPod: references that are there before; what a sync makes of them. The set's own uid
 * is put in for "SET".
 */
static const struct {
    const char *name, *before, *scaled;
    const char *after; /* kind/name/is it the controller, with commas */
    gboolean is_told;
} owner_cases[] = {
    {"ours, and in control already", "{apiVersion: apps/v1, kind: StatefulSet, name: s, uid: SET, controller: true}",
     "Retain", "StatefulSet/s/1", FALSE},
    {"ours, but not in control", "{apiVersion: apps/v1, kind: StatefulSet, name: s, uid: SET}", "Retain",
     "StatefulSet/s/1", FALSE},
    {"an owner that controls nothing stays", "{apiVersion: v1, kind: Service, name: x, uid: u1}", "Retain",
     "Service/x/0,StatefulSet/s/1", FALSE},
    {"another controller keeps it for itself", "{apiVersion: v1, kind: Service, name: x, uid: u1, controller: true}",
     "Retain", "Service/x/1", FALSE},
    {"another controller beside us: ours goes",
     "{apiVersion: v1, kind: Service, name: x, uid: u1, controller: true}, "
     "{apiVersion: apps/v1, kind: StatefulSet, name: s, uid: SET}",
     "Retain", "Service/x/1", TRUE},
    {"a former set of this name: not touched",
     "{apiVersion: apps/v1, kind: StatefulSet, name: s, uid: former, controller: true}", "Retain", "StatefulSet/s/1",
     FALSE},
};

static const char *
print_owners(const ApiObject *object)
{
    const char *text = "";

    for (guint i = 0; i < object->meta->owner_references.count; i++) {
        const OwnerReference *owner = &object->meta->owner_references.items[i];

        text = str_internf("%s%s%s/%s/%d", text, i > 0 ? "," : "", owner->kind, owner->name,
                           owner->controller == OPT_TRUE);
    }
    return text;
}

START_TEST(stateful_claim_owners)
{
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenScaled: %s, whenDeleted: Delete}, %s",
                        owner_cases[_i].scaled, claim_templates);
    g_auto(GStrv) parts = g_strsplit(owner_cases[_i].before, "SET", -1);
    g_autofree char *references = NULL;
    g_autofree char *text = NULL;
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(1, rest));
    settle(mini);
    references = g_strjoinv(api_uid(mini_get(mini, &stateful_set_kind, "default", "s")), parts);
    text = g_strdup_printf("{metadata: {name: v-s-0, ownerReferences: [%s]}, spec: {accessModes: [ReadWriteOnce], "
                           "resources: {requests: {storage: 1Gi}}}}",
                           references);
    changed = object_from_yaml(&persistent_volume_claim_kind, text);
    mini_remove(mini, mini_get(mini, &persistent_volume_claim_kind, "default", "v-s-0"));
    mini_add(mini, changed);
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_msg((count_lines(mini, "event Warning ConflictingController") > 0) == owner_cases[_i].is_told, "%s:\n%s",
                  owner_cases[_i].name, mini->log->str);
    ck_assert_str_eq(print_owners(mini_get(mini, &persistent_volume_claim_kind, "default", "v-s-0")),
                     owner_cases[_i].after);
    mini_free(mini);
}
END_TEST

/* The same file, CreateStatefulPod: a claim that was there before the pod is the set's with the pod's creation. */
START_TEST(stateful_takes_claim)
{
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}, %s", claim_templates);
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(1, rest));
    mini_add(mini, object_from_yaml(&persistent_volume_claim_kind,
                                    "{metadata: {name: v-s-0}, spec: {accessModes: [ReadWriteOnce], "
                                    "resources: {requests: {storage: 1Gi}}}}"));
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_uint_eq(count_lines(mini, "create Pod s-0"), 1);
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), "StatefulSet");
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/statefulset/stateful_pod_control.go, UpdateStatefulPod: another policy changes claims, and is
 * told.
 */
START_TEST(stateful_policy_changes)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(1, claim_templates));
    settle(mini);
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), "");
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->claim_retention->when_deleted = str_intern("Delete");
    mini_put(mini, changed);
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), "StatefulSet");
    ck_assert_msg(count_lines(mini, "event Normal SuccessfulUpdate update Pod s-0 in StatefulSet s successful") == 1,
                  "%s", mini->log->str);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/statefulset/stateful_pod_control.go, PodClaimIsStale: a claim that goes with a former pod is
 * waited for.
 */
START_TEST(stateful_stale_claim)
{
    static const char *const scaled[] = {"Retain", "Delete"};
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenScaled: %s, whenDeleted: Retain}, %s", scaled[_i],
                        claim_templates);
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(1, rest));
    mini_add(mini, object_from_yaml(&persistent_volume_claim_kind,
                                    "{metadata: {name: v-s-0, ownerReferences: [{apiVersion: v1, kind: Pod, name: s-0, "
                                    "uid: former, controller: true}]}, spec: {accessModes: [ReadWriteOnce], "
                                    "resources: {requests: {storage: 1Gi}}}}"));
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_msg(count_lines(mini, "create Pod ") == (_i == 0 ? 1 : 0), "%s:\n%s", scaled[_i], mini->log->str);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 stateful_set_utils_test.go, TestIsClaimOwnerUpToDate, TestUpdateClaimOwnerRefForSetAndPod: each policy, for
 * a pod that stays (1) and one that goes (2), whatever references to the set and the pod (bits 1, 2) and others (4)
 * were there: afterwards just those that the policy wants, the others as they were.
 */
static const struct {
    const char *scaled, *deleted;
    int ordinal;
    gboolean needs_pod, needs_set;
} policy_cases[] = {
    {"Retain", "Retain", 1, FALSE, FALSE}, {"Retain", "Retain", 2, FALSE, FALSE}, {"Retain", "Delete", 1, FALSE, TRUE},
    {"Retain", "Delete", 2, FALSE, TRUE},  {"Delete", "Retain", 2, TRUE, FALSE},  {"Delete", "Retain", 1, FALSE, FALSE},
    {"Delete", "Delete", 2, TRUE, FALSE},  {"Delete", "Delete", 1, FALSE, TRUE},
};

static gboolean
has_reference(const ApiObject *claim, const char *uid)
{
    for (guint i = 0; i < claim->meta->owner_references.count; i++)
        if (str_is(claim->meta->owner_references.items[i].uid, uid))
            return claim->meta->owner_references.items[i].controller == OPT_TRUE;
    return FALSE;
}

static void
add_reference(ApiObject *claim, const char *kind, const char *name, const char *uid, gboolean is_controller)
{
    *API_LIST_ADD(&api_edit_meta(claim)->owner_references) =
        (OwnerReference){.api_version = str_intern(strcmp(kind, "StatefulSet") == 0 ? "apps/v1" : "v1"),
                         .kind = str_intern(kind),
                         .name = str_intern(name),
                         .uid = str_intern(uid),
                         .controller = is_controller ? OPT_TRUE : OPT_UNSET};
}

START_TEST(policies_and_references)
{
    guint k = (guint)_i / 8;
    guint variation = (guint)_i % 8;
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenScaled: %s, whenDeleted: %s}, %s",
                        policy_cases[k].scaled, policy_cases[k].deleted, claim_templates);
    const char *claim_name = str_internf("v-s-%d", policy_cases[k].ordinal);
    const char *pod_name = str_internf("s-%d", policy_cases[k].ordinal);
    Mini *mini = mini_new();
    ApiObject *changed;
    const ApiObject *claim;
    const char *pod_uid;

    mini_add(mini, make_stateful_set(3, rest));
    settle(mini);
    pod_uid = api_uid(mini_get(mini, &pod_kind, "default", pod_name));
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(2);
    mini_put(mini, changed);
    changed = mini_edit(mini, &persistent_volume_claim_kind, claim_name);
    api_edit_meta(changed)->owner_references.count = 0;
    if (variation & 1)
        add_reference(changed, "StatefulSet", "s", api_uid(mini_get(mini, &stateful_set_kind, "default", "s")), TRUE);
    if (variation & 2)
        add_reference(changed, "Pod", pod_name, pod_uid, TRUE);
    if (variation & 4)
        add_reference(changed, "Pod", "rand1", "rand1-uid", FALSE);
    mini_put(mini, changed);
    mini_sync(mini, &stateful_set_controller, "default/s");
    claim = mini_get(mini, &persistent_volume_claim_kind, "default", claim_name);
    ck_assert_msg(has_reference(claim, pod_uid) == policy_cases[k].needs_pod &&
                      has_reference(claim, api_uid(mini_get(mini, &stateful_set_kind, "default", "s"))) ==
                          policy_cases[k].needs_set,
                  "%s/%s, pod %d, references %u:\n%s", policy_cases[k].scaled, policy_cases[k].deleted,
                  policy_cases[k].ordinal, variation, mini->log->str);
    ck_assert_uint_eq(claim->meta->owner_references.count, (policy_cases[k].needs_pod ? 1 : 0) +
                                                               (policy_cases[k].needs_set ? 1 : 0) +
                                                               (variation & 4 ? 1 : 0));
    mini_free(mini);
}
END_TEST

/*
 * The same file, TestHasUnexpectedController, TestClaimOwnerUpToDateEdgeCases, TestNonController: what one sync
 * makes of the references of a claim of a pod that stays; the set's own uid is put in for SET, the pod's for POD.
 */
static const struct {
    const char *name, *scaled, *deleted, *before, *after;
    gboolean is_told; /* of a conflict */
} edge_cases[] = {
    {"a custom controller", "Delete", "Delete", "v1/Custom/simon/other/1", "v1/Custom/simon/other/1", FALSE},
    {"a custom one that controls nothing", "Delete", "Delete", "v1/Custom/simon/other/0",
     "v1/Custom/simon/other/0 apps/v1/StatefulSet/s/SET/1", FALSE},
    {"another pod controls it", "Retain", "Delete", "v1/Pod/simon/other/1", "v1/Pod/simon/other/1", FALSE},
    {"another controller, but all is retained", "Retain", "Retain", "v1/Custom/simon/other/1",
     "v1/Custom/simon/other/1", FALSE},
    {"ours, and all is retained", "Retain", "Retain", "apps/v1/StatefulSet/s/SET/1", "", FALSE},
    {"ours and another one that controls", "Delete", "Delete", "apps/v1/StatefulSet/s/SET/1 v1/Custom/simon/other/1",
     "v1/Custom/simon/other/1", TRUE},
    {"ours and another one that does not", "Delete", "Delete", "apps/v1/StatefulSet/s/SET/1 v1/Custom/simon/other/0",
     "apps/v1/StatefulSet/s/SET/1 v1/Custom/simon/other/0", FALSE},
    {"the pod's and another one that controls", "Delete", "Delete", "v1/Pod/s-0/POD/1 v1/Custom/simon/other/1",
     "v1/Custom/simon/other/1", TRUE},
    {"ours, but not as a controller", "Retain", "Delete", "apps/v1/StatefulSet/s/SET/0", "apps/v1/StatefulSet/s/SET/1",
     FALSE},
    {"the pod's, but not as a controller, and it stays", "Delete", "Delete", "v1/Pod/s-0/POD/0",
     "apps/v1/StatefulSet/s/SET/1", FALSE},
    {"a former set's", "Retain", "Delete", "apps/v1/StatefulSet/s/stale/1", "apps/v1/StatefulSet/s/stale/1", FALSE},
    {"a former pod's", "Retain", "Delete", "v1/Pod/s-0/stale/1", "v1/Pod/s-0/stale/1", FALSE},
    {"a namesake of another kind", "Retain", "Delete", "v1/Service/s/other/0",
     "v1/Service/s/other/0 apps/v1/StatefulSet/s/SET/1", FALSE},
    {"the set as well as the pod", "Retain", "Delete", "apps/v1/StatefulSet/s/SET/1 v1/Pod/s-0/POD/1",
     "apps/v1/StatefulSet/s/SET/1", FALSE},
};

static void
put_references(Mini *mini, ApiObject *claim, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    api_edit_meta(claim)->owner_references.count = 0;
    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        g_auto(GStrv) parts = g_strsplit(words[i], "/", -1);
        guint count = g_strv_length(parts);
        const char *uid = parts[count - 2];

        if (strcmp(uid, "SET") == 0)
            uid = api_uid(mini_get(mini, &stateful_set_kind, "default", "s"));
        else if (strcmp(uid, "POD") == 0)
            uid = api_uid(mini_get(mini, &pod_kind, "default", "s-0"));
        add_reference(claim, parts[count - 4], parts[count - 3], uid, parts[count - 1][0] == '1');
    }
}

static const char *
print_references(Mini *mini, const ApiObject *claim)
{
    const char *text = "";

    for (guint i = 0; i < claim->meta->owner_references.count; i++) {
        const OwnerReference *owner = &claim->meta->owner_references.items[i];
        const char *uid = str_is(owner->uid, api_uid(mini_get(mini, &stateful_set_kind, "default", "s"))) ? "SET"
                          : str_is(owner->uid, api_uid(mini_get(mini, &pod_kind, "default", "s-0")))      ? "POD"
                                                                                                          : owner->uid;

        text = str_internf("%s%s%s/%s/%s/%s/%d", text, i > 0 ? " " : "", owner->api_version, owner->kind, owner->name,
                           uid, owner->controller == OPT_TRUE);
    }
    return text;
}

START_TEST(reference_edges)
{
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenScaled: %s, whenDeleted: %s}, %s",
                        edge_cases[_i].scaled, edge_cases[_i].deleted, claim_templates);
    Mini *mini = mini_new();
    ApiObject *changed;
    const char *got;

    mini_add(mini, make_stateful_set(1, rest));
    settle(mini);
    changed = mini_edit(mini, &persistent_volume_claim_kind, "v-s-0");
    put_references(mini, changed, edge_cases[_i].before);
    mini_put(mini, changed);
    mini_sync(mini, &stateful_set_controller, "default/s");
    got = print_references(mini, mini_get(mini, &persistent_volume_claim_kind, "default", "v-s-0"));
    ck_assert_msg(strcmp(got, edge_cases[_i].after) == 0, "%s: %s", edge_cases[_i].name, got);
    ck_assert_msg(count_lines(mini,
                              "event Warning ConflictingController PersistentVolumeClaim v-s-0 has a conflicting "
                              "OwnerReference that acts as a manging controller, the retention policy is ignored for "
                              "this claim") == (edge_cases[_i].is_told ? 1 : 0),
                  "%s:\n%s", edge_cases[_i].name, mini->log->str);
    mini_free(mini);
}
END_TEST

/* --- made ------------------------------------------------------------------------------------------------------ */

/*
 * v1.34 stateful_pod_control.go: the claim is made without an owner; it gets one once the pod is there, with the next
 * sync where the cache was behind, as long as the pod is Pending without a word about the pod.
 */
START_TEST(claim_before_pod)
{
    g_autofree char *rest =
        g_strdup_printf("persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}, %s", claim_templates);
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(1, rest));
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_msg(strstr(mini->log->str,
                         "create PersistentVolumeClaim v-s-0\n"
                         "event Normal SuccessfulCreate create Claim v-s-0 Pod s-0 in StatefulSet s success\n"
                         "create Pod s-0\n"
                         "event Normal SuccessfulCreate create Pod s-0 in StatefulSet s successful\n") != NULL,
                  "%s", mini->log->str);
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), "");
    set_phase(mini, "s-0", "Pending", FALSE);
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_str_eq(owner_kind(mini, "v-s-0"), "StatefulSet");
    ck_assert_uint_eq(count_lines(mini, "event "), 0);
    mini_free(mini);
}
END_TEST

/*
 * stateful_pod_control_test.go, TestStatefulPodControlCreatePodPvcCreateFailure, -CreatePodFailed,
 * -CreatePodPvcDeleting, -CreatePodExists.
 */
static const struct {
    const char *name;
    const ApiKind *refused;
    int code;
    gboolean is_claim_going;
    const char *want_events, *want_error;
} refusal_cases[] = {
    {"the claim is refused", &persistent_volume_claim_kind, 403, FALSE,
     "event Warning FailedCreate create Claim v-s-0 for Pod s-0 in StatefulSet s failed error: no\n"
     "event Warning FailedCreate create Pod s-0 in StatefulSet s failed error: failed to create PVC v-s-0: no\n",
     "no"},
    {"the pod is refused", &pod_kind, 403, FALSE,
     "event Normal SuccessfulCreate create Claim v-s-0 Pod s-0 in StatefulSet s success\n"
     "event Warning FailedCreate create Pod s-0 in StatefulSet s failed error: no\n",
     "no"},
    {"the claim is on its way out", NULL, 0, TRUE,
     "event Warning FailedCreate create Pod s-0 in StatefulSet s failed error: pvc v-s-0 is being deleted\n",
     "pvc v-s-0 is being deleted"},
    {"the pod is there already: an error, but no event", &pod_kind, 409, FALSE,
     "event Normal SuccessfulCreate create Claim v-s-0 Pod s-0 in StatefulSet s success\n", "no"},
};

START_TEST(claim_refusals)
{
    Mini *mini = mini_new();
    g_autoptr(GString) events = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    mini_add(mini, make_stateful_set(1, claim_templates));
    if (refusal_cases[_i].refused != NULL)
        mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                        .kind = refusal_cases[_i].refused,
                                        .code = refusal_cases[_i].code,
                                        .reason = refusal_cases[_i].code == 409 ? "AlreadyExists" : "Forbidden",
                                        .message = "no",
                                        .count = 1});
    if (refusal_cases[_i].is_claim_going) {
        ApiObject *claim = object_from_yaml(&persistent_volume_claim_kind,
                                            "{metadata: {name: v-s-0}, spec: {accessModes: [ReadWriteOnce], resources: "
                                            "{requests: {storage: 1Gi}}}}");

        api_edit_meta(claim)->deletion_time = MINI_EPOCH;
        mini_add(mini, claim);
    }
    mini_sync(mini, &stateful_set_controller, "default/s");
    lines = g_strsplit(mini->log->str, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], "event "))
            g_string_append_printf(events, "%s\n", lines[i]);
    ck_assert_msg(strcmp(events->str, refusal_cases[_i].want_events) == 0, "%s:\n%s", refusal_cases[_i].name,
                  events->str);
    ck_assert_pstr_eq(mini->error, refusal_cases[_i].want_error);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 0);
    /* TestStatefulSetStatusUpdate: whatever fails, the status is written. */
    ck_assert_uint_eq(count_lines(mini, "status StatefulSet s"), 1);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 stateful_set_control.go, runForAll with slowStartBatch (1, 2, 4 ...), over processReplica: with Parallel each
 * pod follows its own claims. One whose claim is on its way out is not made, but those of its batch are.
 */
static const struct {
    const char *name, *claim_going, *want;
} parallel_cases[] = {
    {"all are made", NULL, "v-s-0 s-0 v-s-1 s-1 v-s-2 s-2 v-s-3 s-3 "},
    {"one claim of the first batch is going", "v-s-0", ""},
    {"one claim of the second batch is going", "v-s-1", "v-s-0 s-0 v-s-2 s-2 "},
};

START_TEST(claims_in_parallel)
{
    g_autofree char *rest = g_strconcat("podManagementPolicy: Parallel,", claim_templates, NULL);
    g_autoptr(GString) made = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(4, rest));
    if (parallel_cases[_i].claim_going != NULL) {
        g_autofree char *text = g_strdup_printf("{metadata: {name: %s}, spec: {}}", parallel_cases[_i].claim_going);
        ApiObject *claim = object_from_yaml(&persistent_volume_claim_kind, text);

        api_edit_meta(claim)->deletion_time = MINI_EPOCH;
        mini_add(mini, claim);
    }
    mini_sync(mini, &stateful_set_controller, "default/s");
    lines = g_strsplit(mini->log->str, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], "create P"))
            g_string_append_printf(made, "%s ", strrchr(lines[i], ' ') + 1);
    ck_assert_msg(strcmp(made->str, parallel_cases[_i].want) == 0, "%s: %s", parallel_cases[_i].name, made->str);
    mini_free(mini);
}
END_TEST

/* stateful_set_control_test.go, RecreatesPVCForPendingPod: only as long as it is Pending. */
START_TEST(claim_that_is_lost)
{
    static const char *const phases[] = {"Pending", "Running"};
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(1, claim_templates));
    mini_sync(mini, &stateful_set_controller, "default/s");
    set_phase(mini, "s-0", phases[_i], FALSE);
    mini_remove(mini, mini_get(mini, &persistent_volume_claim_kind, "default", "v-s-0"));
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_uint_eq(count_lines(mini, "create PersistentVolumeClaim v-s-0"), _i == 0 ? 1 : 0);
    mini_free(mini);
}
END_TEST

/*
 * The same file, TestStatefulSetControlScaleDownDeleteError, NewRevisionDeletePodFailure: a deletion that is refused
 * is told of and tried again; the numbers are as if it had not been asked for. One of a pod that is gone already is
 * told of too; stateful_set_control.go, updateStatefulSet: in an update it counts as deleted, and is no error.
 */
static const struct {
    const char *name;
    int code, replicas;
    const char *image;
    gint32 want_current;
} delete_cases[] = {
    {"a scale-down", 500, 2, "i:1", 3},
    {"an update", 500, 3, "i:2", 3},
    {"a scale-down of one that is gone", 404, 2, "i:1", 3},
    {"an update of one that is gone", 404, 3, "i:2", 2},
};

/*
 * The same function: a pod that has ended is deleted for that by processReplica; with Parallel the update then finds it,
 * as it was listed, outdated and not on its way out, and asks again.
 */
START_TEST(ended_and_outdated)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(1, "podManagementPolicy: Parallel,"));
    settle(mini);
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->template_.spec.containers.items[0].image = str_intern("i:2");
    mini_put(mini, changed);
    set_phase(mini, "s-0", "Failed", FALSE);
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_uint_eq(count_lines(mini, "event Normal SuccessfulDelete delete Pod s-0 in StatefulSet s successful"), 1);
    ck_assert_uint_eq(count_lines(mini, "event Warning FailedDelete delete Pod s-0 in StatefulSet s failed error: pods "
                                        "\"s-0\" NotFound"),
                      1);
    ck_assert_ptr_null(mini->error);
    mini_free(mini);
}
END_TEST

START_TEST(delete_refusals)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(3, ""));
    settle(mini);
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(delete_cases[_i].replicas);
    ((StatefulSetSpec *)api_edit_spec(changed))->template_.spec.containers.items[0].image =
        str_intern(delete_cases[_i].image);
    mini_put(mini, changed);
    mini_refuse(mini, (MiniRefusal){.type = STEP_DELETE,
                                    .kind = &pod_kind,
                                    .code = delete_cases[_i].code,
                                    .reason = delete_cases[_i].code == 404 ? "NotFound" : "InternalError",
                                    .message = "no",
                                    .count = 1});
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_msg(count_lines(mini, "event Warning FailedDelete delete Pod s-2 in StatefulSet s failed error: no") == 1,
                  "%s:\n%s", delete_cases[_i].name, mini->log->str);
    ck_assert_msg((mini->error == NULL) == (delete_cases[_i].want_current < 3), "%s: %s", delete_cases[_i].name,
                  mini->error);
    ck_assert_int_eq(stateful_set_status(mini_get(mini, &stateful_set_kind, "default", "s"))->current_replicas,
                     delete_cases[_i].want_current);
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_uint_eq(count_lines(mini, "event Normal SuccessfulDelete delete Pod s-2 in StatefulSet s successful"), 1);
    mini_free(mini);
}
END_TEST

/*
 * stateful_set_utils_test.go, TestGetPersistentVolumeClaims: labels of the selector beside, and before, those of the
 * template.
 */
static const struct {
    const char *template_labels, *want;
} label_cases[] = {{"", "a=s"}, {"labels: {test: test},", "a=s,test=test"}, {"labels: {a: other},", "a=s"}};

START_TEST(claim_labels)
{
    g_autofree char *rest =
        g_strdup_printf("volumeClaimTemplates: [{metadata: {%s name: datadir}, spec: {accessModes: [ReadWriteOnce], "
                        "resources: {requests: {storage: 1Gi}}}}],",
                        label_cases[_i].template_labels);
    Mini *mini = mini_new();
    const ApiObject *claim;

    mini_add(mini, make_stateful_set(1, rest));
    mini_sync(mini, &stateful_set_controller, "default/s");
    claim = mini_get(mini, &persistent_volume_claim_kind, "default", "datadir-s-0");
    ck_assert_ptr_nonnull(claim);
    ck_assert_str_eq(str_map_format(&claim->meta->labels, ""), label_cases[_i].want);
    ck_assert_str_eq(pod_spec(mini_get(mini, &pod_kind, "default", "s-0"))
                         ->volumes.items[0]
                         .persistent_volume_claim->claim_name,
                     "datadir-s-0");
    mini_free(mini);
}
END_TEST

Suite *
statefulset_claims_suite(void)
{
    Suite *suite = suite_create("claims of stateful sets");
    TCase *tests = tcase_create("claims");

    tcase_add_loop_test(tests, stateful_retention, 0, G_N_ELEMENTS(retention_cases));
    tcase_add_loop_test(tests, stateful_claim_owners, 0, G_N_ELEMENTS(owner_cases));
    tcase_add_test(tests, stateful_takes_claim);
    tcase_add_test(tests, stateful_policy_changes);
    tcase_add_loop_test(tests, stateful_stale_claim, 0, 2);
    tcase_add_loop_test(tests, policies_and_references, 0, 8 * G_N_ELEMENTS(policy_cases));
    tcase_add_loop_test(tests, reference_edges, 0, G_N_ELEMENTS(edge_cases));
    tcase_add_test(tests, claim_before_pod);
    tcase_add_loop_test(tests, claim_refusals, 0, G_N_ELEMENTS(refusal_cases));
    tcase_add_loop_test(tests, claim_that_is_lost, 0, 2);
    tcase_add_loop_test(tests, claims_in_parallel, 0, G_N_ELEMENTS(parallel_cases));
    tcase_add_loop_test(tests, delete_refusals, 0, G_N_ELEMENTS(delete_cases));
    tcase_add_test(tests, ended_and_outdated);
    tcase_add_loop_test(tests, claim_labels, 0, G_N_ELEMENTS(label_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
