/* Objects: sharing of parts, lists and maps, keys, conditions, hashes. */

#include "tests/api/support.h"

#include <check.h>

Suite *object_suite(void);

static const char pod_yaml[] =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: p, namespace: default, labels: {app: a}}\n"
    "spec:\n"
    "  containers:\n"
    "  - {name: c, image: nginx:1, resources: {requests: {cpu: 100m}}}\n";

/* A copy shares its parts; editing one of them leaves the others shared. */
START_TEST(test_copy_shares_parts)
{
    g_autoptr(ApiObject) pod = support_object(pod_yaml);
    g_autoptr(ApiObject) copy = api_object_copy(pod);

    ck_assert_ptr_eq(copy->spec, pod->spec);
    ck_assert(api_object_equal(copy, pod));
    ((PodStatus *)api_edit_status(copy))->phase = str_intern("Running");
    ck_assert_ptr_eq(copy->spec, pod->spec);
    ck_assert_ptr_eq(copy->meta, pod->meta);
    ck_assert_ptr_ne(copy->status, pod->status);
    ck_assert_ptr_null(pod_status(pod)->phase);
    ck_assert(!api_object_equal(copy, pod));
    str_map_set(&api_edit_meta(copy)->labels, "app", "b");
    ck_assert_str_eq(str_map_get(&pod->meta->labels, "app"), "a");
}
END_TEST

START_TEST(test_parts_by_themselves)
{
    g_autoptr(ApiObject) pod = support_object(pod_yaml);
    g_autoptr(ApiObject) other = api_object_new(&pod_kind, "default", "q");

    api_object_set_spec(other, pod->spec);
    ck_assert_ptr_eq(other->spec, pod->spec);
    ((PodSpec *)api_edit_spec(other))->node_name = str_intern("n1");
    ck_assert_ptr_null(pod_spec(pod)->node_name);
    ck_assert_uint_eq(pod_spec(other)->containers.count, 1);
}
END_TEST

/* Objects that are made of the same parts share them until one is edited, by itself or in its object. */
START_TEST(test_object_of_parts)
{
    PodSpec *spec = api_part_new(&pod_spec_type);
    gpointer status = api_part_new(&pod_status_type);
    g_autoptr(ApiObject) a = api_object_of_parts(&pod_kind, str_intern("default"), NULL, spec, status);
    g_autoptr(ApiObject) b = api_object_of_parts(&pod_kind, str_intern("default"), NULL, spec, status);
    g_autoptr(ApiObject) plain = api_object_new(&pod_kind, "default", NULL);

    ck_assert_ptr_eq(a->spec, b->spec);
    ck_assert_ptr_eq(a->status, b->status);
    ck_assert_ptr_ne(a->meta, b->meta);
    ck_assert(api_object_equal(a, plain));
    ck_assert_uint_eq(api_object_size_bytes(a), api_object_size_bytes(plain));
    ((PodStatus *)api_edit_status(a))->phase = str_intern("Running");
    ck_assert_ptr_null(pod_status(b)->phase);
    ((PodSpec *)api_part_edit((gpointer *)&spec))->node_name = str_intern("n1");
    ck_assert_ptr_null(pod_spec(b)->node_name);
    ck_assert_ptr_eq(api_part_edit((gpointer *)&spec), spec);
    api_part_unref(spec);
    api_part_unref(status);
}
END_TEST

/* The mark of defaulted parts goes with an edit. */
START_TEST(test_default_once)
{
    g_autoptr(ApiObject) pod = support_object(pod_yaml);
    g_autoptr(ApiObject) copy = NULL;

    api_default(pod);
    ck_assert(api_object_is_defaulted(pod));
    copy = api_object_copy(pod);
    api_edit_status(copy);
    ck_assert(api_object_is_defaulted(copy));
    api_default(copy);
    ck_assert_ptr_eq(copy->spec, pod->spec);
    api_edit_spec(copy);
    ck_assert(!api_object_is_defaulted(copy));
    ck_assert(api_object_is_defaulted(pod));
}
END_TEST

START_TEST(test_keys)
{
    g_autoptr(ApiObject) pod = support_object(pod_yaml);
    g_autoptr(ApiObject) node = api_object_new(&node_kind, NULL, "worker-1");
    const char *namespace_;
    const char *name;

    ck_assert_str_eq(api_key(pod), "default/p");
    ck_assert_str_eq(api_key(node), "worker-1");
    ck_assert_str_eq(api_ref_text(pod), "pod/default/p");
    ck_assert_str_eq(api_ref_text(node), "node/worker-1");
    api_split_key("default/p", &namespace_, &name);
    ck_assert_str_eq(namespace_, "default");
    ck_assert_str_eq(name, "p");
    api_split_key("worker-1", &namespace_, &name);
    ck_assert_ptr_null(namespace_);
}
END_TEST

static const struct {
    const char *word;
    const char *kind; /* NULL: not found */
} resource_cases[] = {
    {"pods", "Pod"},
    {"pod", "Pod"},
    {"po", "Pod"},
    {"Pod", "Pod"},
    {"deployments.apps", "Deployment"},
    {"deployments.v1.apps", "Deployment"},
    {"deploy", "Deployment"},
    {"deployments.batch", NULL},
    {"svc", "Service"},
    {"bogus", NULL},
};

START_TEST(test_find_resource)
{
    const ApiKind *kind = api_kind_find_resource(resource_cases[_i].word);

    if (resource_cases[_i].kind == NULL)
        ck_assert_ptr_null(kind);
    else
        ck_assert_str_eq(kind->kind, resource_cases[_i].kind);
}
END_TEST

START_TEST(test_find_kind)
{
    ck_assert_ptr_eq(api_kind_find("apps/v1", "Deployment"), &deployment_kind);
    ck_assert_ptr_eq(api_kind_find("v1", "Pod"), &pod_kind);
    ck_assert_ptr_null(api_kind_find("v1", "Deployment"));
    ck_assert_ptr_null(api_kind_find("apps/v1beta1", "Deployment"));
    ck_assert_str_eq(api_kind_api_version(&deployment_kind), "apps/v1");
    ck_assert_str_eq(api_kind_group_resource(&deployment_kind), "deployments.apps");
    ck_assert_str_eq(api_kind_group_singular(&deployment_kind), "deployment.apps");
    ck_assert_str_eq(api_kind_group_resource(&pod_kind), "pods");
}
END_TEST

START_TEST(test_lists)
{
    StrList list = {0};

    for (int i = 0; i < 20; i++)
        str_list_add(&list, str_internf("%d", i));
    ck_assert_uint_eq(list.count, 20);
    ck_assert(str_list_contains(&list, "13"));
    ck_assert(str_list_remove(&list, "13"));
    ck_assert(!str_list_remove(&list, "13"));
    ck_assert_uint_eq(list.count, 19);
    str_list_add(&list, "x");
    ck_assert_str_eq(list.items[19], "x");
    g_free(list.items);
}
END_TEST

START_TEST(test_maps)
{
    StrMap map = {0};
    StrMap part = {0};

    str_map_set(&map, "b", "2");
    str_map_set(&map, "a", "1");
    str_map_set(&map, "c", "3");
    str_map_set(&map, "b", "4");
    ck_assert_str_eq(str_map_format(&map, "<none>"), "a=1,b=4,c=3");
    ck_assert_str_eq(str_map_format(&part, "<none>"), "<none>");
    ck_assert(str_map_contains_all(&map, &part));
    str_map_set(&part, "a", "1");
    str_map_set(&part, "c", "3");
    ck_assert(str_map_contains_all(&map, &part));
    ck_assert(!str_map_contains_all(&part, &map));
    str_map_set(&part, "d", "");
    ck_assert(!str_map_contains_all(&map, &part));
    str_map_copy(&part, &map);
    ck_assert(str_map_equal(&part, &map));
    ck_assert(str_map_remove(&part, "a"));
    ck_assert(!str_map_remove(&part, "a"));
    ck_assert_ptr_null(str_map_get(&part, "a"));
    str_map_clear(&map);
    str_map_clear(&part);
}
END_TEST

/* v1.34 pkg/util/intstr: percent rounded as asked; 25% of 10. */
static const struct {
    const char *text; /* NULL: the integer */
    gint32 integer, total;
    gint32 up, down;
} scale_cases[] = {
    {"25%", 0, 10, 3, 2}, {"25%", 0, 4, 1, 1}, {"0%", 0, 10, 0, 0},
    {"100%", 0, 7, 7, 7}, {"1%", 0, 1, 1, 0},  {NULL, 3, 10, 3, 3},
    {"x%", 0, 10, 0, 0},  {"25", 0, 10, 0, 0}, {"150%", 0, 10, 15, 15},
};

START_TEST(test_int_or_string)
{
    IntOrString value = {.type = INT_OR_STRING_INT, .integer = scale_cases[_i].integer};

    if (scale_cases[_i].text != NULL)
        value =
            (IntOrString){.type = INT_OR_STRING_STRING, .string = str_intern(scale_cases[_i].text)};
    ck_assert_int_eq(int_or_string_scale(&value, scale_cases[_i].total, TRUE), scale_cases[_i].up);
    ck_assert_int_eq(int_or_string_scale(&value, scale_cases[_i].total, FALSE),
                     scale_cases[_i].down);
}
END_TEST

START_TEST(test_conditions)
{
    ConditionList list = {0};

    condition_edit(&list, "Ready")->status = str_intern("True");
    condition_edit(&list, "Other")->status = str_intern("Unknown");
    condition_edit(&list, "Ready")->status = str_intern("False");
    ck_assert_uint_eq(list.count, 2);
    ck_assert(condition_is(&list, "Ready", "False"));
    ck_assert(!condition_is(&list, "Missing", "False"));
    ck_assert(condition_remove(&list, "Ready"));
    ck_assert(!condition_remove(&list, "Ready"));
    ck_assert_str_eq(list.items[0].type, "Other");
    g_free(list.items);
}
END_TEST

START_TEST(test_controllers)
{
    g_autoptr(ApiObject) owner = api_object_new(&replica_set_kind, "default", "rs");
    g_autoptr(ApiObject) pod = support_object(pod_yaml);

    api_edit_meta(owner)->uid = str_intern("u-1");
    ck_assert_ptr_null(api_controller_of(pod));
    api_set_controller(api_edit_meta(pod), owner);
    ck_assert(api_is_controlled_by(pod, owner));
    ck_assert_str_eq(api_controller_of(pod)->api_version, "apps/v1");
    ck_assert_str_eq(api_controller_of(pod)->kind, "ReplicaSet");
    api_set_controller(api_edit_meta(pod), owner);
    ck_assert_uint_eq(pod->meta->owner_references.count, 1);
    api_edit_meta(owner)->uid = str_intern("u-2");
    ck_assert(!api_is_controlled_by(pod, owner));
}
END_TEST

/* Equal content has one hash, whatever the way it came about; a change changes it. */
START_TEST(test_hash)
{
    g_autoptr(ApiObject) a = support_object(pod_yaml);
    g_autoptr(ApiObject) b = support_object(pod_yaml);
    guint32 hash = api_struct_hash(&pod_spec_type, a->spec);

    ck_assert_uint_eq(api_struct_hash(&pod_spec_type, b->spec), hash);
    pod_spec(b)->containers.items[0].image = str_intern("nginx:2");
    ck_assert_uint_ne(api_struct_hash(&pod_spec_type, b->spec), hash);
    pod_spec(b)->containers.items[0].image = str_intern("nginx:1");
    /* "" and absent are the same for Go. */
    ((PodSpec *)b->spec)->hostname = str_intern("");
    ck_assert_uint_eq(api_struct_hash(&pod_spec_type, b->spec), hash);
    ck_assert(api_struct_equal(&pod_spec_type, a->spec, b->spec));
}
END_TEST

/* What is kept with an object is not kept over an edit, of whichever part. */
START_TEST(test_edits_forget)
{
    g_autoptr(ApiObject) pod = api_object_new(&pod_kind, "default", "a");
    g_autoptr(ApiObject) held = NULL;
    PodStatus *status;

    ck_assert_str_eq(api_key(pod), "default/a");
    ck_assert_str_eq(api_ref_text(pod), "pod/default/a");
    api_edit_meta(pod)->name = str_intern("b");
    ck_assert_str_eq(api_key(pod), "default/b");
    ck_assert_str_eq(api_ref_text(pod), "pod/default/b");

    held = api_object_ref(pod);
    ck_assert(pod_is_active(pod));
    ck_assert(!pod_is_ready(pod));
    pod->fits = str_intern("something");
    g_clear_pointer(&held, api_object_unref);
    status = api_edit_status(pod);
    condition_edit(&status->conditions, "Ready")->status = str_intern("True");
    held = api_object_ref(pod);
    ck_assert(pod_is_ready(pod));
    ck_assert_ptr_null(pod->fits);
    ck_assert(!pod_tells_sizes(pod));
    g_clear_pointer(&held, api_object_unref);
    status = api_edit_status(pod);
    API_LIST_ADD(&status->init_container_statuses);
    API_LIST_ADD(&status->init_container_statuses)->resources = api_struct_new(&resource_requirements_type);
    ck_assert(pod_tells_sizes(pod));
    api_edit_meta(pod)->deletion_time = 1;
    ck_assert(!pod_is_active(pod));
    ck_assert(pod_is_terminating(pod));

    held = api_object_copy(pod);
    ((PodStatus *)api_edit_status(held))->phase = str_intern("Failed");
    ck_assert(pod_is_terminal(held));
    ck_assert(!pod_is_terminal(pod));
}
END_TEST

START_TEST(test_size)
{
    g_autoptr(ApiObject) pod = support_object(pod_yaml);
    g_autoptr(Value) tree = api_object_encode(pod);
    g_autofree char *text = value_to_json(tree, VALUE_COMPACT);
    gsize size = api_object_size_bytes(pod);

    ck_assert_msg(size > strlen(text) / 2, "%zu of %zu", size, strlen(text));
    ck_assert_msg(size < strlen(text) * 2, "%zu of %zu", size, strlen(text));
}
END_TEST

Suite *
object_suite(void)
{
    Suite *suite = suite_create("object");
    TCase *tcase = tcase_create("object");

    tcase_add_test(tcase, test_copy_shares_parts);
    tcase_add_test(tcase, test_parts_by_themselves);
    tcase_add_test(tcase, test_object_of_parts);
    tcase_add_test(tcase, test_default_once);
    tcase_add_test(tcase, test_keys);
    tcase_add_loop_test(tcase, test_find_resource, 0, G_N_ELEMENTS(resource_cases));
    tcase_add_test(tcase, test_find_kind);
    tcase_add_test(tcase, test_lists);
    tcase_add_test(tcase, test_maps);
    tcase_add_loop_test(tcase, test_int_or_string, 0, G_N_ELEMENTS(scale_cases));
    tcase_add_test(tcase, test_conditions);
    tcase_add_test(tcase, test_controllers);
    tcase_add_test(tcase, test_hash);
    tcase_add_test(tcase, test_edits_forget);
    tcase_add_test(tcase, test_size);
    suite_add_tcase(suite, tcase);
    return suite;
}
