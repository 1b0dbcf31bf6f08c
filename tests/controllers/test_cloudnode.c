/* test_cloudnode.c - source: v1.34 staging/src/k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller_test.go */

#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static gboolean
has_node(gpointer user, const char *node)
{
    (void)node;
    return GPOINTER_TO_INT(user);
}

#define DELETED "event Normal DeletingNode Deleting node n1 because it does not exist in the cloud provider\ndelete Node n1"

static const struct {
    const char *name, *ready; /* "": no condition yet */
    gboolean has_cloud, is_there;
    const char *wanted;
} rows[] = {
    {"not ready, gone: deleted", "False", TRUE, FALSE, DELETED},
    {"not heard of, gone: deleted", "Unknown", TRUE, FALSE, DELETED},
    {"never ready, gone: deleted", "", TRUE, FALSE, DELETED},
    {"not ready, there: kept", "Unknown", TRUE, TRUE, ""},
    {"ready, gone: nobody asks", "True", TRUE, FALSE, ""},
    {"no cloud", "Unknown", FALSE, FALSE, ""},
};

START_TEST(test_row)
{
    Mini *mini = mini_new();
    ControllersConfig config;
    ApiObject *node = make_node("n1", "z");

    controllers_config_init(&config, 34);
    config.cloud_has_node = rows[_i].has_cloud ? has_node : NULL;
    config.cloud_user = GINT_TO_POINTER(rows[_i].is_there);
    mini->config = &config;
    ((NodeStatus *)api_edit_status(node))->conditions.count = 0;
    if (*rows[_i].ready != '\0')
        set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", rows[_i].ready, "x", 0);
    mini_add(mini, node);
    mini_tick(mini, &cloud_node_lifecycle_controller);
    mini_check_log(mini, rows[_i].name, rows[_i].wanted);
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
