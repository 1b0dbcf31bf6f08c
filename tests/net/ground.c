/* ground.c - see ground.h */

#include "tests/net/ground.h"

Ground *
ground_new(guint64 seed, gint64 cpu_milli)
{
    static const WorldOptions wires = {
        .loopback = DIST_CONST(10 * NS_PER_US),
        .same_zone = DIST_CONST(FAR_NS),
        .cross_zone = DIST_CONST(NS_PER_MS),
        .external = DIST_CONST(NEAR_NS),
    };
    static const ImageRule images[] = {{.match = "*", .is_present = TRUE}};
    Ground *ground = g_new0(Ground, 1);
    RuntimeOptions runtime;
    MachineOptions options = {.cpu_milli = cpu_milli, .memory_bytes = G_GINT64_CONSTANT(1) << 34};

    ground->sim = sim_new(&(SimOptions){.seed = seed, .no_trace = TRUE});
    ground->world = world_new(ground->sim, &wires);
    options.name = "node-a";
    options.ip = "192.168.0.1";
    ground->a = machine_new(ground->world, &options);
    options.name = "node-b";
    options.ip = "192.168.0.2";
    ground->b = machine_new(ground->world, &options);
    ground->external = machine_new(ground->world, &(MachineOptions){.name = "external",
                                                                    .ip = "192.0.2.1",
                                                                    .cpu_milli = 1000,
                                                                    .is_external = TRUE});
    ground->owner = sim_handle_new(ground->sim, ground);
    ground->rule.match_image = "*";
    app_profile_init(&ground->rule.profile);
    ground->rule.profile.startup = DIST_CONST(0);
    ground->rule.profile.stop = DIST_CONST(0);
    ground->rule.profile.cpu_ns = NS_PER_MS;
    runtime_options_init(&runtime);
    runtime.kill = runtime.react = DIST_CONST(0);
    runtime_new(ground->a, &runtime, images, 1, &ground->rule, 1);
    runtime_new(ground->b, &runtime, images, 1, &ground->rule, 1);
    return ground;
}

void
ground_free(Ground *ground)
{
    world_free(ground->world);
    sim_handle_drop(ground->sim, ground->owner);
    sim_free(ground->sim);
    g_free(ground);
}

void
ground_run(Ground *ground, gint64 ns)
{
    sim_run_until(ground->sim, sim_now_ns(ground->sim) + ns);
}

static void
wait_answer(Ground *ground)
{
    ground->has_answer = FALSE;
    while (!ground->has_answer && sim_step(ground->sim))
        continue;
}

static void
on_sandbox(gpointer user, Sandbox *sandbox, const char *error)
{
    Ground *ground = user;

    ck_assert_msg(error == NULL, "%s", error);
    ground->sandbox = sandbox;
    ground->has_answer = TRUE;
}

static void
on_created(gpointer user, RtContainer *container, const char *error)
{
    Ground *ground = user;

    ck_assert_msg(error == NULL, "%s", error);
    ground->container = container;
    ground->has_answer = TRUE;
}

static void
on_started(gpointer user, const char *error)
{
    Ground *ground = user;

    ck_assert_msg(error == NULL, "%s", error);
    ground->has_answer = TRUE;
}

RtContainer *
ground_pod(Ground *ground, Machine *machine, gint64 cpu_limit_milli)
{
    static const gint32 ports[] = {80, 0};
    gboolean is_a = machine == ground->a;
    const char *name = str_internf("pod-%" G_GINT64_FORMAT, sim_now_ns(ground->sim));
    SandboxOptions sandbox = {.namespace_ = "default",
                              .name = name,
                              .uid = name,
                              .pod_cidr = is_a ? "10.244.1.0/24" : "10.244.2.0/24"};
    RtContainerOptions options = {.name = "web",
                                  .image = "registry.local/app:1",
                                  .ports = ports,
                                  .cpu_milli_limit = cpu_limit_milli};

    sandbox.pod_cidr = str_intern(sandbox.pod_cidr);
    runtime_run_sandbox(machine_runtime(machine), &sandbox, ground->owner, on_sandbox, ground);
    wait_answer(ground);
    runtime_create_container(ground->sandbox, &options, ground->owner, on_created, ground);
    wait_answer(ground);
    runtime_start_container(ground->container, ground->owner, on_started, ground);
    wait_answer(ground);
    ground_run(ground, 10 * NS_PER_MS);
    return ground->container;
}

const char *
ground_ip(const RtContainer *container)
{
    return sandbox_ip(rt_container_sandbox(container));
}

void
ground_stop(Ground *ground, RtContainer *container, gint64 grace_ns)
{
    (void)ground;
    runtime_stop_container(container, grace_ns, (SimHandle){0}, NULL, NULL);
}

static void
set_rules(Ground *ground,
          Machine *machine,
          FilterVerdict verdict,
          RtContainer *const *containers,
          guint count)
{
    FilterRule rules[2] = {{.ip = str_intern(VIP), .port = 80}, {.ip = NULL, .port = NODE_PORT}};

    (void)ground;
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
        rules[i].verdict = verdict;
        rules[i].n_backends = count;
        rules[i].backends = count > 0 ? g_new0(FilterBackend, count) : NULL;
        for (guint k = 0; k < count; k++) {
            rules[i].backends[k].ip = ground_ip(containers[k]);
            rules[i].backends[k].port = 80;
        }
    }
    filter_replace(machine_filter(machine), rules, G_N_ELEMENTS(rules));
}

void
ground_rules(Ground *ground, RtContainer *const *containers, guint count)
{
    set_rules(ground, ground->a, FILTER_DNAT, containers, count);
    set_rules(ground, ground->b, FILTER_DNAT, containers, count);
}

void
ground_verdict(Ground *ground, FilterVerdict verdict)
{
    set_rules(ground, ground->a, verdict, NULL, 0);
    set_rules(ground, ground->b, verdict, NULL, 0);
}

void
ground_cut(Ground *ground, Machine *one, Machine *other)
{
    world_cut(ground->world, &one, 1, &other, 1);
}

void
ground_heal(Ground *ground, Machine *one, Machine *other)
{
    world_heal(ground->world, &one, 1, &other, 1);
}

FlowClient *
ground_client(Ground *ground, FlowClientOptions options)
{
    options.name = options.name != NULL ? options.name : "client";
    options.from_machine = options.from_machine != NULL ? options.from_machine : ground->external;
    if (options.ip == NULL) {
        options.entry = ground->a;
        options.port = NODE_PORT;
    }
    if (options.timeout_ns == 0)
        options.timeout_ns = 2 * NS_PER_S;
    return flow_client_new(ground->world, &options);
}

static void
on_done(gpointer user,
        FlowOutcome outcome,
        gint64 started_ns,
        gint64 ended_ns,
        const char *backend_ip)
{
    Result *result = user;

    result->is_done = TRUE;
    result->calls++;
    result->outcome = outcome;
    result->started_ns = started_ns;
    result->ended_ns = ended_ns;
    result->backend = backend_ip;
}

void
ground_request(FlowClient *client, Result *result)
{
    *result = (Result){0};
    flow_client_request(client, on_done, result);
}

/* --- traffic ------------------------------------------------------------------------------ */

static gboolean
resolve_service(gpointer self, const char *namespace_, const char *name, const char **out_ip)
{
    (void)self;
    *out_ip = VIP;
    return str_is(namespace_, "default") && str_is(name, "web");
}

static gboolean
resolve_external(gpointer self,
                 const char *namespace_,
                 const char *name,
                 gint32 port,
                 Machine **out_entry,
                 gint32 *out_port)
{
    Ground *ground = self;

    (void)port;
    *out_entry = ground->b;
    *out_port = NODE_PORT;
    return str_is(namespace_, "default") && str_is(name, "web");
}

static Machine *
find_node(gpointer self, const char *name)
{
    return world_find_machine(((Ground *)self)->world, name);
}

static Sandbox *
find_pod(gpointer self, const char *namespace_, const char *name, Machine **out_machine)
{
    Ground *ground = self;

    (void)namespace_;
    *out_machine = ground->a;
    return str_is(name, "caller") ? ground->sandbox : NULL;
}

static Traffic *
new_traffic(Ground *ground, const TrafficOptions *options)
{
    TrafficResolver resolver = {.resolve_service = resolve_service,
                                .resolve_external = resolve_external,
                                .find_node = find_node,
                                .find_pod = find_pod,
                                .external = ground->external,
                                .self = ground};

    return traffic_new(ground->sim, ground->world, options, &resolver);
}

static void
fill(TrafficOptions *options)
{
    options->name = options->name != NULL ? options->name : "users";
    options->timeout_ns = options->timeout_ns != 0 ? options->timeout_ns : 2 * NS_PER_S;
    options->stop_ns = options->stop_ns != 0 ? options->stop_ns : -1;
    options->from = options->from != NULL ? options->from : "external";
}

Traffic *
ground_traffic(Ground *ground, TrafficOptions options)
{
    fill(&options);
    if (options.to_service == NULL) {
        options.to_node = "node-a";
        options.port = NODE_PORT;
    }
    return new_traffic(ground, &options);
}

Traffic *
ground_traffic_inside(Ground *ground, TrafficOptions options)
{
    options.from = "node/node-a";
    options.to_service = "default/web";
    options.port = 80;
    fill(&options);
    return new_traffic(ground, &options);
}
