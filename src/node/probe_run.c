/* probe_run.c - see probe_run.h */

#include "node/probe_run.h"

#include "node/env.h"

typedef struct {
    Worker *w;
    const Probe *probe;
    const char *host; /* address of the target */
    gint32 port;
    gint64 begun_ns;
    SimHandle owner;
    const char *command; /* exec: its words; interned */
    ProbeDone done;
    gpointer user;
} ProbeRun;

static void
run_end(ProbeRun *run, ProbeResult outcome, const char *output)
{
    ProbeDone done = run->done;
    gpointer user = run->user;

    g_ptr_array_remove(run->w->hooks, run);
    done(user, outcome, output);
}

static gint64
run_timeout_ns(const Probe *probe)
{
    return MAX(1, probe->timeout_s) * NS_PER_S;
}

static const char *
joined_command(const char *const *argv)
{
    GString *text = g_string_new(NULL);
    const char *interned;

    for (guint i = 0; argv[i] != NULL; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", argv[i]);
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}

static void
run_on_exec(gpointer user, gint32 exit_code, const char *output, const char *errors)
{
    ProbeRun *run = user;
    const char *text = str_internf("%s%s", output, errors);

    if (exit_code == 0)
        run_end(run, PROBE_SUCCESS, text);
    else if (exit_code > 0)
        run_end(run, PROBE_FAILURE, text);
    else if (exit_code == RT_EXEC_REFUSED)
        run_end(run, PROBE_UNKNOWN, str_internf("rpc error: code = Unknown desc = %s", text));
    else
        run_end(run, PROBE_FAILURE,
                str_internf("command timed out: \"%s\" timed out after %ds",
                            run->command, MAX(1, run->probe->timeout_s)));
}

static const char *
dial_error(const ProbeRun *run, gint32 result)
{
    const char *what = "connect: connection refused";

    if (result == RT_PROBE_TIMEOUT)
        what = "i/o timeout";
    else if (result == RT_PROBE_UNREACHABLE)
        what = "connect: no route to host";
    return str_internf("dial tcp %s:%d: %s", run->host, run->port, what);
}

static const char *
http_url(const ProbeRun *run)
{
    const HttpGetAction *get = run->probe->http_get;
    const char *path = get->path != NULL ? get->path : "";
    const char *scheme = str_is(get->scheme, "HTTPS") ? "https" : "http";

    return str_internf("%s://%s:%d%s%s", scheme, run->host, run->port, path[0] == '/' ? "" : "/",
                       path);
}

static void
run_on_http(gpointer user, gint32 result)
{
    ProbeRun *run = user;
    const char *url = http_url(run);

    if (result >= 200 && result < 400)
        run_end(run, PROBE_SUCCESS, str_intern(""));
    else if (result >= 0)
        run_end(run, PROBE_FAILURE, str_internf("HTTP probe failed with statuscode: %d", result));
    else if (result == RT_PROBE_TIMEOUT)
        run_end(run, PROBE_FAILURE,
                str_internf("Get \"%s\": context deadline exceeded (Client.Timeout exceeded while "
                            "awaiting headers)",
                            url));
    else if (result == RT_PROBE_RESET)
        run_end(run, PROBE_FAILURE, str_internf("Get \"%s\": EOF", url));
    else
        run_end(run, PROBE_FAILURE, str_internf("Get \"%s\": %s", url, dial_error(run, result)));
}

static void
run_on_tcp(gpointer user, gint32 result)
{
    ProbeRun *run = user;

    if (result >= 0)
        run_end(run, PROBE_SUCCESS, str_intern(""));
    else
        run_end(run, PROBE_FAILURE, dial_error(run, result));
}

static void
run_grpc_failed(Sim *sim, gpointer receiver, gpointer payload)
{
    ProbeRun *run = payload;

    (void)sim;
    (void)receiver;
    run_end(run, PROBE_FAILURE,
            str_internf("timeout: failed to connect service \"%s:%d\" within %ds: context "
                        "deadline exceeded",
                        run->host, run->port, MAX(1, run->probe->timeout_s)));
}

/*
 * The health service of the scenario's programs answers as their HTTP does. A connection that is refused is tried
 * again until the time is over (v1.34 pkg/probe/grpc, WithBlock).
 */
static void
run_on_grpc(gpointer user, gint32 result)
{
    ProbeRun *run = user;
    Sim *sim = run->w->k->sim;
    gint64 end_ns = run->begun_ns + run_timeout_ns(run->probe);

    if (result >= 0)
        run_end(run, PROBE_SUCCESS, str_intern(""));
    else
        sim_post(sim, run->owner, SIM_CONTROL, MAX(0, end_ns - sim_now_ns(sim)), run_grpc_failed, run, NULL);
}

/* v1.34 kubecontainer.ExpandContainerCommandOnlyStatic: by what the container's env says outright. */
static void
run_exec(ProbeRun *run, const Container *container, RtContainer *rt)
{
    const StrList *command = &run->probe->exec->command;
    g_autofree const char **argv = g_new0(const char *, command->count + 1);
    g_autoptr(GPtrArray) env = g_ptr_array_new();

    for (guint i = 0; i < container->env.count; i++)
        env_set(env, container->env.items[i].name, container->env.items[i].value);
    for (guint i = 0; i < command->count; i++)
        argv[i] = env_expand(command->items[i], env);
    run->command = joined_command(argv);
    runtime_exec(rt, argv, run_timeout_ns(run->probe), run->owner, run_on_exec, run);
}

void
probe_run(Worker *w,
          const Container *container,
          const Probe *probe,
          const char *container_id,
          SimHandle owner,
          ProbeDone done,
          gpointer user)
{
    RtContainer *rt = kubelet_find_container(w->k, container_id);
    ProbeRun *run = g_new0(ProbeRun, 1);
    const char *host = NULL;
    const char *error = NULL;

    *run = (ProbeRun){w, probe, NULL, 0, sim_now_ns(w->k->sim), owner, NULL, done, user};
    g_ptr_array_add(w->hooks, run);
    if (rt == NULL) {
        run_end(run, PROBE_FAILURE, str_intern(""));
        return;
    }
    if (probe->http_get != NULL)
        host = probe->http_get->host;
    else if (probe->tcp_socket != NULL)
        host = probe->tcp_socket->host;
    run->host = !str_is_empty(host) ? host : str_intern(sandbox_ip(rt_container_sandbox(rt)));
    if (probe->exec != NULL) {
        run_exec(run, container, rt);
    } else if (probe->http_get != NULL) {
        run->port = container_port_number(container, &probe->http_get->port, &error);
        if (error != NULL) {
            run_end(run, PROBE_UNKNOWN, error);
            return;
        }
        runtime_probe_http(rt, run->port,
                           probe->http_get->path != NULL ? probe->http_get->path : "/",
                           run_timeout_ns(probe), owner, run_on_http, run);
    } else if (probe->tcp_socket != NULL) {
        run->port = container_port_number(container, &probe->tcp_socket->port, &error);
        if (error != NULL) {
            run_end(run, PROBE_UNKNOWN, error);
            return;
        }
        runtime_probe_tcp(rt, run->port, run_timeout_ns(probe), owner, run_on_tcp, run);
    } else {
        run->port = probe->grpc != NULL ? probe->grpc->port : 0;
        runtime_probe_tcp(rt, run->port, run_timeout_ns(probe), owner, run_on_grpc, run);
    }
}
