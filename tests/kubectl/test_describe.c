/*
 * test_describe.c - k8s.io/kubectl v0.34 pkg/describe/describe_test.go, and what a real
 * cluster showed
 */

#include "tests/kubectl/support.h"

#include "kubectl/describe.h"

Suite *describe_suite(void);

static char *
read_data(const char *name)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_build_filename(top != NULL ? top : ".", "tests/kubectl/data", name, NULL);
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "cannot read %s", path);
    return text;
}

/* 2026-11-21T01:35:00Z: when the objects of the data files were looked at. */
#define LOOKED_NS (G_GINT64_CONSTANT(1795224900) * 1000000000)

static const char *const recorded_cases[] = {
    "describe-pod-huge",       "describe-pod-crasher", "describe-pod-initing",
    "describe-deployment-web", "describe-service-web", "describe-configmap-conf",
    "describe-secret-sec",
};

/* The first document is the object, events are its events, the others what is asked for with it. */
START_TEST(test_recorded)
{
    g_autofree char *yaml_name = g_strconcat(recorded_cases[_i], ".yaml", NULL);
    g_autofree char *text_name = g_strconcat(recorded_cases[_i], ".txt", NULL);
    g_autofree char *yaml = read_data(yaml_name);
    g_autofree char *want = read_data(text_name);
    g_auto(GStrv) documents = g_strsplit(yaml, "---\n", -1);
    g_autoptr(ApiObject) object = object_from_yaml(documents[0]);
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) related = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *got = NULL;

    for (guint i = 1; documents[i] != NULL; i++) {
        ApiObject *other = object_from_yaml(documents[i]);
        g_ptr_array_add(other->kind == &event_kind ? events : related, other);
    }
    describer_find(object->kind)
        ->write(out, &(Description){.object = object,
                                    .events = events,
                                    .related = related,
                                    .wall_ns = LOOKED_NS});
    got = describe_align(out->str);
    ck_assert_str_eq(got, want);
}
END_TEST

/*
 * Keys in byte order; the last applied configuration is hidden; long or several lines go below
 * the key.
 */
static const struct {
    const char *name, *yaml, *want;
} annotation_cases[] = {
    {"none", "{}", "Annotations:  <none>\n"},
    {"hidden", "{kubectl.kubernetes.io/last-applied-configuration: x}", "Annotations:  <none>\n"},
    {"order", "{col1: asd, COL2: zxc}", "Annotations:  COL2: zxc\n              col1: asd\n"},
    {"several lines", "{a: \"one\\ntwo\\n\", b: c}",
     "Annotations:  a:\n                one\n                two\n              b: c\n"},
};

START_TEST(test_annotations)
{
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: %s}",
                        annotation_cases[_i].yaml);
    g_autoptr(ApiObject) object = object_from_yaml(yaml);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *got = NULL;

    describe_annotations(out, "Annotations", &object->meta->annotations);
    got = describe_align(out->str);
    ck_assert_msg(str_is(got, annotation_cases[_i].want), "%s: got %s", annotation_cases[_i].name,
                  got);
}
END_TEST

/* 140 characters with the key and ": " fit; a longer one is cut after 138. */
START_TEST(test_long_annotation)
{
    g_autofree char *fits = g_strnfill(137, 'x');
    g_autofree char *longer = g_strnfill(139, 'x');
    g_autofree char *want_fits = g_strdup_printf("A:\tk: %s\n", fits);
    g_autofree char *want_longer = g_strdup_printf("A:\tk:\n\t  %.138s...\n", longer);
    StrMap map = {0};
    g_autoptr(GString) out = g_string_new(NULL);

    str_map_set(&map, str_intern("k"), str_intern(fits));
    describe_annotations(out, "A", &map);
    ck_assert_str_eq(out->str, want_fits);
    g_string_truncate(out, 0);
    str_map_set(&map, str_intern("k"), str_intern(longer));
    describe_annotations(out, "A", &map);
    ck_assert_str_eq(out->str, want_longer);
    str_map_clear(&map);
}
END_TEST

static const struct {
    const char *yaml, *want;
} toleration_cases[] = {
    {"[]", "<none>\n"},
    {"[{operator: Exists}]", "op=Exists\n"},
    {"[{key: key0, operator: Exists}, {key: key1, value: value1}]",
     "key0 op=Exists\n\tkey1=value1\n"},
    {"[{key: key2, operator: Equal, value: value2, effect: NoSchedule}]",
     "key2=value2:NoSchedule\n"},
    {"[{key: key3, value: value3, effect: NoExecute, tolerationSeconds: 300}]",
     "key3=value3:NoExecute for 300s\n"},
    {"[{key: key4, effect: NoExecute, tolerationSeconds: 60}]", "key4:NoExecute for 60s\n"},
    {"[{effect: NoSchedule, operator: Exists}]", ":NoSchedule op=Exists\n"},
    {"[{key: b, operator: Exists}, {key: a, operator: Exists}]", "a op=Exists\n\tb op=Exists\n"},
};

START_TEST(test_tolerations)
{
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: "
                                            "{containers: [], tolerations: %s}",
                                            toleration_cases[_i].yaml);
    g_autofree char *want = g_strconcat("Tolerations:\t", toleration_cases[_i].want, NULL);
    g_autoptr(ApiObject) object = object_from_yaml(yaml);
    g_autoptr(GString) out = g_string_new(NULL);

    describe_tolerations(out, "Tolerations", &pod_spec(object)->tolerations);
    ck_assert_str_eq(out->str, want);
}
END_TEST

START_TEST(test_taints)
{
    g_autoptr(ApiObject) node = object_from_yaml(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {taints: [{key: z, effect: "
        "NoSchedule}, {key: a, value: b, effect: NoSchedule}, {key: m, effect: NoExecute}]}");
    g_autoptr(GString) out = g_string_new(NULL);

    describe_taints(out, &node_spec(node)->taints);
    ck_assert_str_eq(out->str, "Taints:\tm:NoExecute\n\ta=b:NoSchedule\n\tz:NoSchedule\n");
}
END_TEST

static const struct {
    const char *yaml, *want;
} probe_cases[] = {
    {"{exec: {command: [ls, -l]}, initialDelaySeconds: 1, timeoutSeconds: 2, periodSeconds: 3, "
     "successThreshold: 4, failureThreshold: 5}",
     "exec [ls -l] delay=1s timeout=2s period=3s #success=4 #failure=5"},
    {"{httpGet: {scheme: HTTP, port: 8080, path: /healthz}, initialDelaySeconds: 3, "
     "timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}",
     "http-get http://:8080/healthz delay=3s timeout=1s period=10s #success=1 #failure=3"},
    {"{httpGet: {scheme: HTTPS, host: h, port: web, path: x}}",
     "http-get https://h:web/x delay=0s timeout=0s period=0s #success=0 #failure=0"},
    {"{tcpSocket: {port: 8080}}",
     "tcp-socket :8080 delay=0s timeout=0s period=0s #success=0 #failure=0"},
    {"{grpc: {port: 9000, service: svc}}",
     "grpc <pod>:9000 svc delay=0s timeout=0s period=0s #success=0 #failure=0"},
};

START_TEST(test_probes)
{
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: "
                                            "{containers: [{name: c, livenessProbe: %s}]}",
                                            probe_cases[_i].yaml);
    g_autofree char *want = g_strdup_printf("    Liveness:\t%s\n", probe_cases[_i].want);
    g_autoptr(ApiObject) pod = object_from_yaml(yaml);
    g_autoptr(GString) out = g_string_new(NULL);

    describe_containers(out, "Containers", pod_spec(pod)->containers.items, 1, NULL, NULL, "");
    ck_assert_msg(strstr(out->str, want) != NULL, "%s", out->str);
}
END_TEST

/* Environment of a pod and of a template; configuration; limits in units of a divisor. */
START_TEST(test_environment)
{
    g_autoptr(ApiObject) pod = object_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: d, labels: {app: web}}\n"
        "spec:\n  containers:\n  - name: c\n    image: i\n    resources: {limits: {cpu: 1500m, "
        "memory: 64Mi}}\n"
        "    envFrom: [{configMapRef: {name: cm}}, {prefix: P_, secretRef: {name: s, optional: "
        "true}}]\n"
        "    env:\n    - {name: A, value: \"one\\ntwo\"}\n    - {name: NAME, valueFrom: {fieldRef: "
        "{apiVersion: v1, fieldPath: metadata.name}}}\n"
        "    - {name: L, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "
        "\"metadata.labels['app']\"}}}\n"
        "    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}\n"
        "    - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: "
        "1Mi}}}\n"
        "    - {name: K, valueFrom: {secretKeyRef: {name: s, key: k}}}\n"
        "    - {name: C, valueFrom: {configMapKeyRef: {name: cm, key: k, optional: true}}}\n");
    static const char want[] =
        "Containers:\n  c:\n    Image:\ti\n    Port:\t<none>\n    Host Port:\t<none>\n    "
        "Limits:\n      cpu:\t1500m\n      memory:\t64Mi\n"
        "    Environment Variables from:\n      cm\tConfigMap\tOptional: false\n      s\tSecret "
        "with prefix 'P_'\tOptional: true\n"
        "    Environment:\n      A:\tone\n      \ttwo\n      NAME:\tp (v1:metadata.name)\n      "
        "L:\tweb (v1:metadata.labels['app'])\n"
        "      CPU:\t2 (limits.cpu)\n      MEM:\t64 (limits.memory)\n      K:\t<set to the key 'k' "
        "in secret 's'>\tOptional: false\n"
        "      C:\t<set to the key 'k' of config map 'cm'>\tOptional: true\n    Mounts:\t<none>\n";
    g_autoptr(GString) out = g_string_new(NULL);

    describe_containers(out, "Containers", pod_spec(pod)->containers.items, 1, NULL, pod, "");
    ck_assert_str_eq(out->str, want);
}
END_TEST

/* Shares of what a node can give are cut: 290m of 1 CPU is 28%. */
START_TEST(test_node_shares)
{
    g_autoptr(ApiObject) node =
        object_from_yaml("apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: "
                         "{cpu: '1', memory: 1Gi, pods: '110', example.com/gpu: '2'}}");
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = NULL;

    g_ptr_array_add(pods,
                    object_from_yaml(
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: d}\nspec: "
                        "{containers: [{name: c, resources: {requests: {cpu: 290m, memory: 512Mi, "
                        "example.com/gpu: '1'}, limits: {cpu: '2', example.com/gpu: '1'}}}]}"));
    describe_node.write(out, &(Description){.object = node, .related = pods, .wall_ns = NOW_NS});
    text = describe_align(out->str);
    ck_assert_msg(strstr(text, "  d                           p       290m (28%)    2 (200%)    "
                               "512Mi (50%)      0 (0%)         <unknown>\n") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "  Resource           Requests     Limits\n"
                               "  --------           --------     ------\n"
                               "  cpu                290m (28%)   2 (200%)\n"
                               "  memory             512Mi (50%)  0 (0%)\n"
                               "  ephemeral-storage  0 (0%)       0 (0%)\n"
                               "  example.com/gpu    1            1\n") != NULL,
                  "%s", text);
}
END_TEST

/* v1.34 describe.go, printEphemeralVolumeSource and printPersistentVolumeClaim of a template. */
START_TEST(test_ephemeral)
{
    g_autoptr(ApiObject) pod = object_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: i}]\n  volumes:\n"
        "  - {name: v, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {storageClassName: fast, volumeMode: Block}}}}");
    g_autoptr(GString) out = g_string_new(NULL);

    describe_volumes(out, pod_spec(pod), "");
    ck_assert_str_eq(out->str,
                     "Volumes:\n  v:\n"
                     "    Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)\n"
                     "    StorageClass:\tfast\n    Volume:\t\n    Labels:\ta=b\n    Annotations:\t<none>\n"
                     "    Capacity:\t\n    Access Modes:\t\n    VolumeMode:\tBlock\n");
}
END_TEST

/* A kind without a describer: camel case as words. */
START_TEST(test_any)
{
    g_autoptr(ApiObject) lease = object_from_yaml(
        "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l, namespace: d, uid: "
        "u}\nspec: {holderIdentity: h, leaseDurationSeconds: 40}");
    g_autoptr(GString) out = g_string_new(NULL);

    describer_find(&lease_kind)->write(out, &(Description){.object = lease});
    ck_assert_str_eq(out->str,
                     "Name:\tl\nNamespace:\td\nLabels:\t<none>\nAnnotations:\t<none>\nAPI "
                     "Version:\tcoordination.k8s.io/v1\nKind:\tLease\nMetadata:\n  "
                     "UID:\tu\nSpec:\n  Holder Identity:\th\n  Lease Duration Seconds:\t40\n");
}
END_TEST

Suite *
describe_suite(void)
{
    Suite *suite = suite_create("kubectl/describe");
    TCase *tcase = tcase_create("describe");

    tcase_add_loop_test(tcase, test_recorded, 0, G_N_ELEMENTS(recorded_cases));
    tcase_add_loop_test(tcase, test_annotations, 0, G_N_ELEMENTS(annotation_cases));
    tcase_add_test(tcase, test_long_annotation);
    tcase_add_loop_test(tcase, test_tolerations, 0, G_N_ELEMENTS(toleration_cases));
    tcase_add_test(tcase, test_taints);
    tcase_add_loop_test(tcase, test_probes, 0, G_N_ELEMENTS(probe_cases));
    tcase_add_test(tcase, test_environment);
    tcase_add_test(tcase, test_node_shares);
    tcase_add_test(tcase, test_ephemeral);
    tcase_add_test(tcase, test_any);
    suite_add_tcase(suite, tcase);
    return suite;
}
