/*
 * test_update.c - which parts an update looks at, in which order, and what it looks at twice
 *
 * Models: v1.34 apiserver registry/rest/update.go BeforeUpdate (metadata of every kind first, all of it and then the
 * change), then each pkg/registry/.../strategy.go ValidateUpdate, where many look at all of the object and then at the
 * change.
 */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *update_suite(void);

static Fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, TRUE);
}

static void
tear_down(void)
{
    fixture_clear(&fixture);
}

#define META(more)  "metadata: {name: x" more "}"
#define BAD_LABEL   ", labels: {a: 'b c'}"
#define ROLE_REF    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: c}"
#define OTHER_REF   "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: d}"
#define NO_SUBJECT  "subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: ''}]"
#define TEMPLATE(l) "template: {metadata: {labels: {a: " l "}}, spec: {containers: [{name: c, image: i}]}}"
#define VOLUME(n)   "capacity: {storage: " n "}, accessModes: [ReadWriteOnce]"
#define CLAIM(m, n) "accessModes: [" m "], resources: {requests: {storage: " n "}}"

/* @causes: the fields of details.causes, a blank behind each */
static const struct {
    const char *name, *head, *first, *second, *subresource, *causes;
} cases[] = {
    {"config map", "apiVersion: v1, kind: ConfigMap", META("") ", immutable: true, data: {a: b}",
     META(BAD_LABEL) ", immutable: true, data: {'a b': c}", NULL,
     "metadata.labels metadata.labels metadata.labels data metadata.labels data[a b] "},
    {"secret", "apiVersion: v1, kind: Secret", META("") ", type: a/b", META(BAD_LABEL) ", type: a/c", NULL,
     "metadata.labels metadata.labels metadata.labels type metadata.labels "},
    {"service", "apiVersion: v1, kind: Service", META("") ", spec: {clusterIP: None, selector: {a: b}, ports: [{port: 80}]}",
     META(BAD_LABEL) ", spec: {clusterIP: 10.96.0.9, selector: {a: b}, sessionAffinity: x, ports: [{port: 80}]}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.clusterIPs[0] metadata.labels spec.sessionAffinity "},
    {"account", "apiVersion: v1, kind: ServiceAccount", META(""), META(BAD_LABEL), NULL,
     "metadata.labels metadata.labels metadata.labels metadata.labels "},
    {"finalizer of a pod template", "apiVersion: v1, kind: PodTemplate", META("") ", " TEMPLATE("b"),
     META(", finalizers: [foo]") ", " TEMPLATE("'b c'"), NULL, "metadata.finalizers[0] template.labels "},
    {"quota", "apiVersion: v1, kind: ResourceQuota", META("") ", spec: {hard: {pods: 1}}",
     META(BAD_LABEL) ", spec: {hard: {pods: -1}, scopes: [BestEffort]}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.hard[pods] spec.scopes "},
    {"bounds", "apiVersion: v1, kind: LimitRange", META("") ", spec: {limits: [{type: Pod, max: {cpu: 1}}]}",
     META(BAD_LABEL) ", spec: {limits: [{type: Pod, max: {cpu: 1}, default: {cpu: 1}}]}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.limits[0].default "},
    {"namespace", "apiVersion: v1, kind: Namespace", META(""), META(BAD_LABEL), NULL,
     "metadata.labels metadata.labels metadata.labels metadata.labels "},
    {"node", "apiVersion: v1, kind: Node", META("") ", spec: {podCIDR: 10.9.0.0/24}",
     META(BAD_LABEL) ", spec: {podCIDR: x, taints: [{key: a, effect: x}]}", NULL,
     "metadata.labels metadata.labels metadata.labels metadata.taints[0].effect spec.podCIDRs[0] metadata.labels spec.podCIDRs "
     "metadata.taints[0].effect "},
    {"status of a node", "apiVersion: v1, kind: Node", META(""),
     META("") ", status: {capacity: {cpu: -1}, allocatable: {cpu: 1}, addresses: [{type: a, address: b}, {type: a, address: b}]}",
     "status", "status.capacity.cpu status.addresses[1] "},
    {"status of a node, labels", "apiVersion: v1, kind: Node", META(""),
     META(BAD_LABEL) ", status: {capacity: {cpu: -1}, allocatable: {cpu: 1}}", "status",
     "metadata.labels metadata.labels metadata.labels status.capacity.cpu "},
    {"volume", "apiVersion: v1, kind: PersistentVolume", META("") ", spec: {" VOLUME("1") ", hostPath: {path: /a}}",
     META(BAD_LABEL) ", spec: {" VOLUME("-1") ", hostPath: {path: /b}}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.capacity[storage] spec.capacity[storage] metadata.labels "
     "spec.capacity[storage] spec.capacity[storage] spec.persistentvolumesource "},
    {"claim", "apiVersion: v1, kind: PersistentVolumeClaim", META("") ", spec: {" CLAIM("ReadWriteOnce", "1") "}",
     META(BAD_LABEL) ", spec: {" CLAIM("X", "1") "}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.accessModes metadata.labels metadata.labels "
     "spec.accessModes spec "},
    {"replication controller", "apiVersion: v1, kind: ReplicationController",
     META("") ", spec: {selector: {a: b}, " TEMPLATE("b") "}",
     META(BAD_LABEL) ", spec: {replicas: -1, selector: {a: b}, " TEMPLATE("b") "}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.replicas metadata.labels spec.replicas "},
    {"replica set", "apiVersion: apps/v1, kind: ReplicaSet",
     META("") ", spec: {selector: {matchLabels: {a: b}}, " TEMPLATE("b") "}",
     META(BAD_LABEL) ", spec: {replicas: -1, selector: {matchLabels: {a: c}}, " TEMPLATE("c") "}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.replicas metadata.labels spec.replicas spec.selector "},
    {"budget", "apiVersion: policy/v1, kind: PodDisruptionBudget", META("") ", spec: {minAvailable: 1}",
     META(BAD_LABEL) ", spec: {minAvailable: -1}", NULL, "metadata.labels metadata.labels spec.minAvailable "},
    {"deployment", "apiVersion: apps/v1, kind: Deployment",
     META("") ", spec: {selector: {matchLabels: {a: b}}, " TEMPLATE("b") "}",
     META(BAD_LABEL) ", spec: {replicas: -1, selector: {matchLabels: {a: b}}, " TEMPLATE("b") "}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.replicas "},
    {"network policy", "apiVersion: networking.k8s.io/v1, kind: NetworkPolicy", META("") ", spec: {podSelector: {}}",
     META(BAD_LABEL) ", spec: {podSelector: {}, policyTypes: [x]}", NULL,
     "metadata.labels metadata.labels metadata.labels spec.policyTypes[0] metadata.labels spec.policyTypes[0] "},
    {"storage class", "apiVersion: storage.k8s.io/v1, kind: StorageClass", META("") ", provisioner: a/b",
     META(BAD_LABEL) ", provisioner: a/b, reclaimPolicy: x", NULL,
     "metadata.labels metadata.labels metadata.labels reclaimPolicy metadata.labels reclaimPolicy "},
    {"runtime class", "apiVersion: node.k8s.io/v1, kind: RuntimeClass", META("") ", handler: a",
     META(BAD_LABEL) ", handler: B", NULL, "metadata.labels metadata.labels metadata.labels handler metadata.labels handler "},
    {"role", "apiVersion: rbac.authorization.k8s.io/v1, kind: Role", META(""), META(BAD_LABEL) ", rules: [{resources: [pods], apiGroups: ['']}]",
     NULL, "metadata.labels metadata.labels metadata.labels rules[0].verbs metadata.labels rules[0].verbs metadata.labels "},
    {"binding", "apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding", META("") ", " ROLE_REF,
     META(BAD_LABEL) ", " OTHER_REF ", " NO_SUBJECT, NULL,
     "metadata.labels metadata.labels metadata.labels subjects[0].name subjects[0].name metadata.labels subjects[0].name "
     "subjects[0].name metadata.labels roleRef "},
    {"priority class", "apiVersion: scheduling.k8s.io/v1, kind: PriorityClass", META("") ", value: 1",
     META(BAD_LABEL) ", value: 2", NULL, "metadata.labels metadata.labels metadata.labels value "},
};

static ApiResponse *
send(ApiVerb verb, const char *head, const char *text, const char *subresource, const ApiResponse *stored)
{
    g_autofree char *whole = g_strdup_printf("{%s, %s}", head, text);
    Value *body = fixture_parse(whole);
    const ApiKind *kind = api_kind_find(value_get_string(body, "apiVersion", NULL), value_get_string(body, "kind", NULL));
    ApiRequest *request = api_request_new(verb, kind, kind->is_namespaced ? "default" : NULL, verb == VERB_CREATE ? NULL : "x");

    request->body = body;
    if (stored != NULL)
        value_set(value_get(body, "metadata"), "resourceVersion",
                  value_new_string(str_internf("%" G_GUINT64_FORMAT, stored->object->resource_version)));
    if (subresource != NULL)
        request->subresource = str_intern(subresource);
    return fixture_call(&fixture, request);
}

START_TEST(test_causes)
{
    ApiResponse *first = send(VERB_CREATE, cases[_i].head, cases[_i].first, NULL, NULL);
    ApiResponse *second = send(VERB_UPDATE, cases[_i].head, cases[_i].second, cases[_i].subresource, first);
    g_autoptr(GString) causes = g_string_new(NULL);

    ck_assert_msg(first->code == 201, "%s: %s", cases[_i].name, first->status == NULL ? "" : first->status->message);
    ck_assert_msg(second->code == 422, "%s: %d", cases[_i].name, second->code);
    for (guint i = 0; i < second->status->causes.count; i++)
        g_string_append_printf(causes, "%s ", second->status->causes.items[i].field);
    ck_assert_msg(strcmp(causes->str, cases[_i].causes) == 0, "%s: want %s\ngot %s\n%s", cases[_i].name, cases[_i].causes,
                  causes->str, second->status->message);
    api_response_free(first);
    api_response_free(second);
}
END_TEST

/* Each strategy's AllowCreateOnUpdate */
static const struct {
    const char *head, *body;
    int code;
} makes[] = {
    {"apiVersion: coordination.k8s.io/v1, kind: Lease", META(""), 201},
    {"apiVersion: v1, kind: Service", META("") ", spec: {ports: [{port: 80}]}", 201},
    {"apiVersion: v1, kind: Endpoints", META(""), 201},
    {"apiVersion: v1, kind: LimitRange", META(""), 201},
    {"apiVersion: rbac.authorization.k8s.io/v1, kind: Role", META(""), 201},
    {"apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding", META("") ", " ROLE_REF, 201},
    {"apiVersion: v1, kind: Service", META(""), 422},
    {"apiVersion: v1, kind: ConfigMap", META(""), 404},
    {"apiVersion: v1, kind: Secret", META(""), 404},
    {"apiVersion: v1, kind: ResourceQuota", META(""), 404},
    {"apiVersion: v1, kind: Node", META(""), 404},
};

START_TEST(test_makes)
{
    ApiResponse *response = send(VERB_UPDATE, makes[_i].head, makes[_i].body, NULL, NULL);

    ck_assert_msg(response->code == makes[_i].code, "%s: %d", makes[_i].head, response->code);
    api_response_free(response);
}
END_TEST

Suite *
update_suite(void)
{
    Suite *suite = suite_create("update");
    TCase *tcase = tcase_create("update");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_causes, 0, G_N_ELEMENTS(cases));
    tcase_add_loop_test(tcase, test_makes, 0, G_N_ELEMENTS(makes));
    suite_add_tcase(suite, tcase);
    return suite;
}
