/*
 * test_endpointpack.c - which endpoint goes into which slice
 *
 * Sources: v1.34 staging/src/k8s.io/endpointslice/reconciler_test.go.
 */

#include "tests/controllers/slices.h"
#include "tests/controllers/suites.h"

/* --- slices that are there ---------------------------------------------------------------------------- */

/* A slice of the Service as the controller would have written it, with the endpoints of the pods of @indexes. */
static void
add_slice(Mini *mini, const char *name, const guint *indexes, guint count)
{
    const ApiObject *service = mini_nth(mini, &service_kind, 0);
    ApiObject *slice = slice_new(service, str_intern("IPv4"));
    EndpointSliceBody *body = api_edit_body(slice);
    g_autoptr(ApiObject) any = make_backend(0, TRUE);

    api_edit_meta(slice)->name = str_intern(name);
    if (count > 0)
        endpoint_ports_of(service, any, body);
    for (guint i = 0; i < count; i++) {
        const ApiObject *pod = mini_get(mini, &pod_kind, str_intern("default"), str_internf("p%03u", indexes[i]));
        Endpoint endpoint;

        endpoint_from_pod(pod, mini_nth(mini, &node_kind, 0), service, str_intern("IPv4"), &endpoint);
        *API_LIST_ADD(&body->endpoints) = endpoint;
    }
    mini_add(mini, slice);
}

/* "first step @by end" of pod numbers */
static void
add_slice_of(Mini *mini, const char *name, guint first, guint step, guint end)
{
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = first; i < end; i += step)
        g_array_append_val(indexes, i);
    add_slice(mini, name, (const guint *)(gpointer)indexes->data, indexes->len);
}

static int
compare_lengths(gconstpointer a, gconstpointer b)
{
    return (int)*(const guint *)b - (int)*(const guint *)a;
}

/* "100 89 61": how many endpoints, the fullest slice first. */
static const char *
lengths(Mini *mini)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < mini_count(mini, &endpoint_slice_kind); i++)
        g_array_append_val(counts, body_of(mini, i)->endpoints.count);
    g_array_sort(counts, compare_lengths);
    for (guint i = 0; i < counts->len; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? " " : "", g_array_index(counts, guint, i));
    return str_intern(text->str);
}

/* "create update": what was done, without names. */
static const char *
verbs(Mini *mini)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        if (g_str_has_prefix(lines[i], "event "))
            continue;
        g_string_append_printf(text, "%s%.*s", text->len > 0 ? " " : "", (int)strcspn(lines[i], " "), lines[i]);
    }
    return str_intern(text->str);
}

static void
check(Mini *mini, const char *name, const char *wanted_verbs, const char *wanted_lengths)
{
    ck_assert_msg(str_is(verbs(mini), wanted_verbs), "%s: %s\n%s", name, verbs(mini), mini->log->str);
    ck_assert_msg(str_is(lengths(mini), wanted_lengths), "%s: %s", name, lengths(mini));
}

/* --- packing -------------------------------------------------------------------------------------------- */

/* What is left of 100 goes where it fills a slice best, or into one of its own: as few writes as can be. */
static const struct {
    const char *name;
    guint pods;
    struct { guint first, step, end; } slices[3];
    const char *verbs, *lengths;
} pack_rows[] = {
    {"TestReconcileEndpointSlicesSomePreexisting", 250, {{1, 4, 246}, {3, 4, 246}}, "create update", "100 89 61"},
    {"TestReconcileEndpointSlicesSomePreexistingWorseAllocation", 300, {{1, 4, 296}, {3, 4, 296}}, "create create", "100 74 74 52"},
    {"all there: nothing is repacked", 90, {{0, 1, 30}, {30, 1, 60}, {60, 1, 90}}, "", "30 30 30"},
    {"pods that went leave their slices", 60, {{0, 1, 60}, {60, 1, 60}}, "delete", "60"},
    {"one more than fits", 101, {{0, 1, 100}}, "create", "100 1"},
};

START_TEST(test_pack)
{
    Mini *mini = service_with(pack_rows[_i].pods);

    for (guint i = 0; i < 3 && pack_rows[_i].slices[i].step > 0; i++)
        add_slice_of(mini, str_internf("web-%u", i), pack_rows[_i].slices[i].first, pack_rows[_i].slices[i].step, pack_rows[_i].slices[i].end);
    SYNC(mini);
    check(mini, pack_rows[_i].name, pack_rows[_i].verbs, pack_rows[_i].lengths);
    drop(mini);
}
END_TEST

/* TestReconcileMaxEndpointsPerSlice */
static const struct {
    guint max;
    const char *lengths;
} max_rows[] = {{50, "50 50 50 50 50"}, {80, "80 80 80 10"}, {150, "150 100"}, {250, "250"}, {500, "250"}};

START_TEST(test_max)
{
    Mini *mini = service_with(250);
    ControllersConfig config;

    controllers_config_init(&config, 34);
    config.endpoints_per_slice = max_rows[_i].max;
    mini->config = &config;
    SYNC(mini);
    ck_assert_str_eq(lengths(mini), max_rows[_i].lengths);
    drop(mini);
}
END_TEST

static void
set_target_port(Mini *mini, gint32 port)
{
    ApiObject *service = mini_edit(mini, &service_kind, "web");

    ((ServiceSpec *)api_edit_spec(service))->ports.items[0].target_port.integer = port;
    mini_put(mini, service);
}

/* TestReconcileEndpointSlicesUpdating: other ports change every slice; none is made or deleted for it. */
START_TEST(test_updating)
{
    Mini *mini = service_with(250);

    SYNC(mini);
    check(mini, "made", "create create create", "100 100 50");
    set_target_port(mini, 81);
    SYNC(mini);
    check(mini, "another port", "update update update", "100 100 50");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesServicesLabelsUpdating, ...ServicesReservedLabels */
START_TEST(test_labels_updating)
{
    Mini *mini = service_with(250);
    ApiObject *service;

    SYNC(mini);
    service = mini_edit(mini, &service_kind, "web");
    str_map_set(&api_edit_meta(service)->labels, str_intern("foo"), str_intern("bar"));
    mini_put(mini, service);
    SYNC(mini);
    check(mini, "a label", "update update update", "100 100 50");
    for (guint i = 0; i < 3; i++)
        ck_assert_str_eq(str_map_get(&mini_nth(mini, &endpoint_slice_kind, i)->meta->labels, "foo"), "bar");
    service = mini_edit(mini, &service_kind, "web");
    str_map_set(&api_edit_meta(service)->labels, str_intern(LABEL_SERVICE_NAME), str_intern("bad"));
    str_map_set(&api_edit_meta(service)->labels, str_intern(LABEL_MANAGED_BY), str_intern("actor"));
    str_map_set(&api_edit_meta(service)->labels, str_intern(LABEL_HEADLESS), str_intern("invalid"));
    mini_put(mini, service);
    SYNC(mini);
    check(mini, "reserved ones", "", "100 100 50");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesRecycling: ten slices of 30 stay as they are until all must be written; then three are full. */
START_TEST(test_recycling)
{
    Mini *mini = service_with(300);

    for (guint i = 0; i < 10; i++)
        add_slice_of(mini, str_internf("web-%u", i), i * 30, 1, i * 30 + 30);
    SYNC(mini);
    check(mini, "nothing to do", "", "30 30 30 30 30 30 30 30 30 30");
    set_target_port(mini, 81);
    SYNC(mini);
    check(mini, "another port", "update update update delete delete delete delete delete delete delete", "100 100 100");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesUpdatePacking: both slices change; the new ones go into the fuller. */
START_TEST(test_update_packing)
{
    Mini *mini = service_with(100);

    add_slice_of(mini, "web-0", 0, 1, 80);
    add_slice_of(mini, "web-1", 80, 1, 100);
    for (guint i = 0; i < 100; i += 10) {
        ApiObject *pod = mini_edit(mini, &pod_kind, str_internf("p%03u", i));

        set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "Ready", "False", "x", 0);
        mini_put(mini, pod);
    }
    for (guint i = 200; i < 215; i++)
        mini_add(mini, make_backend(i, TRUE));
    SYNC(mini);
    check(mini, "fuller first", "update update", "95 20");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesReplaceDeprecated: slices of an address type that the Service has not. */
START_TEST(test_other_type)
{
    Mini *mini = service_with(130);

    add_slice_of(mini, "web-0", 0, 1, 80);
    add_slice_of(mini, "web-1", 80, 1, 130);
    for (guint i = 0; i < 2; i++) {
        ApiObject *slice = mini_edit(mini, &endpoint_slice_kind, str_internf("web-%u", i));

        ((EndpointSliceBody *)api_edit_body(slice))->address_type = str_intern("FQDN");
        mini_put(mini, slice);
    }
    SYNC(mini);
    ck_assert_str_eq(lengths(mini), "100 30");
    for (guint i = 0; i < 2; i++)
        ck_assert_str_eq(body_of(mini, i)->address_type, "IPv4");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesRecreation: "slice owned by Service", "slice owned by other Service UID" */
START_TEST(test_recreation)
{
    Mini *mini = service_with(1);
    ApiObject *slice;

    add_slice_of(mini, "web-0", 0, 1, 1);
    SYNC(mini);
    check(mini, "ours", "", "1");
    slice = mini_edit(mini, &endpoint_slice_kind, "web-0");
    api_edit_meta(slice)->owner_references.items[0].uid = str_intern("different");
    mini_put(mini, slice);
    SYNC(mini);
    check(mini, "of another Service of that name", "create delete", "1");
    drop(mini);
}
END_TEST

/* TestReconcileEndpointSlicesNamedPorts: the same name, five numbers: five slices. */
START_TEST(test_named_ports)
{
    Mini *mini = service_with(0);
    ApiObject *service = mini_edit(mini, &service_kind, "web");
    g_autofree gboolean *seen = g_new0(gboolean, 5);

    ((ServiceSpec *)api_edit_spec(service))->ports.items[0].target_port =
        (IntOrString){INT_OR_STRING_STRING, 0, str_intern("http")};
    mini_put(mini, service);
    for (guint i = 0; i < 300; i++) {
        ApiObject *pod = make_backend(i, i % 3 != 0);
        ContainerPort *port = API_LIST_ADD(&API_LIST_ADD(&((PodSpec *)api_edit_spec(pod))->containers)->ports);

        port->name = str_intern("http");
        port->container_port = 8080 + (gint32)(i % 5);
        mini_add(mini, pod);
    }
    SYNC(mini);
    check(mini, "by number", "create create create create create", "60 60 60 60 60");
    for (guint i = 0; i < 5; i++)
        seen[body_of(mini, i)->ports.items[0].port.value - 8080] = TRUE;
    for (guint i = 0; i < 5; i++)
        ck_assert(seen[i]);
    drop(mini);
}
END_TEST

/* TestReconcile1EndpointSlice: the placeholder. */
START_TEST(test_placeholder)
{
    Mini *mini = service_with(0);
    ApiObject *slice;

    SYNC(mini);
    check(mini, "No existing placeholder", "create", "0");
    ck_assert_uint_eq(body_of(mini, 0)->ports.count, 0);
    SYNC(mini);
    check(mini, "Existing placeholder that's the same", "", "0");
    slice = mini_edit(mini, &endpoint_slice_kind, api_name(mini_nth(mini, &endpoint_slice_kind, 0)));
    str_map_set(&api_edit_meta(slice)->labels, str_intern("bar"), str_intern("baz"));
    mini_put(mini, slice);
    SYNC(mini);
    check(mini, "Existing placeholder that's different", "update", "0");
    ck_assert_ptr_null(str_map_get(&mini_nth(mini, &endpoint_slice_kind, 0)->meta->labels, "bar"));
    drop(mini);
}
END_TEST

/* TestReconcile1EndpointSlicePublishNotReadyAddresses */
START_TEST(test_publish)
{
    Mini *mini = service_with(0);
    ApiObject *service = mini_edit(mini, &service_kind, "web");

    ((ServiceSpec *)api_edit_spec(service))->publish_not_ready_addresses = TRUE;
    mini_put(mini, service);
    for (guint i = 0; i < 50; i++)
        mini_add(mini, make_backend(i, i % 3 != 0));
    SYNC(mini);
    check(mini, "all of them", "create", "50");
    for (guint i = 0; i < 50; i++) {
        ck_assert_int_eq(body_of(mini, 0)->endpoints.items[i].conditions.ready, OPT_TRUE);
        ck_assert_int_eq(body_of(mini, 0)->endpoints.items[i].conditions.serving, i % 3 != 0 ? OPT_TRUE : OPT_FALSE);
    }
    drop(mini);
}
END_TEST

/* TestReconcilerFinalizeSvcDeletionTimestamp: of a Service on its way out nothing is made; the rest goes on. */
static const struct {
    const char *name;
    gboolean is_deleting;
    guint pods, in_slice, extra; /* pods; of them in a slice; in a slice and gone */
    const char *verbs, *lengths;
} deleting_rows[] = {
    {"create, nil deletion timestamp", FALSE, 1, 0, 0, "create", "1"},
    {"create, deletion timestamp set", TRUE, 1, 0, 0, "", ""},
    {"create and update, deletion timestamp set", TRUE, 120, 50, 1, "update", "100"},
    {"create and update, nil deletion timestamp", FALSE, 170, 50, 1, "create update", "100 70"},
    {"update, deletion timestamp set", TRUE, 2, 2, 1, "update", "2"},
};

START_TEST(test_deleting)
{
    Mini *mini = service_with(deleting_rows[_i].pods + deleting_rows[_i].extra);
    ApiObject *service = mini_edit(mini, &service_kind, "web");

    if (deleting_rows[_i].in_slice > 0) {
        g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));

        for (guint i = 0; i < deleting_rows[_i].in_slice; i++)
            g_array_append_val(indexes, i);
        for (guint i = 0; i < deleting_rows[_i].extra; i++) {
            guint gone = deleting_rows[_i].pods + i;

            g_array_append_val(indexes, gone);
        }
        add_slice(mini, "web-0", (const guint *)(gpointer)indexes->data, indexes->len);
    }
    for (guint i = 0; i < deleting_rows[_i].extra; i++)
        mini_remove(mini, mini_get(mini, &pod_kind, str_intern("default"), str_internf("p%03u", deleting_rows[_i].pods + i)));
    if (deleting_rows[_i].is_deleting)
        api_edit_meta(service)->deletion_time = mini_wall_ns(mini);
    mini_put(mini, service);
    SYNC(mini);
    check(mini, deleting_rows[_i].name, deleting_rows[_i].verbs, deleting_rows[_i].lengths);
    drop(mini);
}
END_TEST

/* TestReconcilerPodMissingNode */
static const struct {
    const char *name;
    gboolean publishes, has_slice, has_node0;
    const char *verbs, *lengths;
    gboolean fails;
} missing_rows[] = {
    {"Create and publishNotReady false", FALSE, FALSE, TRUE, "create", "1", TRUE},
    {"Create and publishNotReady true", TRUE, FALSE, TRUE, "create", "2", FALSE},
    {"Update and publishNotReady false", FALSE, TRUE, TRUE, "update", "1", TRUE},
    {"Update and publishNotReady true and all nodes missing", TRUE, TRUE, FALSE, "", "2", FALSE},
    {"Update and publishNotReady true", TRUE, TRUE, TRUE, "", "2", FALSE},
};

START_TEST(test_missing_node)
{
    Mini *mini = service_with(2);
    ApiObject *service = mini_edit(mini, &service_kind, "web"), *pod = mini_edit(mini, &pod_kind, "p001");
    ApiObject *node = mini_edit(mini, &node_kind, "n1");

    ((ServiceSpec *)api_edit_spec(service))->publish_not_ready_addresses = missing_rows[_i].publishes;
    mini_put(mini, service);
    ((PodSpec *)api_edit_spec(pod))->node_name = str_intern("n2");
    mini_put(mini, pod);
    str_map_remove(&api_edit_meta(node)->labels, LABEL_ZONE);
    mini_put(mini, node);
    if (missing_rows[_i].has_slice)
        add_slice_of(mini, "web-0", 0, 1, 2);
    if (!missing_rows[_i].has_node0)
        mini_remove(mini, mini_nth(mini, &node_kind, 0));
    SYNC(mini);
    check(mini, missing_rows[_i].name, missing_rows[_i].verbs, missing_rows[_i].lengths);
    ck_assert_msg((mini->error != NULL) == missing_rows[_i].fails, "%s: %s", missing_rows[_i].name, mini->error);
    drop(mini);
}
END_TEST

Suite *
endpointpack_suite(void)
{
    Suite *suite = suite_create("endpointslice packing");
    TCase *tcase = tcase_create("pack");

    tcase_add_loop_test(tcase, test_pack, 0, G_N_ELEMENTS(pack_rows));
    tcase_add_loop_test(tcase, test_max, 0, G_N_ELEMENTS(max_rows));
    tcase_add_test(tcase, test_updating);
    tcase_add_test(tcase, test_labels_updating);
    tcase_add_test(tcase, test_recycling);
    tcase_add_test(tcase, test_update_packing);
    tcase_add_test(tcase, test_other_type);
    tcase_add_test(tcase, test_recreation);
    tcase_add_test(tcase, test_named_ports);
    tcase_add_test(tcase, test_placeholder);
    tcase_add_test(tcase, test_publish);
    tcase_add_loop_test(tcase, test_deleting, 0, G_N_ELEMENTS(deleting_rows));
    tcase_add_loop_test(tcase, test_missing_node, 0, G_N_ELEMENTS(missing_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
