/* Validation: the words and the order of a real v1.34 API server. */
#include "test_support.h"

/* --- comparing ----------------------------------------------------------------------------- */

static char *
print_errors(const ApiErrors *errors)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < errors->list.count; i++) {
        const FieldError *error = &errors->list.items[i];

        g_string_append_printf(text, "%s: %s\n", error->path, field_error_body(error));
    }
    return g_string_free(text, FALSE);
}

static char *
print_causes(const Value *response)
{
    const Value *causes = value_get_path(response, "body", "details", "causes", NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; causes != NULL && i < causes->count; i++)
        g_string_append_printf(text, "%s: %s\n", value_get_string(causes->items[i], "field", ""),
                               value_get_string(causes->items[i], "message", ""));
    return g_string_free(text, FALSE);
}

static void
compare_warnings(const char *name, const ApiObject *object, const Value *response)
{
    const Value *want = value_get(response, "warnings");
    g_autoptr(GPtrArray) got = g_ptr_array_new_with_free_func(g_free);

    if (object->kind->warn != NULL)
        object->kind->warn(object, NULL, got);
    ck_assert_msg(got->len == want->count, "%s: %u warnings, want %u", name, got->len, want->count);
    for (guint i = 0; i < got->len; i++) {
        g_autofree char *header = g_strdup_printf("299 - %s", api_quote(g_ptr_array_index(got, i)));

        ck_assert_str_eq(header, want->items[i]->text);
    }
}

/* --- recordings ---------------------------------------------------------------------------- */

START_TEST(test_recorded_refusals)
{
    g_autoptr(GPtrArray) records = read_records("refused.jsonl");
    guint compared = 0;

    for (guint i = 0; i < records->len; i++) {
        const Value *record = g_ptr_array_index(records, i);
        const Value *response = value_get(record, "response");
        const char *name = value_get_string(record, "case", "");
        gint64 code = value_get_int(response, "code", 0);
        g_autoptr(ApiObject) object = NULL;
        g_autoptr(ApiErrors) errors = api_errors_new();
        g_autofree char *want = print_causes(response);
        g_autofree char *got = NULL;

        if (code != 422 && code != 201)
            continue; /* refused before or after validation */
        if (!is_known_kind(value_get(record, "object")))
            continue;
        object = object_from_tree(value_get(record, "object"));
        prepare_create(object);
        api_validate_create(object, errors);
        got = print_errors(errors);
        ck_assert_msg(strcmp(want, got) == 0, "%s:\nwant %sgot  %s", name, want, got);
        if (code == 201)
            compare_warnings(name, object, response);
        compared++;
    }
    ck_assert_uint_gt(compared, 60);
}
END_TEST

/* What admission adds to a pod of the recordings. */
static void
admit(ApiObject *pod, const char *volume_name)
{
    static const char token_yaml[] =
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {serviceAccountName: default, "
        "tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, "
        "tolerationSeconds: 300}, {key: node.kubernetes.io/unreachable, operator: Exists, effect: "
        "NoExecute, tolerationSeconds: 300}], containers: [{name: c, image: a, volumeMounts: "
        "[{name: %s, readOnly: true, mountPath: "
        "/var/run/secrets/kubernetes.io/serviceaccount}]}], volumes: [{name: %s, projected: "
        "{sources: [{serviceAccountToken: {expirationSeconds: 3607, path: token}}, {configMap: "
        "{name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}}, {downwardAPI: {items: "
        "[{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}}]}}]}}";
    g_autofree char *yaml = g_strdup_printf(token_yaml, volume_name, volume_name);
    g_autoptr(ApiObject) donor = object_from_yaml(yaml);
    PodSpec *from = api_edit_spec(donor);
    PodSpec *to = api_edit_spec(pod);

    to->priority = OPT_INT32(0);
    to->preemption_policy = str_intern("PreemptLowerPriority");
    for (guint i = 0; i < from->tolerations.count; i++)
        *API_LIST_ADD(&to->tolerations) = from->tolerations.items[i];
    if (volume_name[0] == '\0')
        return;
    to->service_account_name = from->service_account_name;
    to->deprecated_service_account = from->service_account_name;
    *API_LIST_ADD(&to->volumes) = from->volumes.items[0];
    from->volumes.count = 0;
    for (guint i = 0; i < to->containers.count; i++)
        *API_LIST_ADD(&to->containers.items[i].volume_mounts) =
            from->containers.items[0].volume_mounts.items[0];
}

static char *
find_volume_name(const char *text)
{
    const char *at = strstr(text, "kube-api-access-");

    return at == NULL ? g_strdup("kube-api-access-xxxxx")
                      : g_strndup(at, strlen("kube-api-access-xxxxx"));
}

START_TEST(test_recorded_update_refusals)
{
    g_autoptr(GPtrArray) records = read_records("refused-updates.jsonl");

    ck_assert_uint_gt(records->len, 6);
    for (guint i = 0; i < records->len; i++) {
        const Value *record = g_ptr_array_index(records, i);
        g_autofree char *want = print_causes(value_get(record, "response"));
        g_autofree char *volume = find_volume_name(want);
        g_autoptr(ApiErrors) errors = api_errors_new();
        g_autoptr(ApiObject) old = NULL;
        g_autoptr(ApiObject) new_ = NULL;
        g_autofree char *got = NULL;

        if (!is_known_kind(value_get(record, "first")))
            continue;
        old = object_from_tree(value_get(record, "first"));
        new_ = object_from_tree(value_get(record, "second"));
        prepare_create(old);
        if (old->kind == &pod_kind) {
            admit(old, volume);
            admit(new_, "");
        }
        if (new_->kind->begin != NULL)
            new_->kind->begin(new_, old);
        if (new_->kind->prepare_update != NULL)
            new_->kind->prepare_update(new_, old);
        api_validate_update(new_, old, errors);
        got = print_errors(errors);
        ck_assert_msg(strcmp(want, got) == 0, "%s:\nwant %s\ngot %s",
                      value_get_string(record, "case", ""), want, got);
    }
}
END_TEST

/* --- rules, by example --------------------------------------------------------------------- */

#define POD(spec)       "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: " spec "}"
#define CONTAINER(rest) POD("{containers: [{name: c, image: 'a:1', " rest "}]}")
#define WITH(rest)      POD("{containers: [{name: c, image: 'a:1'}], " rest "}")
#define DEPLOYMENT(rest)                                                                           \
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: " \
    "{a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "        \
    "'a:1'}]}}, " rest "}}"
/* pkg/apis/autoscaling/validation/validation_test.go: the kinds of mistakes, each in the server's words */
#define HPA(rest)                                                                                  \
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: "      \
    "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, maxReplicas: 5, " rest "}}"
#define SERVICE(rest) "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {" rest "}}"
#define NODE(rest)    "{apiVersion: v1, kind: Node, metadata: {name: n1}, " rest "}"

#define JOB_WITH(spec, pod)                                                                        \
    "{apiVersion: batch/v1, kind: Job, metadata: {name: j, uid: u}, spec: {" spec                  \
    " template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}] " pod "}}}}"
#define JOB(spec) JOB_WITH(spec, "")
#define CRON(spec)                                                                                 \
    "{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {" spec                      \
    " jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}]}}}}}}"
#define INDEXED "completionMode: Indexed, completions: 5, "
#define FAILURE_RULE "spec.podFailurePolicy.rules[0]"
#define SUCCESS_RULE "spec.successPolicy.rules[0]"

/* v1.34 pkg/apis/{core,apps,batch,scheduling,discovery}/validation */
static const struct {
    const char *yaml, *want; /* want: each cause a line */
} rule_cases[] = {
    /* pkg/apis/core/validation/validation_test.go, TestValidateReplicationController, TestValidatePodTemplate */
    {"{apiVersion: v1, kind: ReplicationController, metadata: {name: r}, spec: {template: {metadata: {labels: {a: b}}, spec: "
     "{containers: [{name: c, image: a}]}}}}",
     ""},
    {"{apiVersion: v1, kind: ReplicationController, metadata: {name: r}, spec: {}}",
     "spec.selector: Required value\nspec.template: Required value\n"},
    {"{apiVersion: v1, kind: ReplicationController, metadata: {name: r}, spec: {replicas: -1, minReadySeconds: -1, selector: "
     "{x: y2}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, activeDeadlineSeconds: 5, containers: "
     "[{name: c, image: a}]}}}}",
     "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0\n"
     "spec.replicas: Invalid value: -1: must be greater than or equal to 0\n"
     "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`\n"
     "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"\n"
     "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported\n"},
    {"{apiVersion: v1, kind: PodTemplate, metadata: {name: t}, template: {spec: {containers: [{image: a}]}}}",
     "template.spec.containers[0].name: Required value\n"},

    /* pkg/apis/batch/validation/validation_test.go, TestValidateJob */
    {JOB("parallelism: -1, backoffLimit: -2,"),
     "spec.parallelism: Invalid value: -1: must be greater than or equal to 0\n"
     "spec.backoffLimit: Invalid value: -2: must be greater than or equal to 0\n"},
    {JOB("maxFailedIndexes: 1,"), "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified\n"
                                  "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode\n"},
    {JOB(INDEXED "backoffLimitPerIndex: 1, maxFailedIndexes: 6,"),
     "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions\n"},
    {JOB("completionMode: Indexed, completions: 100001, parallelism: 10001, backoffLimitPerIndex: 1,"),
     "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000\n"
     "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and "
     "used with backoff limit per index\n"},
    {JOB("managedBy: acme,"), "spec.managedBy: Invalid value: \"acme\": must be a domain-prefixed path (such as "
                              "\"acme.io/foo\")\n"},
    {JOB("managedBy: acme.io/foo,"), ""},
    {JOB("podFailurePolicy: {rules: [{onExitCodes: {values: [2, 1]}}]},"),
     FAILURE_RULE ".action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]\n" FAILURE_RULE
                  ".onExitCodes.operator: Required value: valid values: [\"In\" \"NotIn\"]\n" FAILURE_RULE
                  ".onExitCodes.values: Invalid value: [2,1]: must be ordered\n"},
    {JOB("podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {containerName: d, operator: In, values: [0, 1, "
         "1]}}]},"),
     FAILURE_RULE ".action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set\n" FAILURE_RULE
                  ".onExitCodes.containerName: Invalid value: \"d\": must be one of the container or initContainer names in "
                  "the pod template\n" FAILURE_RULE
                  ".onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator\n" FAILURE_RULE
                  ".onExitCodes.values[2]: Duplicate value: 1\n"},
    {JOB("podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: T, status: Maybe}]}]},"),
     FAILURE_RULE ".onPodConditions[0].status: Unsupported value: \"Maybe\": supported values: \"False\", \"True\", "
                  "\"Unknown\"\n"},
    {JOB("podReplacementPolicy: TerminatingOrFailed, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: "
         "T}]}]},"),
     "spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\"\n"},
    {JOB_WITH("podFailurePolicy: {rules: []},", ", restartPolicy: OnFailure"),
     "spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy is "
     "specified\n"},
    {JOB("successPolicy: {rules: [{succeededCount: 1}]},"),
     "spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":null,\"SucceededCount\":1}]}: requires indexed "
     "completion mode\n"},
    {JOB(INDEXED "successPolicy: {rules: []},"),
     "spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified\n"},
    {JOB(INDEXED "successPolicy: {rules: [{}]},"),
     SUCCESS_RULE ": Required value: at least one of succeededCount or succeededIndexes must be specified\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: 'a,1'}]},"),
     SUCCESS_RULE ".succeededIndexes: Invalid value: \"a,1\": error parsing succeededIndexes: cannot convert string to "
                  "integer for index: \"a\"\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: 1-3-4}]},"),
     SUCCESS_RULE ".succeededIndexes: Invalid value: \"1-3-4\": error parsing succeededIndexes: the fragment \"1-3-4\" "
                  "violates the requirement that an index interval can have at most two parts separated by '-'\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: 2-5}]},"),
     SUCCESS_RULE ".succeededIndexes: Invalid value: \"2-5\": error parsing succeededIndexes: too large index: \"5\"\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: '3,1'}]},"),
     SUCCESS_RULE ".succeededIndexes: Invalid value: \"3,1\": error parsing succeededIndexes: non-increasing order, previous: "
                  "3, current: 1\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: 0-1, succeededCount: 6}]},"),
     SUCCESS_RULE ".succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified "
                  "completions)\n" SUCCESS_RULE
                  ".succeededCount: Invalid value: 6: must be less than or equal to 2 (the number of indexes in the specified "
                  "succeededIndexes field)\n"},
    {JOB(INDEXED "successPolicy: {rules: [{succeededIndexes: '0,2-4', succeededCount: 4}]},"), ""},
    {"{apiVersion: batch/v1, kind: Job, metadata: {name: j.k, uid: u}, spec: {" INDEXED
     "template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}]}}}}",
     "metadata.name: Invalid value: \"j.k\": will not able to create pod with invalid DNS label: j.k-4\n"},
    {"{apiVersion: batch/v1, kind: Job, metadata: {name: j, uid: u}, spec: {template: {metadata: {labels: {job-name: k}}, "
     "spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}]}}}}",
     "spec.template.metadata.labels[job-name]: Invalid value: "
     "{\"batch.kubernetes.io/controller-uid\":\"u\",\"batch.kubernetes.io/job-name\":\"j\",\"controller-uid\":\"u\",\"job-name\":"
     "\"k\"}: must be 'j'\n"},
    /* TestValidateCronJob */
    {CRON("schedule: '* * * * *',"), ""},
    {CRON("schedule: 'TZ=UTC 0 * * * *',"), "spec.schedule: Invalid value: \"TZ=UTC 0 * * * *\": cannot use TZ or CRON_TZ in "
                                            "schedule, use timeZone field instead\n"},
    {CRON("schedule: '* * * * *', timeZone: '',"),
     "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string\n"},
    {CRON("schedule: '* * * * *', timeZone: local,"),
     "spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in "
     "https://www.iana.org/time-zones\nspec.timeZone: Invalid value: \"local\": unknown time zone local\n"},
    {CRON("schedule: '* * * * *', timeZone: Local,"),
     "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in "
     "https://www.iana.org/time-zones\n"},
    {CRON("schedule: 'TZ=Mars/Base * * * * *',"),
     "spec.schedule: Invalid value: \"TZ=Mars/Base * * * * *\": provided bad location Mars/Base: unknown time zone "
     "Mars/Base\nspec.schedule: Invalid value: \"TZ=Mars/Base * * * * *\": cannot use TZ or CRON_TZ in "
     "schedule, use timeZone field instead\n"},
    /* LabelSelectorAsSelector fails: what the selector matches is not asked */
    {JOB("manualSelector: true, selector: {matchExpressions: [{key: a, operator: X}]},"),
     "spec.selector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator\n"},
    /* Go prints a list that is there and empty otherwise than none */
    {JOB("successPolicy: {},"), "spec.successPolicy: Invalid value: {\"Rules\":null}: requires indexed completion mode\n"},
    {JOB("successPolicy: {rules: []},"), "spec.successPolicy: Invalid value: {\"Rules\":[]}: requires indexed completion mode\n"},
    {JOB("podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: []}}]},"),
     "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is required\n"},
    {JOB("podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In}}]},"),
     "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: null: at least one value is required\n"},
    /* pkg/apis/autoscaling/validation, validateContainerResourceSource */
    {"{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 2, scaleTargetRef: "
     "{apiVersion: apps/v1, kind: Deployment, name: d}, metrics: [{type: ContainerResource, containerResource: {name: pods, "
     "container: c, target: {type: Utilization, averageUtilization: 5}}}]}}",
     "spec.metrics[0].containerResource.name: Invalid value: \"pods\": must be a standard resource for containers\n"},
    {CRON("schedule: '* * * * *', timeZone: ../UTC,"),
     "spec.timeZone: Invalid value: \"../UTC\": unknown time zone ../UTC\n"},
    {CRON("schedule: '* * * * *', timeZone: Mars/Base,"),
     "spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone Mars/Base\n"},
    {CRON("schedule: '61 * * * *', concurrencyPolicy: Never, successfulJobsHistoryLimit: -1,"),
     "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61\n"
     "spec.concurrencyPolicy: Unsupported value: \"Never\": supported values: \"Allow\", \"Forbid\", \"Replace\"\n"
     "spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0\n"},
    {"{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: '@daily', jobTemplate: {spec: "
     "{manualSelector: true, template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}]}}}}}}",
     "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\"\n"},

    {POD("{containers: []}"), "spec.containers: Required value\n"},
    {POD("{containers: [{image: a}, {name: x, image: a}, {name: x, image: a}]}"),
     "spec.containers[0].name: Required value\n"
     "spec.containers[2].name: Duplicate value: \"x\"\n"},
    {CONTAINER("ports: [{name: web, containerPort: 80}, {name: web, containerPort: 70000}]"),
     "spec.containers[0].ports[1].name: Duplicate value: \"web\"\n"
     "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and "
     "65535, inclusive\n"},
    {CONTAINER("env: [{value: x}, {name: 'a=b'}]"),
     "spec.containers[0].env[0].name: Required value\n"
     "spec.containers[0].env[1].name: Invalid value: \"a=b\": a valid environment variable name "
     "must consist only of printable ASCII characters other than '='\n"},
    {CONTAINER("env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"),
     "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` "
     "is not empty\n"},
    {CONTAINER("env: [{name: A, valueFrom: {}}]"),
     "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, "
     "`resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`\n"},
    {CONTAINER("env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]"),
     "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "
     "\"metadata.labels\": supported values: \"metadata.name\", \"metadata.namespace\", "
     "\"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", "
     "\"status.hostIPs\", \"status.podIP\", \"status.podIPs\"\n"},
    {POD("{volumes: [{name: v}], containers: [{name: c, image: a, volumeMounts: [{name: v, "
         "mountPath: /x}, {name: v, mountPath: /x}]}]}"),
     "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/x\": must be unique\n"},
    {CONTAINER("resources: {requests: {disk: 1}}"),
     "spec.containers[0].resources.requests[disk]: Invalid value: \"disk\": must be a standard "
     "resource type or fully qualified\n"
     "spec.containers[0].resources.requests[disk]: Invalid value: \"disk\": must be a standard "
     "resource for containers\n"},
    {CONTAINER("resources: {requests: {cpu: 2}, limits: {cpu: 500m}}"),
     "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to "
     "cpu limit of 500m\n"},
    {CONTAINER("resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}}"),
     "spec.containers[0].resources.requests: Invalid value: \"1\": must be equal to "
     "example.com/gpu limit of 2\n"},
    {CONTAINER("resources: {requests: {example.com/gpu: 1}}"),
     "spec.containers[0].resources.limits: Required value: Limit must be set for non "
     "overcommitable resources\n"},
    {CONTAINER("livenessProbe: {}"),
     "spec.containers[0].livenessProbe: Required value: must specify a handler type\n"},
    {CONTAINER("livenessProbe: {exec: {}}"),
     "spec.containers[0].livenessProbe.exec.command: Required value\n"},
    {CONTAINER("readinessProbe: {httpGet: {port: Web, scheme: FTP}}"),
     "spec.containers[0].readinessProbe.httpGet.port: Invalid value: \"Web\": must contain only "
     "alpha-numeric characters (a-z, 0-9), and hyphens (-)\n"
     "spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported "
     "values: \"HTTP\", \"HTTPS\"\n"},
    {CONTAINER("lifecycle: {preStop: {sleep: {seconds: 31}}}"),
     "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and "
     "less than terminationGracePeriodSeconds (30)\n"},
    {WITH("initContainers: [{name: c, image: a}]"),
     "spec.initContainers[0].name: Duplicate value: \"c\"\n"},
    {POD("{hostNetwork: true, containers: [{name: c, image: a, ports: [{containerPort: 80, "
         "hostPort: 81}]}]}"),
     "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
     "`hostNetwork` is true\n"},
    {WITH("volumes: [{name: v, hostPath: {path: /a/../b, type: X}}, {name: w}, {name: w}]"),
     "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'\n"
     "spec.volumes[0].hostPath.type: Unsupported value: \"X\": supported values: \"\", "
     "\"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", "
     "\"FileOrCreate\", \"Socket\"\n"
     "spec.volumes[2].name: Duplicate value: \"w\"\n"},
    {WITH("restartPolicy: Sometimes, activeDeadlineSeconds: 0, preemptionPolicy: X"),
     "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", "
     "\"OnFailure\", \"Never\"\n"
     "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive\n"
     "spec.preemptionPolicy: Unsupported value: \"X\": supported values: "
     "\"PreemptLowerPriority\", \"Never\"\n"},
    {WITH("tolerations: [{key: k, operator: Exists, value: v}, {key: k, operator: In}]"),
     "spec.tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is "
     "'Exists'\n"
     "spec.tolerations[1].operator: Unsupported value: \"In\": supported values: \"Equal\", "
     "\"Exists\"\n"},
    {WITH("schedulingGates: [{name: g}, {name: g}], nodeName: n1"),
     "spec.schedulingGates[1]: Duplicate value: \"g\"\n"
     "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared\n"},
    {WITH("topologySpreadConstraints: [{maxSkew: 0, whenUnsatisfiable: X, minDomains: 0, "
          "nodeTaintsPolicy: Z}]"),
     "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero\n"
     "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty\n"
     "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"X\": supported "
     "values: \"DoNotSchedule\", \"ScheduleAnyway\"\n"
     "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero\n"
     "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if "
     "whenUnsatisfiable=DoNotSchedule, not X\n"
     "spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: \"Z\": supported "
     "values: \"Honor\", \"Ignore\"\n"},
    {WITH("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
          "{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists, values: [x]}, "
          "{key: a, operator: Gt}]}]}}}"),
     "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
     "nodeSelectorTerms[0].matchExpressions[0].values: Forbidden: may not be specified when "
     "`operator` is 'Exists' or 'DoesNotExist'\n"
     "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
     "nodeSelectorTerms[0].matchExpressions[1].values: Required value: must be specified single "
     "value when `operator` is 'Lt' or 'Gt'\n"},
    {POD("{containers: [{name: c, image: ' a'}]}"),
     "spec.containers[0].image: Invalid value: \" a\": must not have leading or trailing "
     "whitespace\n"},
    {DEPLOYMENT("strategy: {type: X}"),
     "spec.strategy: Unsupported value: {\"Type\":\"X\",\"RollingUpdate\":null}: supported "
     "values: \"Recreate\", \"RollingUpdate\"\n"},
    {DEPLOYMENT("strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}"),
     "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
     "'Recreate'\n"},
    {DEPLOYMENT("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}"),
     "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when "
     "`maxSurge` is 0\n"},
    {DEPLOYMENT("progressDeadlineSeconds: 5, minReadySeconds: 5"),
     "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds\n"},
    {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {}, template: "
     "{spec: {containers: [{name: c, image: a}]}}}}",
     "spec.selector: Invalid value: {}: empty selector is invalid for deployment\n"},
    {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: "
     "{matchExpressions: [{key: a, operator: Near}]}, template: {spec: {containers: [{name: c, "
     "image: a}]}}}}",
     "spec.selector.matchExpressions[0].operator: Invalid value: \"Near\": not a valid selector "
     "operator\n"
     "spec.selector: Invalid value: "
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Near\"}]}: invalid label selector\n"},
    {SERVICE("ports: [{port: 80}, {port: 81}]"),
     "spec.ports[0].name: Required value\nspec.ports[1].name: Required value\n"},
    {SERVICE("ports: [{port: 0}]"),
     "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive\n"
     "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive\n"},
    {SERVICE("ports: [{port: 80, nodePort: 30000}], loadBalancerSourceRanges: [10.0.0.0], "
             "internalTrafficPolicy: Near"),
     "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'\n"
     "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is "
     "'LoadBalancer'\n"
     "spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.0\": must be a valid CIDR value, "
     "(e.g. 10.9.8.0/24 or 2001:db8::/64)\n"
     "spec.internalTrafficPolicy: Unsupported value: \"Near\": supported values: \"Cluster\", "
     "\"Local\"\n"},
    {SERVICE("ports: [{port: 80}], sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: "
             "{timeoutSeconds: 86401}}"),
     "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater "
     "than 0 and less than 86400\n"},
    {SERVICE("ports: [{port: 80}], sessionAffinity: Cookie"),
     "spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", "
     "\"None\"\n"},
    {NODE("spec: {taints: [{key: a, effect: X}, {key: b, effect: NoSchedule}, {key: b, effect: "
          "NoSchedule}]}"),
     "metadata.taints[0].effect: Unsupported value: \"X\": supported values: \"NoSchedule\", "
     "\"PreferNoSchedule\", \"NoExecute\"\n"
     "metadata.taints[2]: Duplicate value: "
     "{\"Key\":\"b\",\"Value\":\"\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be "
     "unique by key and effect pair\n"},
    {"{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {..a: x, 'b c': z}}",
     "data[..a]: Invalid value: \"..a\": must not start with '..'\n"
     "data[b c]: Invalid value: \"b c\": a valid config key must consist of alphanumeric "
     "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
     "for validation is '[-._a-zA-Z0-9]+')\n"},
    {"{apiVersion: v1, kind: Secret, metadata: {name: c}, type: kubernetes.io/tls, data: {tls.crt: "
     "''}}",
     "data[tls.key]: Required value\n"},
    {"{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e}, addressType: "
     "IPv4, endpoints: [{addresses: [a]}, {}]}",
     "endpoints[0].addresses[0]: Invalid value: \"a\": must be a valid IPv4 address\n"
     "endpoints[0].addresses[0]: Invalid value: \"a\": must be a valid IP address\n"
     "endpoints[1].addresses: Required value: must contain at least 1 address\n"},
    {HPA("minReplicas: 1"), ""},
    {HPA("maxReplicas: 0"),
     "spec.maxReplicas: Invalid value: 0: must be greater than 0\n"
     "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`\n"},
    {HPA("metrics: [{type: Resource, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 1}}}]"),
     "spec.metrics[0].resource: Required value: must populate information for the given metric source\n"},
    {HPA("metrics: [{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 1}}, "
         "resource: {name: cpu, target: {type: Utilization, averageUtilization: 3}}}]"),
     "spec.metrics[0].resource: Forbidden: must populate the given metric source only\n"},
    {HPA("metrics: [{type: Pods, pods: {metric: {name: a/b}, target: {type: Value, value: 0}}}]"),
     "spec.metrics[0].pods.metric.name: Invalid value: \"a/b\": may not contain '/'\n"
     "spec.metrics[0].pods.target.value: Invalid value: \"0\": must be positive\n"
     "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue\n"},
    {HPA("metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 1, averageValue: 1}}}]"),
     "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target\n"},
    {HPA("metrics: [{type: ContainerResource, containerResource: {name: cpu, container: C, target: {type: Utilization, averageUtilization: 0}}}]"),
     "spec.metrics[0].containerResource.container: Invalid value: \"C\": a lowercase RFC 1123 label must consist of lower case "
     "alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
     "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\n"
     "spec.metrics[0].containerResource.target.averageUtilization: Invalid value: 0: must be greater than 0\n"},
    {HPA("metrics: [{type: Sum}]"),
     "spec.metrics[0].type: Unsupported value: \"Sum\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"\n"
     "spec.metrics[0].type: Unsupported value: \"Sum\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"\n"},
    {HPA("behavior: {scaleUp: {stabilizationWindowSeconds: 3601, selectPolicy: Any}, scaleDown: {policies: [{type: Pods, value: 0, periodSeconds: 1801}]}}"),
     "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600\n"
     "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Any\": supported values: \"Disabled\", \"Max\", \"Min\"\n"
     "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero\n"
     "spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800\n"},

    /* v1.34 pkg/apis/policy/validation, pkg/apis/core/validation: ValidateResourceQuota, ValidateLimitRange */
#define PDB(spec) "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {" spec "}}"
    {PDB("minAvailable: x, selector: {}"),
     "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed "
     "by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')\n"},
    {PDB("maxUnavailable: 101%"),
     "spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%\n"},
    {PDB("minAvailable: 1, unhealthyPodEvictionPolicy: Never"),
     "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"AlwaysAllow\", "
     "\"IfHealthyBudget\"\n"},
    {"{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {labels: {a: b}}, spec: "
     "{minAvailable: -1}}",
     "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0\n"},
#define QUOTA(spec) "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {" spec "}}"
    {QUOTA("hard: {pods: '-1', requests.cpu: 1, x.io/gpu: 2, count/foos.x.io: 1, hugepages-2Mi: 1}"),
     "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0\n"},
    {QUOTA("hard: {cpus: 1}"),
     "spec.hard[cpus]: Invalid value: \"cpus\": must be a standard resource type or fully qualified\n"
     "spec.hard[cpus]: Invalid value: \"cpus\": must be a standard resource for quota\n"},
    {QUOTA("hard: {storage: 1}"),
     "spec.hard[storage]: Invalid value: \"storage\": must be a standard resource for quota\n"},
    {QUOTA("hard: {pods: 1500m}"),
     "spec.hard[pods]: Invalid value: \"1500m\": must be an integer\n"},
    {QUOTA("hard: {services: 1}, scopes: [BestEffort, NotBestEffort]"),
     "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to "
     "resource\n"
     "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to "
     "resource\n"
     "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes\n"},
    {QUOTA("hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: "
           "In}]}"),
     "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when "
     "`operator` is 'In' or 'NotIn' for scope selector\n"},
#define LIMITS(items) "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [" items "]}}"
    {LIMITS("{type: Container, min: {cpu: 2}, max: {cpu: 1}}"),
     "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1\n"
     "spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default "
     "request value 1\n"
     "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1\n"},
    {LIMITS("{type: Container, max: {cpu: 1}, default: {cpu: 2}, defaultRequest: {cpu: 1}}"),
     "spec.limits[0].default[cpu]: Invalid value: \"1\": default value 2 is greater than max value 1\n"},
    {LIMITS("{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 2}}"),
     "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than "
     "default limit value 1\n"},
    {LIMITS("{type: Pod, default: {cpu: 1}, defaultRequest: {cpu: 1}}"),
     "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'\n"
     "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'\n"},
    {LIMITS("{type: Pod, maxLimitRequestRatio: {cpu: 800m}}"),
     "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"800m\": ratio 800m is less than 1\n"},
    {LIMITS("{type: Pod, min: {cpu: 2}, max: {cpu: 5}, maxLimitRequestRatio: {cpu: 3}}"),
     "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = "
     "2.500000\n"},
    {LIMITS("{type: PersistentVolumeClaim}"),
     "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but "
     "neither was provided\n"},
    {LIMITS("{type: Pod, max: {cpu: 1}}, {type: Pod, max: {cpu: 2}}"),
     "spec.limits[1].type: Duplicate value: \"Pod\"\n"},
};

START_TEST(test_rule)
{
    g_autoptr(ApiObject) object = object_from_yaml(rule_cases[_i].yaml);
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autofree char *got = NULL;

    prepare_create(object);
    api_validate_create(object, errors);
    got = print_errors(errors);
    ck_assert_msg(strcmp(got, rule_cases[_i].want) == 0, "%s\nwant %sgot  %s", rule_cases[_i].yaml,
                  rule_cases[_i].want, got);
}
END_TEST

/* --- updates ------------------------------------------------------------------------------- */

#define LABELLED(version, kind, labels, spec) \
    "{apiVersion: " version ", kind: " kind ", metadata: {name: x, labels: {a: " labels "}}, spec: " spec "}"
#define TEMPLATED "{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}"
#define BAD_LABEL \
    "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', " \
    "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used " \
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\n"

/* v1.34 pkg/apis/core/validation: Validate*Update */
static const struct {
    const char *old, *new_, *want;
} update_cases[] = {
    /* pkg/apis/batch/validation/validation_test.go, TestValidateJobUpdate */
    {JOB("suspend: true,"), JOB_WITH("suspend: true,", ", nodeSelector: {x: z}, tolerations: [{operator: Exists}]"),
     "spec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match "
     "template `labels`\nspec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: "
     "`selector` does not match template `labels`\nspec.selector: Invalid value: null: field is immutable\n"},
    {CRON("schedule: '@daily',"), CRON("schedule: '@hourly', suspend: true,"), ""},
    /* rest.BeforeUpdate looks at metadata twice, then ValidateDeploymentUpdate */
    {LABELLED("apps/v1", "Deployment", "b", TEMPLATED), LABELLED("apps/v1", "Deployment", "b c", TEMPLATED),
     BAD_LABEL BAD_LABEL BAD_LABEL},
    /* ValidateReplicaSet, ValidateReplicaSetUpdate */
    {LABELLED("apps/v1", "ReplicaSet", "b", TEMPLATED), LABELLED("apps/v1", "ReplicaSet", "b c", TEMPLATED),
     BAD_LABEL BAD_LABEL BAD_LABEL BAD_LABEL},
    /* ValidatePodDisruptionBudget does not look at it */
    {LABELLED("policy/v1", "PodDisruptionBudget", "b", "{}"), LABELLED("policy/v1", "PodDisruptionBudget", "b c", "{}"),
     BAD_LABEL BAD_LABEL},

    {CONTAINER("command: [x]"), POD("{containers: [{name: c, image: 'a:2', command: [x]}]}"), ""},
    {WITH("restartPolicy: Always"), POD("{containers: [{name: c, image: a}, {name: d, image: a}]}"),
     "spec.containers: Forbidden: pod updates may not add or remove containers\n"},
    {WITH("activeDeadlineSeconds: 9"), WITH("activeDeadlineSeconds: 10"),
     "spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous "
     "value\n"},
    {WITH("activeDeadlineSeconds: 9"), WITH("restartPolicy: Always"),
     "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to "
     "nil value\n"},
    {WITH("tolerations: [{key: a, operator: Exists}]"),
     WITH("tolerations: [{key: a, operator: Exists}, {key: b, operator: Exists}]"), ""},
    {WITH("tolerations: [{key: a, operator: Exists}]"), WITH("restartPolicy: Always"),
     "spec.tolerations: Forbidden: existing toleration can not be modified except its "
     "tolerationSeconds\n"},
    {WITH("schedulingGates: [{name: g}]"), WITH("restartPolicy: Always"), ""},
    {WITH("schedulingGates: [{name: g}]"), WITH("schedulingGates: [{name: h}]"),
     "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling "
     "gate 'h'\n"},
    {WITH("schedulingGates: [{name: g}]"),
     WITH("schedulingGates: [{name: g}], nodeSelector: {a: b}"), ""},
    {"{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, immutable: true, data: {a: x}}",
     "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: z}}",
     "immutable: Forbidden: field is immutable when `immutable` is set\n"
     "data: Forbidden: field is immutable when `immutable` is set\n"},
    {NODE("spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24]}"),
     NODE("spec: {podCIDR: 10.0.1.0/24, podCIDRs: [10.0.1.0/24]}"),
     "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid\n"},
    {SERVICE("ports: [{port: 80}], clusterIP: 10.96.0.9"), SERVICE("ports: [{port: 81}]"), ""},
    {"{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a}, value: 1}",
     "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a}, value: 2}",
     "value: Forbidden: may not be changed in an update.\n"},
};

START_TEST(test_update_rule)
{
    g_autoptr(ApiObject) old = object_from_yaml(update_cases[_i].old);
    g_autoptr(ApiObject) new_ = object_from_yaml(update_cases[_i].new_);
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autofree char *got = NULL;

    prepare_create(old);
    if (new_->kind->begin != NULL)
        new_->kind->begin(new_, old);
    if (new_->kind->prepare_update != NULL)
        new_->kind->prepare_update(new_, old);
    api_validate_update(new_, old, errors);
    got = print_errors(errors);
    ck_assert_msg(strcmp(got, update_cases[_i].want) == 0, "%s\nwant %sgot  %s",
                  update_cases[_i].new_, update_cases[_i].want, got);
}
END_TEST

/* --- warnings ------------------------------------------------------------------------------ */

/* v1.34 pkg/api/pod/warnings.go */
static const struct {
    const char *yaml, *want;
} warning_cases[] = {
    {"{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: '@daily', jobTemplate: {spec: {template: "
     "{spec: {restartPolicy: Never, containers: [{name: c, image: a, env: [{name: A}, {name: A}]}]}}}}}}",
     "spec.jobTemplate.spec.template.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when "
     "using apply\n"},

    {CONTAINER("env: [{name: A, value: x}, {name: A, value: w}, {name: A, value: z$(A)}]"),
     "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when "
     "using apply\n"},
    {CONTAINER("ports: [{containerPort: 80}, {containerPort: 80}]"),
     "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]\n"},
    {CONTAINER("ports: [{containerPort: 80}, {containerPort: 80, hostPort: 80}]"),
     "spec.containers[0].ports[1]: overlapping port definition with "
     "spec.containers[0].ports[0]\n"},
    {"{apiVersion: v1, kind: Pod, metadata: {name: a.b}, spec: {containers: [{name: c, image: "
     "a}]}}",
     "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; "
     "a DNS label is recommended: [must not contain dots]\n"},
    {"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: r}, spec: {template: {spec: "
     "{containers: [{name: c, image: a}], affinity: {podAffinity: "
     "{preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: "
     "{topologyKey: z}}]}}}}}}",
     "spec.template.spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]."
     "podAffinityTerm.labelSelector: a null labelSelector results in matching no pod\n"},
    /* Ranges as everybody writes them, and those that only look so. */
    {"{apiVersion: v1, kind: Node, metadata: {name: node}, spec: {podCIDRs: [10.0.0.0/24, 10.1.2.3/32, 0.0.0.0/0, 10.0.0.0/15]}}", ""},
    {"{apiVersion: v1, kind: Node, metadata: {name: node}, spec: {podCIDRs: [10.1.0.0/15, 10.0.0.1/24, 0.0.0.1/0]}}",
     "spec.podCIDRs[0]: CIDR value \"10.1.0.0/15\" is ambiguous in this context (should be \"10.0.0.0/15\" or \"10.1.0.0/32\"?)\n"
     "spec.podCIDRs[1]: CIDR value \"10.0.0.1/24\" is ambiguous in this context (should be \"10.0.0.0/24\" or \"10.0.0.1/32\"?)\n"
     "spec.podCIDRs[2]: CIDR value \"0.0.0.1/0\" is ambiguous in this context (should be \"0.0.0.0/0\" or \"0.0.0.1/32\"?)\n"},
};

START_TEST(test_warning)
{
    g_autoptr(ApiObject) object = object_from_yaml(warning_cases[_i].yaml);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) got = g_string_new(NULL);

    object->kind->warn(object, NULL, warnings);
    for (guint i = 0; i < warnings->len; i++)
        g_string_append_printf(got, "%s\n", (char *)g_ptr_array_index(warnings, i));
    ck_assert_str_eq(got->str, warning_cases[_i].want);
}
END_TEST

Suite *
validation_suite(void)
{
    Suite *suite = suite_create("validation");
    TCase *tcase = tcase_create("validation");

    tcase_add_test(tcase, test_recorded_refusals);
    tcase_add_test(tcase, test_recorded_update_refusals);
    tcase_add_loop_test(tcase, test_rule, 0, G_N_ELEMENTS(rule_cases));
    tcase_add_loop_test(tcase, test_update_rule, 0, G_N_ELEMENTS(update_cases));
    tcase_add_loop_test(tcase, test_warning, 0, G_N_ELEMENTS(warning_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
