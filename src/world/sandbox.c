/* sandbox.c - see runtime.h: a pod's network namespace and its address */

#include "world/rt.h"

Sandbox *
sandbox_ref(Sandbox *sandbox)
{
    sandbox->refs++;
    return sandbox;
}

void
sandbox_unref(Sandbox *sandbox)
{
    if (--sandbox->refs > 0)
        return;
    g_ptr_array_free(sandbox->containers, TRUE);
    g_free(sandbox->labels);
    g_free(sandbox);
}

static Ipam *
get_ipam(Runtime *runtime, const char *cidr)
{
    Ipam *ipam = g_hash_table_lookup(runtime->ipam_by_cidr, cidr);

    if (ipam == NULL) {
        ipam = ipam_new(cidr);
        if (ipam != NULL)
            g_hash_table_insert(runtime->ipam_by_cidr, (gpointer)cidr, ipam);
    }
    return ipam;
}

/* The wording of containerd when the CNI plugin fails. */
static const char *
network_error(const Sandbox *sandbox, const char *plugin_words)
{
    return str_internf("rpc error: code = Unknown desc = failed to setup network for sandbox "
                       "\"%s\": %s",
                       sandbox->id, plugin_words);
}

static const char *
take_address(Sandbox *sandbox)
{
    Ipam *ipam;

    if (sandbox->host_network) {
        sandbox->ip = sandbox->runtime->machine->ip;
        return NULL;
    }
    if (sandbox->pod_cidr == NULL)
        return network_error(sandbox, "plugin type=\"bridge\" failed (add): no pod CIDR is "
                                      "assigned to the node");
    ipam = get_ipam(sandbox->runtime, sandbox->pod_cidr);
    if (ipam == NULL)
        return network_error(sandbox, str_internf("plugin type=\"host-local\" failed (add): "
                                                  "invalid subnet %s",
                                                  sandbox->pod_cidr));
    sandbox->ip = ipam_take(ipam);
    if (sandbox->ip == NULL)
        return network_error(sandbox, str_internf("plugin type=\"host-local\" failed (add): failed "
                                                  "to allocate for range "
                                                  "0: no IP addresses available in range set: %s",
                                                  ipam_range(ipam)));
    sandbox->holds_address = TRUE;
    world_address_take(sandbox->runtime->world, sandbox->ip, sandbox);
    return NULL;
}

void
sandbox_drop_address(Sandbox *sandbox)
{
    if (!sandbox->holds_address)
        return;
    sandbox->holds_address = FALSE;
    ipam_give_back(get_ipam(sandbox->runtime, sandbox->pod_cidr), sandbox->ip);
    if (world_find_sandbox_ip(sandbox->runtime->world, sandbox->ip) == sandbox)
        world_address_drop(sandbox->runtime->world, sandbox->ip);
}

static Sandbox *
sandbox_new(Runtime *runtime, const SandboxOptions *options)
{
    Sandbox *sandbox = g_new0(Sandbox, 1);
    guint n_labels = 0;

    while (options->labels != NULL && options->labels[n_labels] != NULL)
        n_labels++;
    sandbox->runtime = runtime;
    sandbox->refs = 1;
    sandbox->id = runtime_new_id(runtime, "");
    sandbox->namespace_ = str_intern(options->namespace_);
    sandbox->name = str_intern(options->name);
    sandbox->uid = str_intern(options->uid);
    sandbox->labels = g_new0(const char *, n_labels + 1);
    for (guint i = 0; i < n_labels; i++)
        sandbox->labels[i] = str_intern(options->labels[i]);
    sandbox->host_network = options->host_network;
    sandbox->pod_cidr = str_intern(options->pod_cidr);
    sandbox->hostname = str_intern(options->hostname != NULL ? options->hostname : options->name);
    sandbox->hosts = options->hosts != NULL ? str_intern(options->hosts) : str_internf("\t%s\n", sandbox->hostname);
    sandbox->resolv_conf = str_intern(options->resolv_conf);
    sandbox->object =
        str_internf("pod/%s/%s", options->namespace_ != NULL ? options->namespace_ : "default",
                    options->name != NULL ? options->name : "");
    sandbox->containers = g_ptr_array_new();
    return sandbox;
}

/* --- start ------------------------------------------------------------------------------ */

static void
run_answer(RtCall *call, const char *error)
{
    if (rt_call_wants(call))
        call->done.sandbox(call->user, error == NULL ? call->sandbox : NULL, error);
}

static void
run_network_done(RtCall *call)
{
    Sandbox *sandbox = call->sandbox;
    const char *error = take_address(sandbox);

    if (error == NULL) {
        sandbox->is_ready = TRUE;
        sandbox->created_wall_ns = sim_wall_ns(call->runtime->sim);
        g_ptr_array_add(call->runtime->sandboxes, sandbox_ref(sandbox));
        runtime_changed(call->runtime, sandbox);
    }
    run_answer(call, error);
}

/* The namespace is there; now the plugin. */
static void
run_namespace_done(RtCall *call)
{
    call->act = run_network_done;
    rt_call_network(call, call->number[0]);
}

void
runtime_run_sandbox(Runtime *runtime,
                    const SandboxOptions *options,
                    SimHandle owner,
                    RtSandboxDone done,
                    gpointer user)
{
    RtCall *call = rt_call_new(runtime, owner, user, run_network_done);
    gint64 delay_ns = runtime_draw(runtime, &runtime->options.sandbox);

    if (!options->host_network) {
        call->number[0] = runtime_draw(runtime, &runtime->options.cni);
        call->act = run_namespace_done;
    }
    call->sandbox = sandbox_new(runtime, options);
    call->done.sandbox = done;
    rt_call_work(call, delay_ns);
}

/* --- stop ------------------------------------------------------------------------------- */

static void
stop_finished(RtCall *call)
{
    Sandbox *sandbox = call->sandbox;

    sandbox->is_stopping = FALSE;
    if (sandbox->is_ready) {
        sandbox->is_ready = FALSE;
        runtime_changed(call->runtime, sandbox);
    }
    if (rt_call_wants(call))
        call->done.plain(call->user);
}

/* The plugin has taken the interface away; the rest is tidying up. */
static void
stop_network_gone(RtCall *call)
{
    sandbox_drop_address(call->sandbox);
    call->act = stop_finished;
    rt_call_work(call, call->number[0]);
}

static void
kill_containers(Sandbox *sandbox)
{
    g_autoptr(GPtrArray) containers = g_ptr_array_copy(sandbox->containers, NULL, NULL);

    for (guint i = 0; i < containers->len; i++) {
        RtContainer *container = g_ptr_array_index(containers, i);

        if (container->state == RT_RUNNING)
            container_exit(container, 137, "Error");
    }
}

void
runtime_stop_sandbox(Sandbox *sandbox, SimHandle owner, void (*done)(gpointer user), gpointer user)
{
    Runtime *runtime = sandbox->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, stop_network_gone);
    gint64 total_ns;

    rt_call_set_sandbox(call, sandbox);
    call->done.plain = done;
    if (!sandbox->is_ready && !sandbox->holds_address) {
        /* Stopped already: nothing to take down. */
        call->act = stop_finished;
        rt_call_after(call, NS_PER_MS);
        return;
    }
    total_ns = runtime_draw(runtime, &runtime->options.teardown);
    sandbox->is_stopping = TRUE;
    kill_containers(sandbox);
    call->number[0] = total_ns / 5;
    rt_call_network(call, total_ns - call->number[0]);
}

void
runtime_remove_sandbox(Sandbox *sandbox)
{
    Runtime *runtime = sandbox->runtime;

    if (sandbox->is_removed)
        return;
    kill_containers(sandbox);
    while (sandbox->containers->len > 0)
        runtime_remove_container(g_ptr_array_index(sandbox->containers, 0));
    sandbox_drop_address(sandbox);
    sandbox->is_ready = FALSE;
    sandbox->is_removed = TRUE;
    g_ptr_array_remove(runtime->sandboxes, sandbox);
    runtime_changed(runtime, sandbox);
    sandbox_unref(sandbox);
}

/* host-local keeps its reservations on disk; only the interface is gone. */
void
sandbox_powered_off(Sandbox *sandbox)
{
    sandbox->is_ready = FALSE;
    sandbox->is_stopping = FALSE;
    if (sandbox->holds_address &&
        world_find_sandbox_ip(sandbox->runtime->world, sandbox->ip) == sandbox)
        world_address_drop(sandbox->runtime->world, sandbox->ip);
}

/* --- questions ---------------------------------------------------------------------------- */

const char *
sandbox_ip(const Sandbox *sandbox)
{
    return sandbox->ip;
}

const char *
sandbox_pod_namespace(const Sandbox *sandbox)
{
    return sandbox->namespace_;
}

const char *
sandbox_pod_name(const Sandbox *sandbox)
{
    return sandbox->name;
}

const char *
sandbox_pod_uid(const Sandbox *sandbox)
{
    return sandbox->uid;
}

gboolean
sandbox_is_ready(const Sandbox *sandbox)
{
    return sandbox->is_ready;
}

gint64
sandbox_created_wall_ns(const Sandbox *sandbox)
{
    return sandbox->created_wall_ns;
}

const char *
sandbox_id(const Sandbox *sandbox)
{
    return sandbox->id;
}

Machine *
sandbox_machine(const Sandbox *sandbox)
{
    return sandbox->runtime->machine;
}
