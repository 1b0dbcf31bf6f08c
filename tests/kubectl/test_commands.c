/*
 * test_commands.c - whole commands against an API server without controllers
 *
 * data/NAME.session: lines "$ COMMAND", then what it prints, "2> " before what goes to
 * standard error, "exit N" if that is not 0; "$no-newline TEXT" for output without one.
 */

#include "tests/kubectl/support.h"

#include "base/duration.h"

Suite *commands_suite(void);

static const char *const sessions[] = {"errors", "client", "references", "changes", "drain", "drain-budget", "endpoints", "create", "delete", "exec", "leftovers", "rbac", "batch", "forms", "server-side", "kustomize", "edit", "files", "set", "words", "robust"};

/* Ages depend on how long the requests took: all are 0s; revisions on what was written at the start: all are N. (owned) */
static char *
without_ages(const char *text)
{
    g_autoptr(GRegex) ages = g_regex_new("(?<= )[0-9]+s(?=\\s|$)", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GRegex) revisions = g_regex_new("\"resourceVersion\":\"[0-9]+\"", 0, 0, NULL);
    g_autofree char *plain = g_regex_replace(ages, text, -1, 0, "0s", 0, NULL);

    return g_regex_replace_literal(revisions, plain, -1, 0, "\"resourceVersion\":\"N\"", 0, NULL);
}

typedef struct {
    const char *line; /* of the command */
    GString *out, *err;
    int exit;
} Expected;

/* What succeeds is never warned of beforehand. */
static void
check_is_silent(const char *line)
{
    g_auto(GStrv) words = kubectl_split(line, NULL);
    g_autofree char *wrong = kubectl_check((const char *const *)words);

    ck_assert_msg(wrong == NULL, "$ %s: %s", line, wrong);
}

static void
check_command(Cluster *cluster, const Expected *expected)
{
    Output output = {0};
    g_autofree char *out = NULL;

    cluster_run(cluster, expected->line, NULL, &output);
    out = without_ages(output.out);
    ck_assert_msg(g_strcmp0(out, expected->out->str) == 0, "$ %s\ngot:\n%s\nwanted:\n%s%s",
                  expected->line, out, expected->out->str, output.err);
    ck_assert_msg(g_strcmp0(output.err, expected->err->str) == 0, "$ %s\ngot:\n%s\nwanted:\n%s",
                  expected->line, output.err, expected->err->str);
    ck_assert_msg(output.exit == expected->exit, "$ %s: exit %d", expected->line, output.exit);
    if (output.exit == 0)
        check_is_silent(expected->line);
    output_clear(&output);
}

START_TEST(test_session)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_strdup_printf("%s/tests/kubectl/data/%s.session", top != NULL ? top : ".", sessions[_i]);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    Cluster *cluster = cluster_new();
    Expected expected = {.out = g_string_new(NULL), .err = g_string_new(NULL)};

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "cannot read %s", path);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = lines[i];

        if (g_str_has_prefix(line, "# ") && expected.line == NULL)
            continue;
        if (g_str_has_prefix(line, "$no-newline ")) {
            g_string_append(expected.out, line + strlen("$no-newline "));
        } else if (g_str_has_prefix(line, "$ ") || lines[i + 1] == NULL) {
            if (expected.line != NULL)
                check_command(cluster, &expected);
            expected.line = line + MIN(strlen(line), 2);
            expected.exit = 0;
            g_string_truncate(expected.out, 0);
            g_string_truncate(expected.err, 0);
        } else if (g_str_has_prefix(line, "2> ")) {
            g_string_append_printf(expected.err, "%s\n", line + 3);
        } else if (g_str_has_prefix(line, "exit ")) {
            expected.exit = (int)g_ascii_strtoll(line + 5, NULL, 10);
        } else {
            g_string_append_printf(expected.out, "%s\n", line);
        }
    }
    g_string_free(expected.out, TRUE);
    g_string_free(expected.err, TRUE);
    cluster_free(cluster);
}
END_TEST

/*
 * What a version says differently; release notes of k8s.io/kubectl v0.31 to v0.35, and pkg/printers/internalversion
 * of v1.30, v1.31, v1.33. After "create deployment web --image=nginx" and a job, a budget of resources, a scaler.
 */
static const struct {
    guint minor;
    const char *line, *out, *err;
} versions[] = {
    {33, "delete configmap a", "configmap \"a\" deleted\n", ""},
    {34, "delete configmap a", "configmap \"a\" deleted from default namespace\n", ""},
    {33, "version --client", "Client Version: v1.33.0\nKustomize Version: v5.6.0\n", ""},
    {34, "version --client", "Client Version: v1.34.4\nKustomize Version: v5.7.1\n", ""},
    {30, "get jobs", "NAME   COMPLETIONS   DURATION   AGE\nonce   0/1                      0s\n", ""},
    {31, "get jobs", "NAME   STATUS    COMPLETIONS   DURATION   AGE\nonce   Running   0/1                      0s\n", ""},
    {30, "get hpa", "NAME   REFERENCE        TARGETS         MINPODS   MAXPODS   REPLICAS   AGE\n"
                    "web    Deployment/web   <unknown>/80%   1         3         0          0s\n", ""},
    {31, "get hpa", "NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE\n"
                    "web    Deployment/web   cpu: <unknown>/80%   1         3         0          0s\n", ""},
    {32, "get quota", "NAME   AGE   REQUEST   LIMIT\nq      0s              \n", ""},
    {33, "get quota", "NAME   REQUEST   LIMIT   AGE\nq                        0s\n", ""},
    {33, "create job j --image=a --dry-run=client -o jsonpath={.metadata}{.spec.template.metadata}",
     "{\"creationTimestamp\":null,\"name\":\"j\"}{\"creationTimestamp\":null}", ""},
    {34, "create job j --image=a --dry-run=client -o jsonpath={.metadata}{.spec.template.metadata}",
     "{\"name\":\"j\"}{}", ""},
    {33, "get deployment web -o jsonpath={.spec.template.metadata}", "{\"creationTimestamp\":null,\"labels\":{\"app\":\"web\"}}", ""},
    {34, "get deployment web -o jsonpath={.spec.template.metadata}", "{\"labels\":{\"app\":\"web\"}}", ""},
    {34, "label deployment web a=b app-", "deployment.apps/web unlabeled\n", ""},
    {35, "label deployment web a=b app-", "deployment.apps/web modified\n", ""},
    {35, "label deployment web a=b", "deployment.apps/web labeled\n", ""},
    {33, "autoscale deployment web --name=n --max=3 --cpu=50%", "",
     "error: unknown flag: --cpu\nSee 'kubectl autoscale --help' for usage.\n"},
    {33, "autoscale deployment web --name=n --max=3 --cpu-percent=50", "horizontalpodautoscaler.autoscaling/n autoscaled\n", ""},
    {33, "autoscale deployment web --max=3", "",
     "Error from server (AlreadyExists): horizontalpodautoscalers.autoscaling \"web\" already exists\n"},
};

START_TEST(test_version)
{
    static const char *const before[] = {
        "create deployment web --image=nginx", "create job once --image=busybox", "create quota q",
        "autoscale deployment web --max=3", "create configmap a",
    };
    Cluster *cluster = cluster_new_of(versions[_i].minor);
    Output output = {0};
    g_autofree char *out = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(before); i++) {
        cluster_run(cluster, before[i], NULL, &output);
        ck_assert_msg(output.exit == 0, "%s: %s", before[i], output.err);
        output_clear(&output);
    }
    cluster_run(cluster, versions[_i].line, NULL, &output);
    out = without_ages(output.out);
    ck_assert_msg(g_strcmp0(out, versions[_i].out) == 0, "1.%u $ %s\ngot:\n%s\nwanted:\n%s", versions[_i].minor,
                  versions[_i].line, out, versions[_i].out);
    ck_assert_str_eq(output.err, versions[_i].err);
    output_clear(&output);
    cluster_free(cluster);
}
END_TEST

/* A watch prints a row for each event, and ends when it is interrupted. */
START_TEST(test_watch)
{
    Cluster *cluster = cluster_new();
    Output watch = {0};
    Output other = {0};
    g_autofree char *out = NULL;

    cluster_start(cluster, "get nodes -w --output-watch-events", NULL, &watch);
    sim_run_until(cluster->sim, sim_now_ns(cluster->sim) + NS_PER_S);
    cluster_run(cluster, "create -f node.yaml", NULL, &other);
    output_clear(&other);
    cluster_run(cluster, "cordon n1", NULL, &other);
    output_clear(&other);
    cluster_run(cluster, "delete node n1", NULL, &other);
    output_clear(&other);
    sim_run_until(cluster->sim, sim_now_ns(cluster->sim) + NS_PER_S);
    ck_assert(!watch.is_done);
    kubectl_interrupt(cluster->kubectl);
    ck_assert(watch.is_done);
    ck_assert_int_eq(watch.exit, 0);
    out = without_ages(watch.out);
    ck_assert_str_eq(out, "EVENT   NAME   STATUS    ROLES    AGE   VERSION\n"
                          "ADDED   n1     Unknown   <none>   0s    \n"
                          "MODIFIED   n1     Unknown,SchedulingDisabled   <none>   0s    \n"
                          "DELETED    n1     Unknown,SchedulingDisabled   <none>   0s    \n");
    output_clear(&watch);
    cluster_free(cluster);
}
END_TEST

/* A command that waits ends when what it waits for comes. */
START_TEST(test_wait)
{
    Cluster *cluster = cluster_new();
    Output wait = {0};
    Output other = {0};

    cluster_run(cluster, "create -f node.yaml", NULL, &other);
    output_clear(&other);
    cluster_start(cluster, "wait --for=delete node/n1", NULL, &wait);
    sim_run_until(cluster->sim, sim_now_ns(cluster->sim) + NS_PER_S);
    ck_assert(!wait.is_done);
    cluster_run(cluster, "delete node n1", NULL, &other);
    output_clear(&other);
    sim_run_until(cluster->sim, sim_now_ns(cluster->sim) + NS_PER_S);
    ck_assert(wait.is_done);
    ck_assert_str_eq(wait.out, "node/n1 condition met\n");
    output_clear(&wait);
    cluster_free(cluster);
}
END_TEST

/* What is certain to fail is known beforehand; NULL: that takes a cluster to know. */
static const struct {
    const char *line, *wrong;
} check_cases[] = {
    {"set imag deployment/web web=nginx:1.27", "kubectl set knows no 'imag'; write image"},
    {"rollout staus deployment/web", "kubectl rollout knows no 'staus'; write status"},
    {"create deploymnt web --image=nginx", "kubectl create knows no 'deploymnt'; write deployment"},
    {"create deploy web --image=nginx", NULL}, /* an alias */
    {"create -f web.yaml", NULL},
    {"create", NULL},
    {"gett pods", "unknown kubectl verb 'gett'; write get"},
    {"get podz", "the server doesn't have a resource type \"podz\"; write pod"},
    {"get deployments,servces", "the server doesn't have a resource type \"servces\"; write services"},
    {"describe pdo/web", "the server doesn't have a resource type \"pdo\"; write pod"},
    {"get pods podz", NULL}, /* a name */
    {"get endpoints", NULL},
    {"get deployments.apps/web", NULL},
    {"explain pod.spec.nonsense", NULL},
    {"explain nosuch.spec", "the server doesn't have a resource type \"nosuch\""},
    {"get --raw /api", NULL},
    {"annotate deployment/web kubernetes.io/change-cause=first", NULL},
    {"label node/a zone.example/x-", NULL},
    {"delete -f web.yaml", NULL},
    {"scale deployment web", "required flag(s) \"replicas\" not set"},
    {"scale --help", NULL},
    {"run x", "required flag(s) \"image\" not set"},
    {"autoscale deployment web --min=1", "required flag(s) \"max\" not set"},
    {"exec podz -- ls", NULL},
    {"port-forward web 80", "kubectl port-forward is left out here; "},
};

START_TEST(test_check)
{
    const char *want = check_cases[_i].wrong;
    g_auto(GStrv) words = kubectl_split(check_cases[_i].line, NULL);
    g_autofree char *got = kubectl_check((const char *const *)words);

    ck_assert_msg(want == NULL ? got == NULL : got != NULL && g_str_has_prefix(got, want), "$ %s: %s", check_cases[_i].line, got);
}
END_TEST

Suite *
commands_suite(void)
{
    Suite *suite = suite_create("kubectl/commands");
    TCase *tcase = tcase_create("commands");

    tcase_add_loop_test(tcase, test_session, 0, G_N_ELEMENTS(sessions));
    tcase_add_loop_test(tcase, test_check, 0, G_N_ELEMENTS(check_cases));
    tcase_add_loop_test(tcase, test_version, 0, G_N_ELEMENTS(versions));
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_wait);
    suite_add_tcase(suite, tcase);
    return suite;
}
