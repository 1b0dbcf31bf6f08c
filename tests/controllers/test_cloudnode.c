/* test_cloudnode.c - source: v1.34 staging/src/k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller_test.go */

#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

typedef enum { NO_CLOUD, GONE, RUNS, OFF } MachineState;

static gboolean
instance(gpointer user, const char *node, const char *provider_id, CloudInstance *out_instance)
{
    (void)node;
    (void)provider_id;
    out_instance->is_off = GPOINTER_TO_INT(user) == OFF;
    return GPOINTER_TO_INT(user) != GONE;
}

#define SHUTDOWN "node.cloudprovider.kubernetes.io/shutdown"
#define UNBORN   "node.cloudprovider.kubernetes.io/uninitialized"
#define DELETED  "event Normal DeletingNode Deleting node n1 because it does not exist in the cloud provider\ndelete Node n1"
#define PATCHED  "patch Node n1"

static const struct {
    const char *name, *ready; /* "": no condition yet */
    MachineState machine;
    const char *taint; /* that it has, "KEY:NoExecute" too; NULL: none */
    int age_s;
    const char *provider_id;
    const char *wanted;
    gboolean is_tainted; /* with the shutdown taint, afterwards */
} rows[] = {
    {"not ready, gone: deleted", "False", GONE, NULL, 3600, "x://1", DELETED, FALSE},
    {"not heard of, gone: deleted", "Unknown", GONE, NULL, 3600, "x://1", DELETED, FALSE},
    {"never ready, gone: deleted", "", GONE, NULL, 3600, "x://1", DELETED, FALSE},
    {"not ready, there: kept", "Unknown", RUNS, NULL, 3600, "x://1", "", FALSE},
    {"ready, gone: nobody asks", "True", GONE, NULL, 3600, "x://1", "", FALSE},
    {"no cloud", "Unknown", NO_CLOUD, NULL, 3600, "x://1", "", FALSE},
    {"not heard of, switched off: tainted", "Unknown", OFF, NULL, 3600, "x://1", PATCHED, TRUE},
    {"not ready, switched off: tainted", "False", OFF, NULL, 3600, "x://1", PATCHED, TRUE},
    {"ready, switched off: nobody asks", "True", OFF, NULL, 3600, "x://1", "", FALSE},
    {"switched off and tainted: kept so", "Unknown", OFF, SHUTDOWN, 3600, "x://1", "", TRUE},
    {"runs, not ready yet: taint stays", "False", RUNS, SHUTDOWN, 3600, "x://1", "", TRUE},
    {"ready again: taint goes", "True", RUNS, SHUTDOWN, 3600, "x://1", PATCHED, FALSE},
    {"tainted to another effect: that is another taint", "Unknown", OFF, SHUTDOWN ":NoExecute", 3600, "x://1", PATCHED, TRUE},
    {"... which stays when it is ready again", "True", RUNS, SHUTDOWN ":NoExecute", 3600, "x://1", "", TRUE},
    {"... and an uninitialized one is not young by it", "False", GONE, UNBORN ":NoExecute", 10, NULL, DELETED, FALSE},
    {"gone: taints do not matter", "Unknown", GONE, SHUTDOWN, 3600, "x://1", DELETED, FALSE},
    {"younger than a minute, not initialized: waits", "False", GONE, UNBORN, 59, NULL, "", FALSE},
    {"a minute old, not initialized: deleted", "False", GONE, UNBORN, 60, NULL, DELETED, FALSE},
    {"young, but with a providerID: deleted", "False", GONE, UNBORN, 10, "x://1", DELETED, FALSE},
    {"young, without the taint: deleted", "False", GONE, NULL, 10, NULL, DELETED, FALSE},
};

START_TEST(test_row)
{
    Mini *mini = mini_new();
    ControllersConfig config;
    ApiObject *node = make_node("n1", "z");
    const ApiObject *after;
    gboolean is_tainted = FALSE;

    controllers_config_init(&config, 34);
    config.cloud_instance = rows[_i].machine != NO_CLOUD ? instance : NULL;
    config.cloud_user = GINT_TO_POINTER(rows[_i].machine);
    mini->config = &config;
    ((NodeStatus *)api_edit_status(node))->conditions.count = 0;
    if (*rows[_i].ready != '\0')
        set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", rows[_i].ready, "x", 0);
    if (rows[_i].taint != NULL) {
        g_auto(GStrv) words = g_strsplit(rows[_i].taint, ":", 2);

        *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
            (Taint){.key = str_intern(words[0]), .effect = str_intern(words[1] != NULL ? words[1] : "NoSchedule")};
    }
    ((NodeSpec *)api_edit_spec(node))->provider_id = rows[_i].provider_id != NULL ? str_intern(rows[_i].provider_id) : NULL;
    api_edit_meta(node)->creation_time = mini_wall_ns(mini) - rows[_i].age_s * NS_PER_S;
    mini_add(mini, node);
    mini_tick(mini, &cloud_node_lifecycle_controller);
    mini_check_log(mini, rows[_i].name, rows[_i].wanted);
    after = mini_get(mini, &node_kind, NULL, "n1");
    for (guint i = 0; after != NULL && i < node_spec(after)->taints.count; i++)
        is_tainted = is_tainted || str_is(node_spec(after)->taints.items[i].key, SHUTDOWN);
    ck_assert_msg(is_tainted == rows[_i].is_tainted, "%s", rows[_i].name);
    mini_free(mini);
}
END_TEST

Suite *
cloudnode_suite(void)
{
    Suite *suite = suite_create("controllers/cloudnode");
    TCase *tcase = tcase_create("cloudnode");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
