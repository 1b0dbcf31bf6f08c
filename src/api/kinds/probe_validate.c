/*
 * Validation of probes and lifecycle hooks.
 *
 * Models: v1.34 pkg/apis/core/validation: validateHandler, validateProbe, validateLifecycle.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

typedef struct {
    const ExecAction *exec;
    const HttpGetAction *http_get;
    const TcpSocketAction *tcp_socket;
    const GrpcAction *grpc;
    const SleepAction *sleep;
} Handler;

static const char *const schemes[] = {"HTTP", "HTTPS", NULL};

static gboolean
is_header_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '-')
            return FALSE;
    }
    return name[0] != '\0';
}

static void
check_http_get(ApiErrors *errors, const HttpGetAction *action)
{
    if (str_is_empty(action->path))
        field_required(errors, "path", NULL);
    check_port_number_or_name(errors, "port", &action->port);
    if (!g_strv_contains(schemes, str_or_empty(action->scheme)))
        field_not_supported(errors, "scheme", str_or_empty(action->scheme), schemes);
    for (guint i = 0; i < action->http_headers.count; i++) {
        const char *name = str_or_empty(action->http_headers.items[i].name);

        if (!is_header_name(name))
            field_invalid_string(errors, "httpHeaders", name,
                                 "a valid HTTP header must consist of alphanumeric characters or "
                                 "'-' (e.g. 'X-Header-Name', regex used for validation is "
                                 "'[-A-Za-z0-9]+')");
    }
}

static void
check_sleep(ApiErrors *errors, const SleepAction *sleep, OptInt64 grace)
{
    if (!grace.is_set || (sleep->seconds >= 0 && sleep->seconds <= grace.value))
        return;
    field_invalid_int(errors, NULL, sleep->seconds,
                      str_internf("must be non-negative and less than "
                                  "terminationGracePeriodSeconds (%" G_GINT64_FORMAT ")",
                                  grace.value));
}

/* TRUE if the handler named @child is there and is the first; the cursor then stands on it. */
static gboolean
enter_handler(ApiErrors *errors, const char *child, gconstpointer handler, guint *count)
{
    if (handler == NULL)
        return FALSE;
    if (*count > 0) {
        field_forbidden(errors, child, "may not specify more than 1 handler type");
        return FALSE;
    }
    *count = 1;
    api_errors_push(errors, child);
    return TRUE;
}

/* validateHandler */
static void
check_handler(ApiErrors *errors, const Handler *handler, OptInt64 grace)
{
    guint count = 0;

    if (enter_handler(errors, "exec", handler->exec, &count)) {
        if (handler->exec->command.count == 0)
            field_required(errors, "command", NULL);
        api_errors_pop(errors);
    }
    if (enter_handler(errors, "httpGet", handler->http_get, &count)) {
        check_http_get(errors, handler->http_get);
        api_errors_pop(errors);
    }
    if (enter_handler(errors, "tcpSocket", handler->tcp_socket, &count)) {
        check_port_number_or_name(errors, "port", &handler->tcp_socket->port);
        api_errors_pop(errors);
    }
    if (enter_handler(errors, "grpc", handler->grpc, &count)) {
        check_port_number(errors, "port", handler->grpc->port);
        api_errors_pop(errors);
    }
    if (enter_handler(errors, "sleep", handler->sleep, &count)) {
        check_sleep(errors, handler->sleep, grace);
        api_errors_pop(errors);
    }
    if (count == 0)
        field_required(errors, NULL, "must specify a handler type");
}

static void
check_probe_numbers(ApiErrors *errors, const Probe *probe)
{
    check_not_negative(errors, "initialDelaySeconds", probe->initial_delay_s);
    check_not_negative(errors, "timeoutSeconds", probe->timeout_s);
    check_not_negative(errors, "periodSeconds", probe->period_s);
    check_not_negative(errors, "successThreshold", probe->success_threshold);
    check_not_negative(errors, "failureThreshold", probe->failure_threshold);
    if (probe->termination_grace_s.is_set && probe->termination_grace_s.value <= 0)
        field_invalid_int(errors, "terminationGracePeriodSeconds", probe->termination_grace_s.value,
                          "must be greater than 0");
}

static void
check_probe(ApiErrors *errors, const char *child, const Probe *probe, OptInt64 grace)
{
    Handler handler;

    if (probe == NULL)
        return;
    handler = (Handler){.exec = probe->exec,
                        .http_get = probe->http_get,
                        .tcp_socket = probe->tcp_socket,
                        .grpc = probe->grpc};
    api_errors_push(errors, child);
    check_handler(errors, &handler, grace);
    check_probe_numbers(errors, probe);
    if (strcmp(child, "readinessProbe") == 0) {
        if (probe->termination_grace_s.is_set)
            field_invalid_int(errors, "terminationGracePeriodSeconds",
                              probe->termination_grace_s.value,
                              "must not be set for readinessProbes");
    } else if (probe->success_threshold != 1) {
        field_invalid_int(errors, "successThreshold", probe->success_threshold, "must be 1");
    }
    api_errors_pop(errors);
}

static void
check_hook(ApiErrors *errors, const char *child, const LifecycleHandler *hook, OptInt64 grace)
{
    Handler handler;

    if (hook == NULL)
        return;
    handler = (Handler){.exec = hook->exec,
                        .http_get = hook->http_get,
                        .tcp_socket = hook->tcp_socket,
                        .sleep = hook->sleep};
    api_errors_push(errors, child);
    check_handler(errors, &handler, grace);
    api_errors_pop(errors);
}

void
check_hooks_and_probes(ApiErrors *errors, const Container *container, OptInt64 grace)
{
    if (container->lifecycle != NULL) {
        api_errors_push(errors, "lifecycle");
        check_hook(errors, "postStart", container->lifecycle->post_start, grace);
        check_hook(errors, "preStop", container->lifecycle->pre_stop, grace);
        api_errors_pop(errors);
    }
    check_probe(errors, "livenessProbe", container->liveness_probe, grace);
    check_probe(errors, "readinessProbe", container->readiness_probe, grace);
    check_probe(errors, "startupProbe", container->startup_probe, grace);
}

void
forbid_hooks_and_probes(ApiErrors *errors, const Container *container)
{
    static const char why[] = "may not be set for init containers without restartPolicy=Always";

    if (container->lifecycle != NULL)
        field_forbidden(errors, "lifecycle", why);
    if (container->liveness_probe != NULL)
        field_forbidden(errors, "livenessProbe", why);
    if (container->readiness_probe != NULL)
        field_forbidden(errors, "readinessProbe", why);
    if (container->startup_probe != NULL)
        field_forbidden(errors, "startupProbe", why);
}
