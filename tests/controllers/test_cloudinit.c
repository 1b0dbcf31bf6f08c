/* test_cloudinit.c - source: v1.34 staging/src/k8s.io/cloud-provider/controllers/node/node_controller_test.go */

#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define TAINT "node.cloudprovider.kubernetes.io/uninitialized"
#define ZONE  "topology.kubernetes.io/zone"

static CloudInstance told;
static const char *asked_for;

static gboolean
instance(gpointer user, const char *node, const char *provider_id, CloudInstance *out_instance)
{
    (void)node;
    asked_for = provider_id;
    if (user == NULL)
        return FALSE;
    *out_instance = told;
    return TRUE;
}

#define SYNCED "event Normal Synced Node synced successfully"

static const struct {
    const char *name;
    gboolean is_tainted, has_machine, has_addresses;
    guint conflicts;
    const char *provider_id;
    const char *wanted, *provider_after;
    const char *error;
} rows[] = {
    {"new: written down, then its addresses", TRUE, TRUE, FALSE, 0, NULL, "update Node n1\npatch Node n1\n" SYNCED, "x://7", NULL},
    {"addresses are right already", TRUE, TRUE, TRUE, 0, NULL, "update Node n1\n" SYNCED, "x://7", NULL},
    {"it knows its machine: kept", TRUE, TRUE, TRUE, 0, "x://3", "update Node n1\n" SYNCED, "x://3", NULL},
    {"somebody was quicker twice", TRUE, TRUE, TRUE, 2, NULL,
     "update Node n1 -> 409\nupdate Node n1 -> 409\nupdate Node n1\n" SYNCED, "x://7", NULL},
    {"no such machine: again later", TRUE, FALSE, FALSE, 0, NULL, "", NULL,
     "failed to get instance metadata for node n1: instance not found"},
    {"without the taint nobody asks", FALSE, TRUE, FALSE, 0, NULL, "", NULL, NULL},
};

static void
set_told(void)
{
    told = (CloudInstance){
        .provider_id = str_intern("x://7"), .type = str_intern("large"), .zone = str_intern("a"), .region = str_intern("eu"),
        .internal_ip = str_intern("10.0.0.1"), .external_ip = str_intern("198.18.0.1"), .hostname = str_intern("n1"),
    };
}

static void
add_address(ApiObject *node, const char *type, const char *address)
{
    *API_LIST_ADD(&((NodeStatus *)api_edit_status(node))->addresses) =
        (NodeAddress){.type = str_intern(type), .address = str_intern(address)};
}

static ApiObject *
new_node(gboolean is_tainted, gboolean has_addresses, const char *provider_id)
{
    ApiObject *node = make_node("n1", "z");

    str_map_clear(&api_edit_meta(node)->labels);
    ((NodeStatus *)api_edit_status(node))->addresses.count = 0;
    if (is_tainted)
        *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
            (Taint){.key = str_intern(TAINT), .value = str_intern("true"), .effect = str_intern("NoSchedule")};
    ((NodeSpec *)api_edit_spec(node))->provider_id = provider_id != NULL ? str_intern(provider_id) : NULL;
    if (has_addresses) {
        add_address(node, "InternalIP", "10.0.0.1");
        add_address(node, "ExternalIP", "198.18.0.1");
        add_address(node, "Hostname", "n1");
    }
    return node;
}

static const char *
label(const ApiObject *node, const char *key)
{
    return str_map_get(&node->meta->labels, key);
}

static void
check_initialized(const ApiObject *node, const char *provider_id)
{
    const NodeStatus *status = node_status(node);

    ck_assert_uint_eq(node_spec(node)->taints.count, 0);
    ck_assert_str_eq(node_spec(node)->provider_id, provider_id);
    ck_assert_str_eq(label(node, ZONE), "a");
    ck_assert_str_eq(label(node, "failure-domain.beta.kubernetes.io/zone"), "a");
    ck_assert_str_eq(label(node, "topology.kubernetes.io/region"), "eu");
    ck_assert_str_eq(label(node, "failure-domain.beta.kubernetes.io/region"), "eu");
    ck_assert_str_eq(label(node, "node.kubernetes.io/instance-type"), "large");
    ck_assert_str_eq(label(node, "beta.kubernetes.io/instance-type"), "large");
    ck_assert_uint_eq(status->addresses.count, 3);
    ck_assert_str_eq(status->addresses.items[0].type, "InternalIP");
    ck_assert_str_eq(status->addresses.items[1].address, "198.18.0.1");
    ck_assert_str_eq(status->addresses.items[2].type, "Hostname");
}

START_TEST(test_row)
{
    Mini *mini = mini_new();
    ControllersConfig config;

    set_told();
    asked_for = NULL;
    controllers_config_init(&config, 34);
    config.cloud_instance = instance;
    config.cloud_user = rows[_i].has_machine ? mini : NULL;
    mini->config = &config;
    mini_add(mini, new_node(rows[_i].is_tainted, rows[_i].has_addresses, rows[_i].provider_id));
    mini_refuse(mini, (MiniRefusal){STEP_UPDATE, &node_kind, 409, "Conflict", "the object has been modified", NULL, 0,
                                    rows[_i].conflicts});
    mini_sync(mini, &cloud_node_controller, "n1");
    mini_check_log(mini, rows[_i].name, rows[_i].wanted);
    if (rows[_i].error != NULL)
        ck_assert_str_eq(mini->error, rows[_i].error);
    else
        ck_assert_ptr_null(mini->error);
    if (rows[_i].provider_after != NULL)
        check_initialized(mini_get(mini, &node_kind, NULL, "n1"), rows[_i].provider_after);
    ck_assert(rows[_i].provider_id == asked_for || str_is(asked_for, rows[_i].provider_id));
    mini_free(mini);
}
END_TEST

/* Every 5 min the addresses are looked at again, of nodes that have no taint any more. */
static const struct {
    const char *name;
    gboolean is_tainted, has_addresses, has_hostname;
    const char *wanted;
} looks[] = {
    {"nothing new", FALSE, TRUE, TRUE, ""},
    {"other addresses", FALSE, FALSE, TRUE, "patch Node n1"},
    {"a cloud that says no host name: the node's stays", FALSE, TRUE, FALSE, ""},
    {"not initialized yet", TRUE, FALSE, TRUE, ""},
};

START_TEST(test_look)
{
    Mini *mini = mini_new();
    ControllersConfig config;

    set_told();
    if (!looks[_i].has_hostname)
        told.hostname = NULL;
    controllers_config_init(&config, 34);
    config.cloud_instance = instance;
    config.cloud_user = mini;
    mini->config = &config;
    mini_add(mini, new_node(looks[_i].is_tainted, looks[_i].has_addresses, "x://7"));
    mini_tick(mini, &cloud_node_controller);
    mini_check_log(mini, looks[_i].name, looks[_i].wanted);
    mini_free(mini);
}
END_TEST

/* reconcileNodeLabels: the older label is the truth, and missing ones are added. */
static const struct {
    const char *name, *beta, *stable, *after;
} labels[] = {
    {"agree", "a", "a", "a"},
    {"differ", "a", "b", "a"},
    {"the new one is missing", "a", NULL, "a"},
    {"the old one is missing: nothing", NULL, "b", "b"},
};

START_TEST(test_label)
{
    Mini *mini = mini_new();
    ControllersConfig config;
    ApiObject *node = new_node(FALSE, TRUE, "x://7");

    controllers_config_init(&config, 34);
    config.cloud_instance = instance;
    mini->config = &config;
    if (labels[_i].beta != NULL)
        str_map_set(&api_edit_meta(node)->labels, str_intern("failure-domain.beta.kubernetes.io/zone"), str_intern(labels[_i].beta));
    if (labels[_i].stable != NULL)
        str_map_set(&api_edit_meta(node)->labels, str_intern(ZONE), str_intern(labels[_i].stable));
    mini_add(mini, node);
    mini_sync(mini, &cloud_node_controller, "n1");
    ck_assert_str_eq(label(mini_get(mini, &node_kind, NULL, "n1"), ZONE), labels[_i].after);
    mini_free(mini);
}
END_TEST

Suite *
cloudinit_suite(void)
{
    Suite *suite = suite_create("controllers/cloudinit");
    TCase *tcase = tcase_create("cloudinit");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    tcase_add_loop_test(tcase, test_look, 0, G_N_ELEMENTS(looks));
    tcase_add_loop_test(tcase, test_label, 0, G_N_ELEMENTS(labels));
    suite_add_tcase(suite, tcase);
    return suite;
}
