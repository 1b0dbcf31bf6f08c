#include "controllers/cidrset.h"
#include "controllers/util.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- namespaces ---------------------------------------------------------------------------------------- */

static ApiObject *
make_namespace(const char *name, gboolean is_deleting, gint64 wall_ns)
{
    ApiObject *namespace_ = api_object_new(&namespace_kind, NULL, str_intern(name));

    str_list_add(&((NamespaceSpec *)api_edit_spec(namespace_))->finalizers,
                 str_intern("kubernetes"));
    ((NamespaceStatus *)api_edit_status(namespace_))->phase =
        str_intern(is_deleting ? "Terminating" : "Active");
    if (is_deleting)
        api_edit_meta(namespace_)->deletion_time = wall_ns;
    return namespace_;
}

static const char *
condition_text(Mini *mini, const char *type)
{
    const Condition *condition =
        condition_find(&namespace_status(mini_nth(mini, &namespace_kind, 0))->conditions, type);

    return condition == NULL ? "-" : str_internf("%s %s", condition->status, condition->reason);
}

/* v1.34 pkg/controller/namespace/deletion, recorded: pods first, five conditions False; the rest when they are gone. */
START_TEST(test_deletion)
{
    Mini *mini = mini_new();
    ApiObject *pod = make_pod(NULL, "p", "n1", "Running", TRUE);

    ((PodSpec *)api_edit_spec(pod))->termination_grace_s = OPT_INT64(30);
    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    mini_add(mini, pod);
    mini->now_ns += 5 * NS_PER_S;
    mini_sync(mini, &namespace_controller, "default");
    mini_check_log(mini, "first pass",
                   "get Namespace default\n"
                   "delete all Pod -\n"
                   "status Namespace default");
    ck_assert_str_eq(condition_text(mini, "NamespaceContentRemaining"), "False ContentRemoved");
    ck_assert_str_eq(condition_text(mini, "NamespaceFinalizersRemaining"),
                     "False ContentHasNoFinalizers");
    ck_assert_int_eq(mini->requeue_ns, 16 * NS_PER_S);

    mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    mini_sync(mini, &namespace_controller, "default");
    /* every kind that lives in namespaces, each once, after the pods */
    for (guint i = 0; api_kinds[i] != NULL; i++) {
        g_autofree char *line = g_strdup_printf("\ndelete all %s -\n", api_kinds[i]->kind);

        ck_assert_msg((strstr(mini->log->str, line) != NULL) == (api_kinds[i]->is_namespaced && !api_kinds[i]->is_custom), "%s",
                      api_kinds[i]->kind);
    }
    ck_assert(g_str_has_prefix(mini->log->str, "get Namespace default\ndelete all Pod -\n"));
    ck_assert(g_str_has_suffix(mini->log->str, "\nupdate Namespace default\n"));
    ck_assert_uint_eq(((const NamespaceSpec *)mini_nth(mini, &namespace_kind, 0)->spec)
                          ->finalizers.count,
                      0);
    mini_free(mini);
}
END_TEST

/*
 * v1.32 deletion/namespaced_resources_deleter.go, deleteAllContent (gate OrderedNamespaceDeletion closed): everything
 * in one pass; the conditions say what remains. The grace is 30 s.
 */
static const struct {
    const char *name;
    gint64 age_s;
    const char *finalizer; /* of the pod */
    const char *finalizers_message;
    gint64 requeue_s; /* -1: an error */
} unordered_cases[] = {
    {"pods take their grace", 5, NULL, "All content-preserving finalizers finished", 16},
    {"pods outlive their grace", 31, NULL, "All content-preserving finalizers finished", -1},
    {"pods that are held", 31, "example.com/hold",
     "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances", 8},
};

START_TEST(test_unordered)
{
    static const char error[] = "unexpected items still remain in namespace: default for gvr: /v1, Resource=pods";
    Mini *mini = mini_new();
    ApiObject *pod = make_pod(NULL, "p", "n1", "Running", TRUE);
    gboolean fails = unordered_cases[_i].requeue_s < 0;
    const ConditionList *conditions;

    mini->version_minor = 32;
    ((PodSpec *)api_edit_spec(pod))->termination_grace_s = OPT_INT64(30);
    if (unordered_cases[_i].finalizer != NULL)
        str_list_add(&api_edit_meta(pod)->finalizers, str_intern(unordered_cases[_i].finalizer));
    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    mini_add(mini, pod);
    mini->now_ns += unordered_cases[_i].age_s * NS_PER_S;
    mini_sync(mini, &namespace_controller, "default");
    ck_assert(strstr(mini->log->str, "\ndelete all Pod -\n") != NULL);
    ck_assert(strstr(mini->log->str, "\ndelete all ConfigMap -\n") != NULL);
    conditions = &namespace_status(mini_nth(mini, &namespace_kind, 0))->conditions;
    ck_assert_str_eq(condition_find(conditions, "NamespaceContentRemaining")->message,
                     "Some resources are remaining: pods. has 1 resource instances");
    ck_assert_str_eq(condition_find(conditions, "NamespaceFinalizersRemaining")->message,
                     unordered_cases[_i].finalizers_message);
    ck_assert_str_eq(condition_text(mini, "NamespaceDeletionContentFailure"),
                     fails ? "True ContentDeletionFailed" : "False ContentDeleted");
    ck_assert_pstr_eq(mini->error, fails ? error : NULL);
    if (!fails)
        ck_assert_int_eq(mini->requeue_ns, unordered_cases[_i].requeue_s * NS_PER_S);
    mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    mini_sync(mini, &namespace_controller, "default");
    ck_assert(g_str_has_suffix(mini->log->str, "\nupdate Namespace default\n"));
    mini_free(mini);
}
END_TEST

/* Pods that outlive their grace: an error, so that it is tried again with back-off. */
START_TEST(test_pods_outlive_grace)
{
    Mini *mini = mini_new();

    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    mini_add(mini, make_pod(NULL, "p", "n1", "Running", TRUE));
    mini->now_ns += 31 * NS_PER_S;
    mini_sync(mini, &namespace_controller, "default");
    ck_assert_str_eq(mini->error,
                     "failed to delete pods for namespace: default, err: unexpected items still "
                     "remain in namespace: default for gvr: /v1, Resource=pods");
    ck_assert_str_eq(condition_text(mini, "NamespaceDeletionContentFailure"),
                     "True ContentDeletionFailed");
    ck_assert_str_eq(
        condition_find(&namespace_status(mini_nth(mini, &namespace_kind, 0))->conditions,
                       "NamespaceDeletionContentFailure")
            ->message,
        "Failed to delete all resource types, 1 remaining: unexpected items still remain in "
        "namespace: default for gvr: /v1, Resource=pods");
    mini_free(mini);
}
END_TEST

/* finalizerEstimateSeconds: pods that finalizers hold are no error, they are waited for. */
START_TEST(test_held_pods_are_waited_for)
{
    Mini *mini = mini_new();
    ApiObject *pod = make_pod(NULL, "p", "n1", "Running", TRUE);

    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    str_list_add(&api_edit_meta(pod)->finalizers, str_intern("example.com/hold"));
    mini_add(mini, pod);
    mini->now_ns += 31 * NS_PER_S;
    mini_sync(mini, &namespace_controller, "default");
    ck_assert_ptr_null(mini->error);
    ck_assert_int_eq(mini->requeue_ns, 8 * NS_PER_S);
    ck_assert_str_eq(condition_text(mini, "NamespaceDeletionContentFailure"), "False ContentDeleted");
    mini_free(mini);
}
END_TEST

/* The five conditions word for word (v1.34 deletion/status_condition_utils.go). */
START_TEST(test_condition_words)
{
    static const char *const words[][3] = {
        {"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
         "All resources successfully discovered"},
        {"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
         "All legacy kube types successfully parsed"},
        {"NamespaceDeletionContentFailure", "ContentDeleted",
         "All content successfully deleted, may be waiting on finalization"},
        {"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"},
        {"NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
         "All content-preserving finalizers finished"},
    };
    Mini *mini = mini_new();
    const ConditionList *conditions;

    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    mini_add(mini, make_pod(NULL, "p", "n1", "Running", TRUE));
    mini_sync(mini, &namespace_controller, "default");
    conditions = &namespace_status(mini_nth(mini, &namespace_kind, 0))->conditions;
    ck_assert_uint_eq(conditions->count, G_N_ELEMENTS(words));
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        ck_assert_str_eq(conditions->items[i].type, words[i][0]);
        ck_assert_str_eq(conditions->items[i].status, "False");
        ck_assert_str_eq(conditions->items[i].reason, words[i][1]);
        ck_assert_str_eq(conditions->items[i].message, words[i][2]);
    }
    mini_free(mini);
}
END_TEST

START_TEST(test_finalizers_hold)
{
    Mini *mini = mini_new();
    ApiObject *map = api_object_new(&config_map_kind, str_intern("default"), str_intern("m"));

    mini_add(mini, make_namespace("default", TRUE, mini_wall_ns(mini)));
    str_list_add(&api_edit_meta(map)->finalizers, str_intern("example.com/hold"));
    mini_add(mini, map);
    mini_sync(mini, &namespace_controller, "default");
    ck_assert_str_eq(condition_text(mini, "NamespaceContentRemaining"), "True SomeResourcesRemain");
    ck_assert_str_eq(
        condition_find(&namespace_status(mini_nth(mini, &namespace_kind, 0))->conditions,
                       "NamespaceFinalizersRemaining")
            ->message,
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource "
        "instances");
    ck_assert_int_eq(mini->requeue_ns, 8 * NS_PER_S);
    mini_free(mini);
}
END_TEST

/* --- what every namespace has -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    gboolean is_deleting;
    const char *account_log, *map_log;
} content_cases[] = {
    {"active", FALSE, "create ServiceAccount default", "create ConfigMap kube-root-ca.crt"},
    {"terminating", TRUE, "", ""},
};

START_TEST(test_contents)
{
    Mini *mini = mini_new();

    mini_add(mini, make_namespace("default", content_cases[_i].is_deleting, mini_wall_ns(mini)));
    mini_sync(mini, &service_account_controller, "default");
    mini_check_log(mini, content_cases[_i].name, content_cases[_i].account_log);
    mini_sync(mini, &root_ca_controller, "default");
    mini_check_log(mini, content_cases[_i].name, content_cases[_i].map_log);
    mini_sync(mini, &service_account_controller, "default");
    mini_check_log(mini, "nothing more", "");
    mini_sync(mini, &root_ca_controller, "default");
    mini_check_log(mini, "nothing more", "");
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/certificates/rootcacertpublisher/publisher_test.go, TestConfigMapCreation, TestConfigMapUpdateNoHotLoop */
static const struct {
    const char *name;
    const char *data;  /* of the ConfigMap that is there; NULL: none; "": as published */
    const char *about; /* the annotation that tells what it is for; NULL: none, "": as published */
    const char *want;
} ca_cases[] = {
    {"create new namespace, delete ca configmap", NULL, NULL, "create ConfigMap kube-root-ca.crt"},
    {"delete other configmap, update with correct content", "", "", ""},
    {"update with wrong content", "{ca.crt: fake}", "", "update ConfigMap kube-root-ca.crt"},
    {"a key too many", "{ca.crt: fake, x: 'y'}", "", "update ConfigMap kube-root-ca.crt"},
    {"no key", "{}", "", "update ConfigMap kube-root-ca.crt"},
    {"configmap with other annotation value, keep", "", "other", ""},
    {"configmap without annotation, add it", "", NULL, "update ConfigMap kube-root-ca.crt"},
};

START_TEST(test_root_ca)
{
    const char *annotation = str_intern("kubernetes.io/description");
    Mini *mini = mini_new();

    mini_add(mini, make_namespace("default", FALSE, 0));
    if (ca_cases[_i].want[0] != 'c') {
        ApiObject *map;

        mini_sync(mini, &root_ca_controller, "default");
        mini_check_log(mini, "published", "create ConfigMap kube-root-ca.crt");
        map = mini_edit(mini, &config_map_kind, "kube-root-ca.crt");
        if (ca_cases[_i].about == NULL)
            str_map_remove(&api_edit_meta(map)->annotations, annotation);
        else if (ca_cases[_i].about[0] != '\0')
            str_map_set(&api_edit_meta(map)->annotations, annotation, str_intern(ca_cases[_i].about));
        if (ca_cases[_i].data[0] != '\0') {
            g_autofree char *text = g_strdup_printf("{metadata: {name: m}, data: %s}", ca_cases[_i].data);
            ApiObject *other = object_from_yaml(&config_map_kind, text);
            StrMap *data = &((ConfigMapBody *)api_edit_body(map))->data;

            str_map_clear(data);
            for (guint i = 0; i < ((const ConfigMapBody *)other->body)->data.count; i++)
                str_map_set(data, ((const ConfigMapBody *)other->body)->data.items[i].key,
                            ((const ConfigMapBody *)other->body)->data.items[i].value);
            api_object_unref(other);
        }
        mini_put(mini, map);
    }
    mini_sync(mini, &root_ca_controller, "default");
    mini_check_log(mini, ca_cases[_i].name, ca_cases[_i].want);
    mini_sync(mini, &root_ca_controller, "default");
    mini_check_log(mini, "no hot loop", "");
    mini_free(mini);
}
END_TEST

/* TestServiceAccountCreation: which are there, and what the loss of one leads to. */
static const struct {
    const char *name, *present; /* a ServiceAccount that is there; NULL: none */
    gboolean is_active;
    const char *want;
} account_cases[] = {
    {"new active namespace missing serviceaccounts", NULL, TRUE, "create ServiceAccount default"},
    {"new active namespace having serviceaccounts", "default", TRUE, ""},
    {"... having others", "managed", TRUE, "create ServiceAccount default"},
    {"new terminating namespace", NULL, FALSE, ""},
    {"deleted serviceaccount with terminating namespace", "managed", FALSE, ""},
};

START_TEST(test_accounts)
{
    Mini *mini = mini_new();

    mini_add(mini, make_namespace("default", !account_cases[_i].is_active, mini_wall_ns(mini)));
    if (account_cases[_i].present != NULL)
        mini_add(mini, api_object_new(&service_account_kind, str_intern("default"), str_intern(account_cases[_i].present)));
    mini_sync(mini, &service_account_controller, "default");
    mini_check_log(mini, account_cases[_i].name, account_cases[_i].want);
    mini_free(mini);
}
END_TEST

/* "deleted serviceaccount without namespace", "create new namespace" that is gone by now; and it may go just then. */
START_TEST(test_namespace_gone)
{
    static const struct {
        int code;
        const char *error; /* of the certificate publisher, and of the accounts' */
        const char *account_error;
    } rows[] = {{404, NULL, "no"}, {409, "no", NULL}, {500, "no", "no"}};
    Mini *mini = mini_new();

    mini_sync(mini, &service_account_controller, "default");
    mini_sync(mini, &root_ca_controller, "default");
    mini_check_log(mini, "no such namespace", "");
    mini_add(mini, make_namespace("default", FALSE, 0));
    for (guint i = 0; i < 2; i++)
        mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                        .kind = i == 0 ? &config_map_kind : &service_account_kind,
                                        .code = rows[_i].code,
                                        .reason = "x",
                                        .message = "no",
                                        .count = 9});
    mini_sync(mini, &root_ca_controller, "default");
    ck_assert_pstr_eq(mini->error, rows[_i].error);
    mini_sync(mini, &service_account_controller, "default");
    ck_assert_pstr_eq(mini->error, rows[_i].account_error);
    mini_free(mini);
}
END_TEST

/* --- node CIDRs: v1.34 pkg/controller/nodeipam/ipam/cidrset/cidr_set_test.go ------------------------------------ */

START_TEST(test_cidr_order)
{
    g_autofree char *message = NULL;
    CidrSet *set = cidr_set_new("10.244.0.0/16", 24, &message);

    ck_assert_str_eq(cidr_set_allocate(set), "10.244.0.0/24");
    ck_assert_str_eq(cidr_set_allocate(set), "10.244.1.0/24");
    ck_assert_str_eq(cidr_set_allocate(set), "10.244.2.0/24");
    ck_assert(cidr_set_release(set, "10.244.0.0/24"));
    ck_assert_str_eq(cidr_set_allocate(set), "10.244.3.0/24");
    cidr_set_free(set);
}
END_TEST

/* TestCIDRSetFullyAllocated */
START_TEST(test_cidr_full)
{
    g_autofree char *message = NULL;
    CidrSet *set = cidr_set_new("127.123.234.0/30", 30, &message);

    ck_assert_str_eq(cidr_set_allocate(set), "127.123.234.0/30");
    ck_assert_ptr_null(cidr_set_allocate(set));
    ck_assert(cidr_set_release(set, "127.123.234.0/30"));
    ck_assert_str_eq(cidr_set_allocate(set), "127.123.234.0/30");
    cidr_set_free(set);
}
END_TEST

/* TestIndexToCIDRBlock, TestOccupy, and what is refused */
START_TEST(test_cidr_blocks)
{
    g_autofree char *message = NULL;
    g_autofree char *too_big = NULL;
    g_autofree char *misfit = NULL;
    CidrSet *set = cidr_set_new("127.123.3.0/16", 24, &message);

    ck_assert_str_eq(cidr_set_name(set, 0), "127.123.0.0/24");
    ck_assert(cidr_set_occupy(set, "127.123.0.0/23"));
    ck_assert_str_eq(cidr_set_allocate(set), "127.123.2.0/24");
    ck_assert(!cidr_set_occupy(set, "128.0.0.0/24"));
    ck_assert(cidr_set_occupy(set, "127.0.0.0/8"));
    ck_assert_ptr_null(cidr_set_allocate(set));
    cidr_set_free(set);
    ck_assert_ptr_null(cidr_set_new("fd00::/40", 64, &too_big));
    ck_assert_str_eq(too_big, "New CIDR set failed; the node CIDR size is too big");
    ck_assert_ptr_null(cidr_set_new("10.0.0.0/24", 16, &misfit));
    set = cidr_set_new("fd00:1234::/48", 64, &message);
    ck_assert_str_eq(cidr_set_name(set, 258), "fd00:1234:0:102::/64");
    cidr_set_free(set);
}
END_TEST

START_TEST(test_node_ipam)
{
    Mini *mini = mini_new();
    ApiObject *taken = make_node("b", NULL);

    mini->state = node_ipam_controller.new_state();
    ((NodeSpec *)api_edit_spec(taken))->pod_cidr = str_intern("10.244.0.0/24");
    mini_add(mini, make_node("a", NULL));
    mini_add(mini, taken);
    mini_sync(mini, &node_ipam_controller, "a");
    mini_check_log(mini, "patched", "patch Node a");
    ck_assert_str_eq(node_spec(mini_nth(mini, &node_kind, 0))->pod_cidr, "10.244.1.0/24");
    ck_assert_str_eq(node_spec(mini_nth(mini, &node_kind, 0))->pod_cidrs.items[0], "10.244.1.0/24");
    node_ipam_controller.free_state(mini->state);
    mini_free(mini);
}
END_TEST

START_TEST(test_no_cidr_left)
{
    Mini *mini = mini_new();
    ControllersConfig config;

    controllers_config_init(&config, 34);
    config.cluster_cidr = str_intern("10.244.0.0/24");
    mini->config = &config;
    mini->state = node_ipam_controller.new_state();
    mini_add(mini, make_node("a", NULL));
    mini_add(mini, make_node("b", NULL));
    mini_sync(mini, &node_ipam_controller, "a");
    mini_sync(mini, &node_ipam_controller, "b");
    mini_check_log(mini, "none left",
                   "event Normal CIDRNotAvailable Node b status is now: CIDRNotAvailable");
    ck_assert_str_eq(node_ipam_controller.component, "cidrAllocator");
    ck_assert(api_uid(mini->subject) != NULL && mini->subject->resource_version == 0);
    ck_assert_ptr_nonnull(mini->error);
    node_ipam_controller.free_state(mini->state);
    mini_free(mini);
}
END_TEST

Suite *
namespace_suite(void)
{
    Suite *suite = suite_create("namespace, accounts, node CIDRs");
    TCase *tcase = tcase_create("namespace");

    tcase_add_test(tcase, test_deletion);
    tcase_add_test(tcase, test_pods_outlive_grace);
    tcase_add_loop_test(tcase, test_unordered, 0, G_N_ELEMENTS(unordered_cases));
    tcase_add_test(tcase, test_held_pods_are_waited_for);
    tcase_add_test(tcase, test_condition_words);
    tcase_add_test(tcase, test_finalizers_hold);
    tcase_add_loop_test(tcase, test_contents, 0, G_N_ELEMENTS(content_cases));
    tcase_add_loop_test(tcase, test_root_ca, 0, G_N_ELEMENTS(ca_cases));
    tcase_add_loop_test(tcase, test_accounts, 0, G_N_ELEMENTS(account_cases));
    tcase_add_loop_test(tcase, test_namespace_gone, 0, 3);
    tcase_add_test(tcase, test_cidr_order);
    tcase_add_test(tcase, test_cidr_full);
    tcase_add_test(tcase, test_cidr_blocks);
    tcase_add_test(tcase, test_node_ipam);
    tcase_add_test(tcase, test_no_cidr_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
