/*
 * aggregate.c - groups of the API that another process serves
 *
 * Models: v1.34 kube-aggregator pkg/apiserver/handler_proxy.go: the request goes
 * on to the service of its APIService and the answer back; a service that cannot
 * be reached is 503. A group that nobody serves is 404, in client-go's words.
 */

#include "apiserver/server.h"

#define PROXY_TIMEOUT_NS (60 * NS_PER_S)

static const ApiBackend *
find_backend(const ApiServer *server, const char *group)
{
    for (guint i = 0; i < server->first->backends->len; i++) {
        const ApiBackend *backend = &g_array_index(server->first->backends, ApiBackend, i);

        if (str_is(backend->group, group))
            return backend;
    }
    return NULL;
}

void
apiserver_add_backend(ApiServer *server, const ApiBackend *backend)
{
    g_array_append_val(server->first->backends, *backend);
}

static void
aggregate_done(gpointer user, gpointer answer, const char *why)
{
    Call *call = user;
    const ApiKind *kind = call->request->kind;

    (void)why;
    call->rpc = NULL;
    if (answer != NULL)
        call_answer(call, answer);
    else
        call_fail(call,
                  api_status_new(503, "ServiceUnavailable",
                                 str_internf("the server is currently unable to handle the "
                                             "request (get %s.%s)",
                                             kind->plural, kind->group)));
}

static void
answer_free(gpointer answer)
{
    api_response_free(answer);
}

/* v0.34 k8s.io/metrics client: custom metrics are looked for in the discovery first. */
static const char *
nobody_text(const ApiRequest *request)
{
    if (request->kind == &metric_value_kind)
        return "no custom metrics API (custom.metrics.k8s.io) registered";
    return str_internf("the server could not find the requested resource (get %s.%s)",
                       request->kind == &external_metric_kind ? request->name : request->kind->plural,
                       request->kind->group);
}

void
aggregate_begin(Call *call)
{
    const ApiRequest *request = call->request;
    const ApiKind *kind = request->kind;
    const ApiBackend *backend = find_backend(call->server, kind->group);

    if (backend == NULL) {
        call_fail(call, api_status_new(404, "NotFound", nobody_text(request)));
        return;
    }
    call->rpc = rpc_call(
        &(RpcOptions){
            .world = call->server->world,
            .client = call->server->process,
            .server = backend->process,
            .serve = backend->serve,
            .server_self = backend->self,
            .question = call->request,
            .answer_free = answer_free,
            .timeout_ns = PROXY_TIMEOUT_NS,
            .question_bytes = 512,
        },
        aggregate_done, call);
}
