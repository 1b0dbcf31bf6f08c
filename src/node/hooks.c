/*
 * hooks.c - postStart and preStop handlers
 *
 * v1.34 pkg/kubelet/lifecycle/handlers.go, with its error texts.
 */

#include "node/internal.h"

#include "api/validate.h"

#define HTTP_TIMEOUT_NS (30 * NS_PER_S)

typedef struct {
    Worker *w;
    const Container *container;
    const LifecycleHandler *handler;
    const char *address; /* interned "ip:port", or why there is none */
    SimHandle owner;
    HookDone done;
    gpointer user;
} Hook;

static const char *
go_words(const StrList *words)
{
    GString *text = g_string_new("[");
    const char *interned;

    for (guint i = 0; i < words->count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", words->items[i]);
    g_string_append_c(text, ']');
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}

static void
hook_end(Hook *hook, const char *error)
{
    HookDone done = hook->done;
    gpointer user = hook->user;

    g_ptr_array_remove(hook->w->hooks, hook);
    done(user, error);
}

static void
hook_on_exec(gpointer user, gint32 exit_code, const char *output, const char *errors)
{
    Hook *hook = user;
    const StrList *command = &hook->handler->exec->command;
    g_autofree char *joined = NULL;
    g_auto(GStrv) words = NULL;
    const char *error = str_intern("rpc error: code = Unknown desc = container not running");

    if (exit_code == 0) {
        hook_end(hook, NULL);
        return;
    }
    /* Nothing was run: there is no output. */
    if (exit_code == RT_EXEC_REFUSED)
        error = str_internf("rpc error: code = Unknown desc = %s", output);
    words = g_new0(char *, command->count + 1);
    for (guint i = 0; i < command->count; i++)
        words[i] = g_strdup(command->items[i]);
    joined = g_strjoinv(" ", words);
    if (exit_code >= 0)
        error = str_internf("command '%s' exited with %d: %s", joined, exit_code, errors);
    hook_end(hook,
             str_internf("Exec lifecycle hook (%s) for Container \"%s\" in Pod \"%s\" failed - "
                         "error: %s, message: %s",
                         go_words(command), hook->container->name, hook->w->label, error,
                         api_quote(exit_code != RT_EXEC_REFUSED ? str_internf("%s%s", output, errors) : "")));
}

static void
hook_on_http(gpointer user, gint32 result)
{
    Hook *hook = user;
    const HttpGetAction *get = hook->handler->http_get;
    const char *scheme = str_is(get->scheme, "HTTPS") ? "https" : "http";
    const char *error = "connect: connection refused";

    /* The answer's code does not matter, only that there is one. */
    if (result >= 0) {
        hook_end(hook, NULL);
        return;
    }
    if (result == RT_PROBE_TIMEOUT)
        error = "i/o timeout";
    else if (result == RT_PROBE_UNREACHABLE)
        error = "connect: no route to host";
    hook_end(hook,
             str_internf("HTTP lifecycle hook (%s) for Container \"%s\" in Pod \"%s\" failed - "
                         "error: Get \"%s://%s%s\": dial tcp %s: %s",
                         get->path != NULL ? get->path : "", hook->container->name, hook->w->label,
                         scheme, hook->address, get->path != NULL ? get->path : "", hook->address, error));
}

static void
hook_has_no_port(Sim *sim, gpointer receiver, gpointer payload)
{
    Hook *hook = payload;
    const char *path = hook->handler->http_get->path;

    (void)sim;
    (void)receiver;
    hook_end(hook, str_internf("HTTP lifecycle hook (%s) for Container \"%s\" in Pod \"%s\" failed - error: %s",
                               path != NULL ? path : "", hook->container->name, hook->w->label, hook->address));
}

static void
hook_on_slept(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    (void)receiver;
    hook_end(payload, NULL);
}

gint32
container_port_number(const Container *container, const IntOrString *port, const char **out_error)
{
    if (out_error != NULL)
        *out_error = NULL;
    if (port->type == INT_OR_STRING_INT)
        return port->integer;
    for (guint i = 0; i < container->ports.count; i++)
        if (port->type == INT_OR_STRING_STRING &&
            str_is(container->ports.items[i].name, port->string))
            return container->ports.items[i].container_port;
    /* v1.34 pkg/probe ResolveContainerPort: at last the name is tried as a number. */
    if (out_error != NULL)
        *out_error = str_internf("strconv.Atoi: parsing %s: invalid syntax", api_quote(port->string != NULL ? port->string : ""));
    return 0;
}

void
hook_run(Worker *w,
         const ApiObject *pod,
         const Container *container,
         RtContainer *rt,
         const LifecycleHandler *handler,
         SimHandle owner,
         HookDone done,
         gpointer user)
{
    Hook *hook = g_new0(Hook, 1);

    (void)pod;
    *hook = (Hook){w, container, handler, NULL, owner, done, user};
    g_ptr_array_add(w->hooks, hook);
    sim_trace(w->k->sim, w->k->component, "hook", w->ref, NULL, "run the hook of %s",
              container->name);
    if (handler->exec != NULL) {
        g_autofree const char **argv = g_new0(const char *, handler->exec->command.count + 1);

        for (guint i = 0; i < handler->exec->command.count; i++)
            argv[i] = handler->exec->command.items[i];
        runtime_exec(rt, argv, 0, owner, hook_on_exec, hook);
    } else if (handler->http_get != NULL) {
        const char *error = NULL;
        gint32 port = container_port_number(container, &handler->http_get->port, &error);

        if (error != NULL) {
            hook->address = error;
            sim_post(w->k->sim, owner, SIM_CONTROL, 0, hook_has_no_port, hook, NULL);
            return;
        }
        hook->address = str_internf("%s:%d", sandbox_ip(rt_container_sandbox(rt)), port);
        runtime_probe_http(rt, port, handler->http_get->path, HTTP_TIMEOUT_NS, owner, hook_on_http,
                           hook);
    } else {
        gint64 delay_ns = handler->sleep != NULL ? handler->sleep->seconds * NS_PER_S : 0;

        sim_post(w->k->sim, owner, SIM_CONTROL, delay_ns, hook_on_slept, hook, NULL);
    }
}
