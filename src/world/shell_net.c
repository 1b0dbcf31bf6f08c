/*
 * shell_net.c - see shell_internal.h: nslookup, wget, curl, nc
 *
 * Names are asked of the runtime's resolver; connections go to pods by address.
 */

#include "world/shell_internal.h"

typedef enum { NET_RESOLVING, NET_CONNECTING, NET_SERVING } NetStage;

typedef struct {
    const char *tool, *host, *ip, *path;
    gint32 port;
    gint64 timeout_ns;
    NetStage stage;
    gboolean is_quiet, connects_only, is_local;
    RtContainer *server;
    ServerRequest *request;
    gint64 deadline_ns;
} NetJob;

static Frame *
net_frame(Shell *shell)
{
    return g_ptr_array_index(shell->frames, shell->frames->len - 1);
}

void
shell_net_clear(Shell *shell)
{
    NetJob *job = shell->net;

    if (job == NULL)
        return;
    if (job->request != NULL)
        container_cancel_request(job->request);
    g_clear_pointer(&shell->net, g_free);
}

static void
net_end(Shell *shell, gint32 status)
{
    shell_resume(shell, status);
}

static gboolean
is_address(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789.") == strlen(text);
}

static const char *
resolve(Shell *shell, const char *host)
{
    Runtime *runtime = shell->container->runtime;

    if (is_address(host))
        return str_intern(host);
    if (strcmp(host, "localhost") == 0)
        return str_intern("127.0.0.1");
    if (str_is(host, shell->container->sandbox->name))
        return shell->container->sandbox->ip;
    return runtime->resolve != NULL
               ? runtime->resolve(runtime->resolve_self, shell->container->sandbox, host)
               : NULL;
}

/* curl: 6 = could not resolve, 7 = could not connect, 28 = time-out; the others say 1. */
static void
net_fail(Shell *shell, gint32 curl_code, const char *wget_words)
{
    NetJob *job = shell->net;
    gboolean is_curl = strcmp(job->tool, "curl") == 0;

    if (is_curl && curl_code == 6)
        shell_complain(shell, net_frame(shell), "curl: (6) Could not resolve host: %s", job->host);
    else if (is_curl && curl_code == 7)
        shell_complain(shell, net_frame(shell),
                       "curl: (7) Failed to connect to %s port %d: Connection refused", job->host,
                       job->port);
    else if (is_curl)
        shell_complain(shell, net_frame(shell), "curl: (28) Connection timed out");
    else if (strcmp(job->tool, "wget") == 0 && curl_code == 6)
        shell_complain(shell, net_frame(shell), "wget: bad address '%s'", job->host);
    else if (strcmp(job->tool, "wget") == 0 && curl_code == 28)
        shell_complain(shell, net_frame(shell), "wget: download timed out");
    else if (strcmp(job->tool, "wget") == 0)
        shell_complain(shell, net_frame(shell), "wget: can't connect to remote host (%s): %s",
                       job->ip, wget_words);
    else if (!job->is_quiet)
        shell_complain(shell, net_frame(shell), "%s: %s (%s:%d): %s", job->tool, job->host, job->ip,
                       job->port, wget_words);
    net_end(shell, is_curl ? curl_code : 1);
}

static void
print_page(Shell *shell, const NetJob *job)
{
    const char *name = image_short_name(job->server->image);

    if (job->is_quiet && strcmp(job->tool, "curl") != 0 && strcmp(job->tool, "wget") != 0)
        return;
    if (g_str_has_prefix(name, "nginx"))
        shell_print(shell, net_frame(shell), "<h1>Welcome to nginx!</h1>\n");
    else
        shell_print(shell, net_frame(shell), "%s\n", job->server->sandbox->name);
}

static void
net_on_served(gpointer user, ServeResult result, gint32 status)
{
    Shell *shell = user;
    NetJob *job = shell->net;
    gboolean is_curl = strcmp(job->tool, "curl") == 0;

    job->request = NULL;
    if (result == SERVE_RESET) {
        shell_complain(shell, net_frame(shell), "%s: connection reset by peer", job->tool);
        net_end(shell, is_curl ? 56 : 1);
        return;
    }
    if (status >= 400 && !is_curl)
        shell_complain(shell, net_frame(shell), "wget: server returned error: HTTP/1.1 %d", status);
    else if (status < 400)
        print_page(shell, job);
    net_end(shell, status >= 400 && !is_curl ? 1 : 0);
}

static void
net_connect_now(Shell *shell)
{
    NetJob *job = shell->net;
    World *world = shell->container->runtime->world;
    Sandbox *own = shell->container->sandbox;
    Sandbox *target = job->is_local ? own : world_find_sandbox_ip(world, job->ip);

    if (target == NULL) {
        sim_timer_arm_at(&shell->timer, job->deadline_ns);
        job->stage = NET_SERVING;
        return;
    }
    job->server = sandbox_find_listener(target, job->port);
    if (job->server == NULL) {
        net_fail(shell, 7, "Connection refused");
        return;
    }
    if (job->connects_only) {
        net_end(shell, 0);
        return;
    }
    job->stage = NET_SERVING;
    job->request = container_serve(job->server, job->port, job->path, net_on_served, shell);
    sim_timer_arm_at(&shell->timer, job->deadline_ns);
}

void
shell_net_on_timer(Shell *shell)
{
    NetJob *job = shell->net;
    Sandbox *own = shell->container->sandbox;
    World *world = shell->container->runtime->world;
    Sandbox *target;
    gint64 delay_ns;

    if (job->stage == NET_SERVING) {
        net_fail(shell, 28, "Connection timed out");
        return;
    }
    if (job->stage == NET_CONNECTING) {
        net_connect_now(shell);
        return;
    }
    job->ip = resolve(shell, job->host);
    if (job->ip == NULL && strcmp(job->tool, "nslookup") == 0) {
        shell_print(shell, net_frame(shell), "** server can't find %s: NXDOMAIN\n", job->host);
        net_end(shell, 1);
        return;
    }
    if (job->ip == NULL) {
        net_fail(shell, 6, "bad address");
        return;
    }
    if (strcmp(job->tool, "nslookup") == 0) {
        shell_print(shell, net_frame(shell), "Name:\t%s\nAddress: %s\n", job->host, job->ip);
        net_end(shell, 0);
        return;
    }
    job->stage = NET_CONNECTING;
    job->is_local = strcmp(job->ip, "127.0.0.1") == 0 || str_is(job->ip, own->ip);
    target = job->is_local ? own : world_find_sandbox_ip(world, job->ip);
    delay_ns = target != NULL
                   ? world_latency_ns(world, own->runtime->machine, target->runtime->machine)
                   : 0;
    if (delay_ns == G_MAXINT64) {
        job->stage = NET_SERVING;
        sim_timer_arm_at(&shell->timer, job->deadline_ns);
        return;
    }
    sim_timer_arm_after(&shell->timer, 2 * delay_ns);
}

static gint32
net_begin(Shell *shell, NetJob *given)
{
    NetJob *job = g_memdup2(given, sizeof(*given));

    job->deadline_ns =
        shell_now_ns(shell) + (job->timeout_ns > 0 ? job->timeout_ns : 131 * NS_PER_S);
    shell->net = job;
    shell_block(shell, BLOCK_NET);
    shell->spin_ns = 20 * NS_PER_MS;
    /* A look-up takes a round trip to the cluster's DNS. */
    sim_timer_arm_after(&shell->timer, is_address(job->host) ? 0 : NS_PER_MS);
    return RUN_BLOCKED;
}

/* "http://host:80/path" */
static void
parse_url(const char *url, NetJob *job)
{
    const char *at = strstr(url, "://");
    gsize length;

    job->port = g_str_has_prefix(url, "https:") ? 443 : 80;
    at = at != NULL ? at + 3 : url;
    length = strcspn(at, ":/?");
    job->host = str_intern_len(at, length);
    at += length;
    if (*at == ':') {
        job->port = (gint32)CLAMP(g_ascii_strtoll(at + 1, NULL, 10), 0, 65535);
        at += 1 + strspn(at + 1, "0123456789");
    }
    job->path = *at == '/' ? str_intern(at) : str_intern("/");
}

static gint64
parse_seconds(const char *text)
{
    return CLAMP(g_ascii_strtoll(text, NULL, 10), 0, 100000) * NS_PER_S;
}

static gint32
run_wget(Shell *shell, Frame *frame, guint argc, char **argv)
{
    NetJob job = {.tool = str_intern(argv[0]), .is_quiet = TRUE};
    const char *url = NULL;

    for (guint i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (g_str_has_prefix(word, "--timeout=") || g_str_has_prefix(word, "--max-time="))
            job.timeout_ns = parse_seconds(strchr(word, '=') + 1);
        else if ((strcmp(word, "-T") == 0 || strcmp(word, "-m") == 0 ||
                  strcmp(word, "--max-time") == 0 || strcmp(word, "--connect-timeout") == 0) &&
                 i + 1 < argc)
            job.timeout_ns = parse_seconds(argv[++i]);
        else if ((strcmp(word, "-o") == 0 || strcmp(word, "-O") == 0 || strcmp(word, "-H") == 0 ||
                  strcmp(word, "-X") == 0 || strcmp(word, "-d") == 0 || strcmp(word, "-w") == 0) &&
                 i + 1 < argc)
            i++;
        else if (word[0] != '-')
            url = word;
    }
    if (url == NULL) {
        shell_complain(shell, frame, "%s: no URL", argv[0]);
        return 1;
    }
    parse_url(url, &job);
    return net_begin(shell, &job);
}

static gint32
run_nslookup(Shell *shell, Frame *frame, guint argc, char **argv)
{
    NetJob job = {.tool = str_intern("nslookup")};

    for (guint i = argc - 1; i > 0; i--) {
        if (argv[i][0] != '-')
            job.host = str_intern(argv[i]);
    }
    if (job.host == NULL) {
        shell_complain(shell, frame, "nslookup: which name?");
        return 1;
    }
    return net_begin(shell, &job);
}

static gint32
run_nc(Shell *shell, Frame *frame, guint argc, char **argv)
{
    NetJob job = {.tool = str_intern("nc"), .connects_only = TRUE, .is_quiet = TRUE};
    gboolean listens = FALSE;
    gint64 port = 0;

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            listens = listens || strchr(argv[i], 'l') != NULL;
            if (strchr(argv[i], 'w') != NULL && i + 1 < argc)
                job.timeout_ns = parse_seconds(argv[++i]);
            else if (strchr(argv[i], 'p') != NULL && i + 1 < argc)
                port = g_ascii_strtoll(argv[++i], NULL, 10);
        } else if (job.host == NULL && !listens) {
            job.host = str_intern(argv[i]);
        } else {
            port = g_ascii_strtoll(argv[i], NULL, 10);
        }
    }
    if (port < 1 || port > 65535) {
        shell_complain(shell, frame, "nc: which port?");
        return 1;
    }
    if (listens) {
        server_listen(shell->container, (gint32)port, NULL, shell);
        shell_block(shell, BLOCK_FOREVER);
        return RUN_BLOCKED;
    }
    job.port = (gint32)port;
    return net_begin(shell, &job);
}

static gint32
run_ping(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *host = argc > 1 ? argv[argc - 1] : "";
    const char *ip = resolve(shell, host);

    if (ip == NULL) {
        shell_complain(shell, frame, "ping: bad address '%s'", host);
        return 1;
    }
    return strcmp(ip, "127.0.0.1") == 0 ||
                   world_find_sandbox_ip(shell->container->runtime->world, ip) != NULL
               ? 0
               : 1;
}

const ShellTool shell_net_tools[] = {
    {"wget", run_wget, FALSE},
    {"curl", run_wget, FALSE},
    {"nslookup", run_nslookup, FALSE},
    {"getent", run_nslookup, FALSE},
    {"nc", run_nc, FALSE},
    {"ping", run_ping, FALSE},
    {NULL, NULL, FALSE},
};
