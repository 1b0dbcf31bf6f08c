/*
 * test_quota.c - ResourceQuota and LimitRange at admission (v1.34 apiserver
 * admission/plugin/resourcequota admission_test.go, plugin/pkg/admission/limitranger
 * admission_test.go)
 */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *quota_suite(void);

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

static void
create(const char *text)
{
    ApiResponse *response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);

    ck_assert_msg(response->code == 201, "%s",
                  response->status == NULL ? "" : response->status->message);
    api_response_free(response);
    fixture_settle(&fixture);
}

/* The status as a document, as the controller would have written it. */
static void
make_quota(const char *spec, const char *status)
{
    g_autofree char *text = g_strdup_printf(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {%s}}", spec);
    g_autofree char *patch = g_strdup_printf("{\"status\": {%s}}", status);
    ApiRequest *request = api_request_new(VERB_PATCH, &resource_quota_kind, "default", "q");

    create(text);
    request->subresource = str_intern("status");
    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse(patch);
    api_response_free(fixture_call(&fixture, request));
    fixture_settle(&fixture);
}

#define POD(rest) "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" rest "}}"
#define ONE(resources) "containers: [{name: c, image: i, resources: {" resources "}}]"

/* --- quotas ------------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *spec, *status, *object;
    const char *refusal; /* after `is forbidden: `; NULL: created */
    const char *used;    /* then */
} quota_cases[] = {
    {"TestAdmitBelowQuotaLimit", "hard: {}",
     "\"hard\": {\"cpu\": \"3\", \"memory\": \"100Gi\", \"pods\": \"5\"}, \"used\": {\"cpu\": \"1\", "
     "\"memory\": \"50Gi\", \"pods\": \"3\"}",
     POD(ONE("requests: {cpu: 100m, memory: 2Gi}")), NULL, "cpu=1100m,memory=52Gi,pods=4"},
    {"TestAdmitExceedQuotaLimit", "hard: {}",
     "\"hard\": {\"cpu\": \"3\", \"memory\": \"100Gi\", \"pods\": \"5\"}, \"used\": {\"cpu\": \"1\", "
     "\"memory\": \"50Gi\", \"pods\": \"3\"}",
     POD(ONE("requests: {cpu: '3', memory: 2Gi}")),
     "exceeded quota: q, requested: cpu=3, used: cpu=1, limited: cpu=3", "cpu=1,memory=50Gi,pods=3"},
    {"several at once, sorted", "hard: {}",
     "\"hard\": {\"pods\": \"1\", \"limits.cpu\": \"1\"}, \"used\": {\"pods\": \"1\", \"limits.cpu\": "
     "\"0\"}",
     POD(ONE("limits: {cpu: 1500m}")),
     "exceeded quota: q, requested: limits.cpu=1500m,pods=1, used: limits.cpu=0,pods=1, limited: "
     "limits.cpu=1,pods=1",
     "limits.cpu=0,pods=1"},
    {"TestAdmitEnforceQuotaConstraints", "hard: {}",
     "\"hard\": {\"cpu\": \"3\", \"memory\": \"100Gi\", \"limits.memory\": \"200Gi\", \"pods\": \"5\"}, "
     "\"used\": {\"cpu\": \"1\", \"memory\": \"50Gi\", \"limits.memory\": \"100Gi\", \"pods\": \"3\"}",
     POD(ONE("requests: {cpu: 100m, memory: 2Gi}, limits: {cpu: 200m}")),
     "failed quota: q: must specify limits.memory for: c",
     "cpu=1,limits.memory=100Gi,memory=50Gi,pods=3"},
    {"several containers lack several things", "hard: {}",
     "\"hard\": {\"requests.cpu\": \"3\", \"memory\": \"1Gi\"}, \"used\": {\"requests.cpu\": \"0\", "
     "\"memory\": \"0\"}",
     POD("containers: [{name: b, image: i}, {name: a, image: i, resources: {requests: {cpu: 1}}}], "
         "initContainers: [{name: z, image: i}]"),
     "failed quota: q: must specify memory for: a,b,z; requests.cpu for: b,z",
     "memory=0,requests.cpu=0"},
    {"usage not known yet", "hard: {}", "\"hard\": {\"pods\": \"5\"}",
     POD(ONE("requests: {cpu: 100m}")), "status unknown for quota: q, resources: pods", ""},
    {"limits nobody has taken up yet", "hard: {pods: 0}", "", POD(ONE("")), NULL, ""},
    {"TestAdmitPodInNamespaceWithoutQuota: about others", "hard: {}",
     "\"hard\": {\"services\": \"0\"}, \"used\": {\"services\": \"0\"}", POD(ONE("")), NULL,
     "services=0"},
    {"extended resources by requests.", "hard: {}",
     "\"hard\": {\"requests.x.io/gpu\": \"1\"}, \"used\": {\"requests.x.io/gpu\": \"0\"}",
     POD(ONE("limits: {x.io/gpu: 2}")),
     "exceeded quota: q, requested: requests.x.io/gpu=2, used: requests.x.io/gpu=0, limited: "
     "requests.x.io/gpu=1",
     "requests.x.io/gpu=0"},
    {"init containers count by the greatest", "hard: {}",
     "\"hard\": {\"cpu\": \"2\"}, \"used\": {\"cpu\": \"0\"}",
     POD("containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}], initContainers: "
         "[{name: i, image: i, resources: {requests: {cpu: 500m}}}]"),
     NULL, "cpu=500m"},
    {"TestAdmitBestEffortQuotaLimitIgnoresBurstable", "hard: {}, scopes: [BestEffort]",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}", POD(ONE("requests: {cpu: 100m}")),
     NULL, "pods=0"},
    {"a best effort pod is taken", "hard: {}, scopes: [BestEffort]",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}", POD(ONE("")),
     "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0", "pods=0"},
    {"Terminating takes those with a deadline", "hard: {}, scopes: [Terminating]",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}",
     POD(ONE("") ", activeDeadlineSeconds: 30"),
     "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0", "pods=0"},
    {"NotTerminating does not", "hard: {}, scopes: [NotTerminating]",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}",
     POD(ONE("") ", activeDeadlineSeconds: 30"), NULL, "pods=0"},
    {"a priority class that is meant",
     "hard: {}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: "
     "[system-node-critical]}]}",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}",
     POD(ONE("") ", priorityClassName: system-node-critical"),
     "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0", "pods=0"},
    {"a priority class that is not",
     "hard: {}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: "
     "[system-node-critical]}]}",
     "\"hard\": {\"pods\": \"0\"}, \"used\": {\"pods\": \"0\"}",
     POD(ONE("") ", priorityClassName: system-node-critical"), NULL, "pods=0"},
    {"count/ counts by kind", "hard: {}",
     "\"hard\": {\"count/deployments.apps\": \"0\"}, \"used\": {\"count/deployments.apps\": \"0\"}",
     "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: "
     "b}}, template: {metadata: {labels: {a: b}}, spec: {" ONE("") "}}}}",
     "exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, "
     "limited: count/deployments.apps=0",
     "count/deployments.apps=0"},
    {"old names of counts", "hard: {}",
     "\"hard\": {\"configmaps\": \"2\", \"count/configmaps\": \"3\"}, \"used\": {\"configmaps\": \"1\", "
     "\"count/configmaps\": \"1\"}",
     "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}", NULL,
     "configmaps=2,count/configmaps=2"},
    {"TestAdmitBelowTerminatingQuota...: ports of a NodePort service", "hard: {}",
     "\"hard\": {\"services\": \"5\", \"services.nodeports\": \"1\"}, \"used\": {\"services\": \"1\", "
     "\"services.nodeports\": \"0\"}",
     "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, ports: [{name: a, "
     "port: 80}, {name: b, port: 81}]}}",
     "exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: "
     "services.nodeports=1",
     "services=1,services.nodeports=0"},
    {"claims, by class too", "hard: {}",
     "\"hard\": {\"requests.storage\": \"10Gi\", \"gold.storageclass.storage.k8s.io/requests.storage\": "
     "\"1Gi\"}, \"used\": {\"requests.storage\": \"0\", "
     "\"gold.storageclass.storage.k8s.io/requests.storage\": \"0\"}",
     "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: "
     "gold, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}",
     "exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: "
     "gold.storageclass.storage.k8s.io/requests.storage=0, limited: "
     "gold.storageclass.storage.k8s.io/requests.storage=1Gi",
     "gold.storageclass.storage.k8s.io/requests.storage=0,requests.storage=0"},
};

START_TEST(test_quotas)
{
    ApiResponse *response;
    const char *used;

    make_quota(quota_cases[_i].spec, quota_cases[_i].status);
    response = fixture_create_text(&fixture, quota_cases[_i].object, FIELD_VALIDATION_STRICT);
    if (quota_cases[_i].refusal == NULL) {
        ck_assert_msg(response->code == 201, "%s: %s", quota_cases[_i].name,
                      response->status == NULL ? "" : response->status->message);
    } else {
        const char *words;

        ck_assert_msg(response->code == 403, "%s", quota_cases[_i].name);
        words = strstr(response->status->message, "is forbidden: ");
        ck_assert_msg(words != NULL, "%s", response->status->message);
        ck_assert_str_eq(words + strlen("is forbidden: "), quota_cases[_i].refusal);
    }
    fixture_settle(&fixture);
    used = quota_print(&quota_status(fixture_get(&fixture, &resource_quota_kind, "q"))->used);
    ck_assert_msg(str_is(used, quota_cases[_i].used), "%s: %s", quota_cases[_i].name, used);
    api_response_free(response);
}
END_TEST

/* Ten at a time where four have room: four are made, and the number is right. */
START_TEST(test_crowd)
{
    Reply replies[10] = {0};
    guint created = 0;

    make_quota("hard: {}", "\"hard\": {\"pods\": \"5\"}, \"used\": {\"pods\": \"1\"}");
    for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
        g_autofree char *text = g_strdup_printf(
            "{apiVersion: v1, kind: Pod, metadata: {name: p%u, namespace: default}, spec: "
            "{containers: [{name: c, image: i}]}}", i);
        ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", NULL);

        request->body = fixture_parse(text);
        fixture_send(&fixture, request, &replies[i]);
    }
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 5 * NS_PER_S);
    for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
        created += replies[i].response->code == 201;
        reply_clear(&replies[i]);
    }
    ck_assert_uint_eq(created, 4);
    ck_assert_str_eq(
        quota_print(&quota_status(fixture_get(&fixture, &resource_quota_kind, "q"))->used),
        "pods=5");
}
END_TEST

/* TestAdmissionIgnoresDelete, dry run: nothing is charged. */
START_TEST(test_dry_run)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &config_map_kind, "default", NULL);
    ApiResponse *response;

    make_quota("hard: {}", "\"hard\": {\"configmaps\": \"2\"}, \"used\": {\"configmaps\": \"1\"}");
    request->body = fixture_parse("{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}");
    request->dry_run = TRUE;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
    ck_assert_str_eq(
        quota_print(&quota_status(fixture_get(&fixture, &resource_quota_kind, "q"))->used),
        "configmaps=1");
}
END_TEST

/* A service that becomes a NodePort is charged for its ports. */
START_TEST(test_update)
{
    static const struct {
        const char *hard;
        int code;
    } rows[] = {{"1", 200}, {"0", 403}};
    g_autofree char *status =
        g_strdup_printf("\"hard\": {\"services.nodeports\": \"%s\"}, \"used\": "
                        "{\"services.nodeports\": \"0\"}", rows[_i].hard);
    ApiRequest *request = api_request_new(VERB_PATCH, &service_kind, "default", "s");
    ApiResponse *response;

    make_quota("hard: {}", status);
    create("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}");
    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse("{spec: {type: NodePort}}");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, rows[_i].code);
    if (rows[_i].code == 403)
        ck_assert_str_eq(response->status->message,
                         "services \"s\" is forbidden: exceeded quota: q, requested: "
                         "services.nodeports=1, used: services.nodeports=0, limited: "
                         "services.nodeports=0");
    api_response_free(response);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + NS_PER_S);
    ck_assert_str_eq(
        quota_print(&quota_status(fixture_get(&fixture, &resource_quota_kind, "q"))->used),
        rows[_i].code == 200 ? "services.nodeports=1" : "services.nodeports=0");
}
END_TEST

/* --- limit ranges -------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *limits, *pod;
    const char *refusal;         /* NULL: created */
    const char *requests, *limit; /* of the first container then */
} limit_cases[] = {
    {"TestMergePodResourceRequirements: nothing given",
     "{type: Container, default: {cpu: 75m, memory: 5Mi}, defaultRequest: {cpu: 50m}}", ONE(""), NULL,
     "cpu=50m,memory=5Mi", "cpu=75m,memory=5Mi"},
    {"what is given stays", "{type: Container, default: {cpu: 75m}, defaultRequest: {cpu: 50m}}",
     ONE("requests: {cpu: 60m}"), NULL, "cpu=60m", "cpu=75m"},
    {"a limit that was given is the request too, before the default is looked at",
     "{type: Container, default: {cpu: 75m}, defaultRequest: {cpu: 50m}}", ONE("limits: {cpu: 100m}"),
     NULL, "cpu=100m", "cpu=100m"},
    {"the maximum is the default", "{type: Container, max: {memory: 1Gi}}", ONE(""), NULL,
     "memory=1Gi", "memory=1Gi"},
    {"the minimum is the default request", "{type: Container, min: {cpu: 10m}, max: {cpu: 1}}",
     ONE("limits: {cpu: 500m}"), NULL, "cpu=500m", "cpu=500m"},
    {"ctr-min-cpu-request-limit", "{type: Container, min: {cpu: 50m}}",
     ONE("requests: {cpu: 40m}, limits: {cpu: 75m}"),
     "minimum cpu usage per Container is 50m, but request is 40m", NULL, NULL},
    {"ctr-max-cpu-limit", "{type: Container, max: {cpu: 100m}}",
     ONE("requests: {cpu: 50m}, limits: {cpu: 200m}"),
     "maximum cpu usage per Container is 100m, but limit is 200m", NULL, NULL},
    {"both of two", "{type: Container, max: {cpu: '1', memory: 1Gi}}",
     ONE("limits: {cpu: '2', memory: 2Gi}"),
     "[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is "
     "1Gi, but limit is 2Gi]", NULL, NULL},
    {"ctr-max-cpu-ratio", "{type: Container, maxLimitRequestRatio: {cpu: '2'}}",
     ONE("requests: {cpu: 500m}, limits: {cpu: 1250m}"),
     "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000", NULL, NULL},
    {"ctr-max-cpu-ratio without a limit", "{type: Container, maxLimitRequestRatio: {cpu: '2'}}",
     ONE("requests: {cpu: 500m}"),
     "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0",
     NULL, NULL},
    {"pod-min-memory-request", "{type: Pod, min: {memory: 100Mi}}",
     "containers: [{name: c, image: i, resources: {requests: {memory: 60Mi}}}, {name: d, image: i, "
     "resources: {requests: {memory: 20Mi}}}]",
     "minimum memory usage per Pod is 100Mi, but request is 80Mi", NULL, NULL},
    {"pod-max without a limit", "{type: Pod, max: {cpu: '1'}}", ONE("requests: {cpu: 10m}"),
     "maximum cpu usage per Pod is 1.  No limit is specified", NULL, NULL},
    {"pod-min without a request", "{type: Pod, min: {cpu: 10m}}", ONE(""),
     "minimum cpu usage per Pod is 10m.  No request is specified", NULL, NULL},
    {"pod-max-local-storage: init containers by the greatest", "{type: Pod, max: {cpu: '1'}}",
     "containers: [{name: c, image: i, resources: {limits: {cpu: 600m}}}], initContainers: [{name: i, "
     "image: i, resources: {limits: {cpu: 1200m}}}]",
     "maximum cpu usage per Pod is 1, but limit is 1200m", NULL, NULL},
    {"sidecars count with the containers", "{type: Pod, max: {cpu: '1'}}",
     "containers: [{name: c, image: i, resources: {limits: {cpu: 600m}}}], initContainers: [{name: s, image: i, restartPolicy: "
     "Always, resources: {limits: {cpu: 500m}}}]",
     "maximum cpu usage per Pod is 1, but limit is 1100m", NULL, NULL},
    {"... and with an init container that comes after them", "{type: Pod, max: {cpu: '1'}}",
     "containers: [{name: c, image: i, resources: {limits: {cpu: 100m}}}], initContainers: [{name: s, image: i, restartPolicy: "
     "Always, resources: {limits: {cpu: 500m}}}, {name: z, image: i, resources: {limits: {cpu: 600m}}}]",
     "maximum cpu usage per Pod is 1, but limit is 1100m", NULL, NULL},
    {"... but not with one before them", "{type: Pod, max: {cpu: '1'}}",
     "containers: [{name: c, image: i, resources: {limits: {cpu: 100m}}}], initContainers: [{name: z, image: i, resources: "
     "{limits: {cpu: 600m}}}, {name: s, image: i, restartPolicy: Always, resources: {limits: {cpu: 500m}}}]",
     NULL, "cpu=100m", "cpu=100m"},
    {"what is said for the whole pod overrides", "{type: Pod, max: {cpu: '1'}}",
     "resources: {limits: {cpu: 1500m}}, " ONE("limits: {cpu: 100m}"), "maximum cpu usage per Pod is 1, but limit is 1500m", NULL, NULL},
    {"both are too small: the request is told", "{type: Pod, min: {cpu: 100m}}",
     "containers: [{name: c, image: i, resources: {requests: {cpu: 50m}, limits: {cpu: 50m}}}]",
     "minimum cpu usage per Pod is 100m, but request is 50m", NULL, NULL},
    {"a ratio without requests", "{type: Pod, maxLimitRequestRatio: {cpu: '2'}}", ONE("requests: {cpu: '0'}, limits: {cpu: 50m}"),
     "cpu max limit to request ratio per Pod is 2, but no request is specified or request is 0", NULL, NULL},
    {"a ratio to six digits", "{type: Pod, maxLimitRequestRatio: {cpu: '1.5'}}", ONE("requests: {cpu: 300m}, limits: {cpu: 500m}"),
     "cpu max limit to request ratio per Pod is 1500m, but provided ratio is 1.666667", NULL, NULL},
};

START_TEST(test_limits)
{
    g_autofree char *range = g_strdup_printf("{apiVersion: v1, kind: LimitRange, metadata: {name: l}, "
                                             "spec: {limits: [%s]}}", limit_cases[_i].limits);
    g_autofree char *text = g_strdup_printf("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: "
                                            "{%s}}", limit_cases[_i].pod);
    ApiResponse *response;

    create(range);
    response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);
    if (limit_cases[_i].refusal == NULL) {
        const ResourceRequirements *got;

        ck_assert_msg(response->code == 201, "%s: %s", limit_cases[_i].name,
                      response->status == NULL ? "" : response->status->message);
        got = &pod_spec(response->object)->containers.items[0].resources;
        ck_assert_str_eq(quota_print(&got->requests), limit_cases[_i].requests);
        ck_assert_str_eq(quota_print(&got->limits), limit_cases[_i].limit);
    } else {
        g_autofree char *want = g_strdup_printf("pods \"p\" is forbidden: %s", limit_cases[_i].refusal);

        ck_assert_int_eq(response->code, 403);
        ck_assert_str_eq(response->status->message, want);
    }
    api_response_free(response);
}
END_TEST

/* TestPodLimitFunc: pods of so many containers, all alike; through the API, which fills in what a range leaves out. */
static const struct {
    const char *name;
    guint count;
    const char *type, *bounds, *requests, *limits;
    const char *refusal; /* NULL: created */
} bound_cases[] = {
    {"ctr-min-cpu-request", 1, "Container", "min: {cpu: 50m}", "cpu: 100m",
     "", NULL},
    {"ctr-min-cpu-request-limit", 1, "Container", "min: {cpu: 50m}", "cpu: 100m",
     "cpu: 200m", NULL},
    {"ctr-min-memory-request", 1, "Container", "min: {memory: 50Mi}", "memory: 60Mi",
     "", NULL},
    {"ctr-min-memory-request-limit", 1, "Container", "min: {memory: 50Mi}", "memory: 60Mi",
     "memory: 100Mi", NULL},
    {"ctr-max-cpu-request-limit", 1, "Container", "max: {cpu: '2'}", "cpu: 500m",
     "cpu: '1'", NULL},
    {"ctr-max-cpu-limit", 1, "Container", "max: {cpu: '2'}", "",
     "cpu: '1'", NULL},
    {"ctr-max-mem-request-limit", 1, "Container", "max: {memory: 1Gi}", "memory: 250Mi",
     "memory: 500Mi", NULL},
    {"ctr-max-cpu-ratio", 1, "Container", "maxLimitRequestRatio: {cpu: '1.5'}", "cpu: 500m",
     "cpu: 750m", NULL},
    {"ctr-max-mem-limit", 1, "Container", "max: {memory: 1Gi}", "",
     "memory: 500Mi", NULL},
    {"pod-min-cpu-request", 2, "Pod", "min: {cpu: 100m}", "cpu: 75m",
     "", NULL},
    {"pod-min-cpu-request-limit", 2, "Pod", "min: {cpu: 100m}", "cpu: 75m",
     "cpu: 200m", NULL},
    {"pod-min-memory-request", 2, "Pod", "min: {memory: 100Mi}", "memory: 60Mi",
     "", NULL},
    {"pod-min-memory-request-limit", 2, "Pod", "min: {memory: 100Mi}", "memory: 60Mi",
     "memory: 100Mi", NULL},
    {"pod-max-cpu-request-limit", 2, "Pod", "max: {cpu: '2'}", "cpu: 500m",
     "cpu: '1'", NULL},
    {"pod-max-cpu-limit", 2, "Pod", "max: {cpu: '2'}", "",
     "cpu: '1'", NULL},
    {"pod-max-mem-request-limit", 2, "Pod", "max: {memory: 1Gi}", "memory: 250Mi",
     "memory: 500Mi", NULL},
    {"pod-max-mem-limit", 2, "Pod", "max: {memory: 1Gi}", "",
     "memory: 500Mi", NULL},
    {"pod-max-mem-ratio", 3, "Pod", "max: {memory: 2Gi}, maxLimitRequestRatio: {memory: '1.5'}", "memory: 300Mi",
     "memory: 450Mi", NULL},
    {"ctr-min-cpu-request", 1, "Container", "min: {cpu: 50m}", "cpu: 40m",
     "", "minimum cpu usage per Container is 50m, but request is 40m"},
    {"ctr-min-cpu-request-limit", 1, "Container", "min: {cpu: 50m}", "cpu: 40m",
     "cpu: 200m", "minimum cpu usage per Container is 50m, but request is 40m"},
    {"ctr-min-cpu-no-request-limit: the minimum is the default", 1, "Container", "min: {cpu: 50m}", "",
     "", NULL},
    {"ctr-min-memory-request", 1, "Container", "min: {memory: 50Mi}", "memory: 40Mi",
     "", "minimum memory usage per Container is 50Mi, but request is 40Mi"},
    {"ctr-min-memory-request-limit", 1, "Container", "min: {memory: 50Mi}", "memory: 40Mi",
     "memory: 100Mi", "minimum memory usage per Container is 50Mi, but request is 40Mi"},
    {"ctr-max-cpu-request-limit", 1, "Container", "max: {cpu: '2'}", "cpu: 500m",
     "cpu: 2500m", "maximum cpu usage per Container is 2, but limit is 2500m"},
    {"ctr-max-cpu-limit", 1, "Container", "max: {cpu: '2'}", "",
     "cpu: 2500m", "maximum cpu usage per Container is 2, but limit is 2500m"},
    {"ctr-max-cpu-no-request-limit: the maximum is the default", 1, "Container", "max: {cpu: '2'}", "",
     "", NULL},
    {"ctr-max-cpu-ratio", 1, "Container", "maxLimitRequestRatio: {cpu: '1'}", "cpu: 1250m",
     "cpu: 2500m", "cpu max limit to request ratio per Container is 1, but provided ratio is 2.000000"},
    {"ctr-max-mem-request-limit", 1, "Container", "max: {memory: 1Gi}", "memory: 250Mi",
     "memory: 2Gi", "maximum memory usage per Container is 1Gi, but limit is 2Gi"},
    {"ctr-max-mem-limit", 1, "Container", "max: {memory: 1Gi}", "",
     "memory: 2Gi", "maximum memory usage per Container is 1Gi, but limit is 2Gi"},
    {"pod-min-cpu-request", 1, "Pod", "min: {cpu: 100m}", "cpu: 75m",
     "", "minimum cpu usage per Pod is 100m, but request is 75m"},
    {"pod-min-cpu-request-limit", 1, "Pod", "min: {cpu: 100m}", "cpu: 75m",
     "cpu: 200m", "minimum cpu usage per Pod is 100m, but request is 75m"},
    {"pod-min-memory-request", 1, "Pod", "min: {memory: 100Mi}", "memory: 60Mi",
     "", "minimum memory usage per Pod is 100Mi, but request is 60Mi"},
    {"pod-min-memory-request-limit", 1, "Pod", "min: {memory: 100Mi}", "memory: 60Mi",
     "memory: 100Mi", "minimum memory usage per Pod is 100Mi, but request is 60Mi"},
    {"pod-max-cpu-request-limit", 3, "Pod", "max: {cpu: '2'}", "cpu: 500m",
     "cpu: '1'", "maximum cpu usage per Pod is 2, but limit is 3"},
    {"pod-max-cpu-limit", 3, "Pod", "max: {cpu: '2'}", "",
     "cpu: '1'", "maximum cpu usage per Pod is 2, but limit is 3"},
    {"pod-max-mem-request-limit", 3, "Pod", "max: {memory: 1Gi}", "memory: 250Mi",
     "memory: 500Mi", "maximum memory usage per Pod is 1Gi, but limit is 1500Mi"},
    {"pod-max-mem-limit", 3, "Pod", "max: {memory: 1Gi}", "",
     "memory: 500Mi", "maximum memory usage per Pod is 1Gi, but limit is 1500Mi"},
    {"pod-max-mem-ratio", 3, "Pod", "max: {memory: 2Gi}, maxLimitRequestRatio: {memory: '1.5'}", "memory: 250Mi",
     "memory: 500Mi", "memory max limit to request ratio per Pod is 1500m, but provided ratio is 2.000000"},
    {"ctr-min-local-ephemeral-storage-request", 1, "Container", "min: {ephemeral-storage: 50Mi}", "ephemeral-storage: 40Mi",
     "", "minimum ephemeral-storage usage per Container is 50Mi, but request is 40Mi"},
    {"ctr-max-local-ephemeral-storage-ratio", 1, "Container", "maxLimitRequestRatio: {ephemeral-storage: '1.5'}", "ephemeral-storage: 300Mi",
     "ephemeral-storage: 450Mi", NULL},
    {"pod-max-local-ephemeral-storage-request-limit", 3, "Pod", "max: {ephemeral-storage: 1Gi}", "ephemeral-storage: 250Mi",
     "ephemeral-storage: 500Mi", "maximum ephemeral-storage usage per Pod is 1Gi, but limit is 1500Mi"},
    {"pod-min-local-ephemeral-storage-request", 2, "Pod", "min: {ephemeral-storage: 100Mi}", "ephemeral-storage: 60Mi",
     "", NULL},
};

START_TEST(test_bounds)
{
    g_autoptr(GString) text = g_string_new("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [");
    g_autofree char *range = g_strdup_printf("{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: %s, %s}]}}",
                                             bound_cases[_i].type, bound_cases[_i].bounds);
    ApiResponse *response;

    for (guint i = 0; i < bound_cases[_i].count; i++)
        g_string_append_printf(text, "%s{name: foo-%u, image: i, resources: {requests: {%s}, limits: {%s}}}", i > 0 ? ", " : "", i,
                               bound_cases[_i].requests, bound_cases[_i].limits);
    g_string_append(text, "]}}");
    create(range);
    response = fixture_create_text(&fixture, text->str, FIELD_VALIDATION_STRICT);
    ck_assert_msg(response->code == (bound_cases[_i].refusal == NULL ? 201 : 403), "%s: %s", bound_cases[_i].name,
                  response->status == NULL ? "" : response->status->message);
    if (bound_cases[_i].refusal != NULL) {
        g_autofree char *want = g_strdup_printf("pods \"p\" is forbidden: %s", bound_cases[_i].refusal);

        ck_assert_str_eq(response->status->message, want);
    }
    api_response_free(response);
}
END_TEST

/* What was filled in stands in an annotation, in the order request, limit, container by container. */
START_TEST(test_limit_annotation)
{
    ApiResponse *response;

    create("{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, "
           "default: {cpu: 75m, memory: 5Mi}, defaultRequest: {cpu: 50m, memory: 5Mi}}]}}");
    response = fixture_create_text(
        &fixture,
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: i}, "
        "{name: b, image: i, resources: {requests: {cpu: 10m}, limits: {memory: 6Mi}}}], "
        "initContainers: [{name: z, image: i, resources: {limits: {cpu: 1, memory: 1Mi}}}]}}",
        FIELD_VALIDATION_STRICT);
    ck_assert_str_eq(str_map_get(&response->object->meta->annotations,
                                 str_intern("kubernetes.io/limit-ranger")),
                     "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit "
                     "for container a; cpu limit for container b");
    api_response_free(response);
}
END_TEST

START_TEST(test_claim_limits)
{
    static const struct {
        const char *storage, *refusal;
    } rows[] = {
        {"5Gi", NULL},
        {"1Gi", "minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi"},
        {"11Gi", "maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 11Gi"},
    };
    g_autofree char *claim = g_strdup_printf(
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: "
        "[ReadWriteOnce], resources: {requests: {storage: %s}}}}", rows[_i].storage);
    ApiResponse *response;

    create("{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: "
           "PersistentVolumeClaim, min: {storage: 2Gi}, max: {storage: 10Gi}}]}}");
    response = fixture_create_text(&fixture, claim, FIELD_VALIDATION_STRICT);
    ck_assert_int_eq(response->code, rows[_i].refusal == NULL ? 201 : 403);
    if (rows[_i].refusal != NULL)
        ck_assert_ptr_nonnull(strstr(response->status->message, rows[_i].refusal));
    api_response_free(response);
}
END_TEST

Suite *
quota_suite(void)
{
    Suite *suite = suite_create("quota");
    TCase *tcase = tcase_create("admission");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_quotas, 0, G_N_ELEMENTS(quota_cases));
    tcase_add_test(tcase, test_crowd);
    tcase_add_test(tcase, test_dry_run);
    tcase_add_loop_test(tcase, test_update, 0, 2);
    tcase_add_loop_test(tcase, test_limits, 0, G_N_ELEMENTS(limit_cases));
    tcase_add_loop_test(tcase, test_bounds, 0, G_N_ELEMENTS(bound_cases));
    tcase_add_test(tcase, test_limit_annotation);
    tcase_add_loop_test(tcase, test_claim_limits, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
