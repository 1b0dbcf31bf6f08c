/*
 * shell_net.c - see shell_internal.h: nslookup, wget, curl, nc
 *
 * Names are asked of the runtime's resolver. What goes to the pod itself is
 * served there; everything else is a flow through the machine's packet filter.
 */

#include "world/shell_internal.h"

#include "world/flow.h"

typedef enum { NET_RESOLVING, NET_LOCAL, NET_FLOWING, NET_ANSWERED } NetStage;

typedef struct {
    const char *tool, *host, *ip, *path;
    gint32 port;
    gint64 timeout_ns;
    NetStage stage;
    gboolean is_quiet, connects_only;
    const char *page;       /* (interned) what the server says, NULL if unknown */
    ServerRequest *request; /* within the pod */
    FlowClient *flow;       /* (owned) to elsewhere */
    FlowOutcome outcome;
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
    flow_client_free(job->flow);
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

/* /etc/hosts; the first line is about the pod itself. */
static const char *
resolve_by_hosts(const Sandbox *sandbox, const char *host)
{
    g_auto(GStrv) lines = g_strsplit(sandbox->host_network ? "" : sandbox->hosts, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], "\t", -1);

        for (guint k = 1; lines[i][0] != '\0' && words[k] != NULL; k++)
            if (g_ascii_strcasecmp(words[k], host) == 0)
                return i == 0 ? sandbox->ip : str_intern(words[0]);
    }
    return NULL;
}

static const char *
resolve(Shell *shell, const char *host)
{
    Runtime *runtime = shell->container->runtime;
    const char *in_file;

    if (is_address(host))
        return str_intern(host);
    if (strcmp(host, "localhost") == 0)
        return str_intern("127.0.0.1");
    if ((in_file = resolve_by_hosts(shell->container->sandbox, host)) != NULL)
        return in_file;
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

/* Where a server of files has them; NULL: it has none. */
static const char *
document_root(const RtContainer *server)
{
    for (guint i = 0; server->listeners != NULL && i < server->listeners->len; i++)
        if (g_array_index(server->listeners, Listener, i).root != NULL)
            return g_array_index(server->listeners, Listener, i).root;
    if (g_str_has_prefix(image_short_name(server->image), "nginx"))
        return "/usr/share/nginx/html";
    return str_is(image_short_name(server->image), "httpd") ? "/usr/local/apache2/htdocs" : NULL;
}

/*
 * What that server says: the file as it is now, which a volume or a command may have put there. A program that serves no
 * files, and one whose file is not there (its status is the application's), says the name of its pod. (interned)
 */
static const char *
page_of(RtContainer *server, const char *path)
{
    const char *root = document_root(server);
    g_autofree char *clean = path != NULL ? g_strndup(path, strcspn(path, "?#")) : g_strdup("/");
    g_autofree char *relative = g_strconcat(clean + (clean[0] == '/'), g_str_has_suffix(clean, "/") ? "index.html" : "", NULL);
    g_autofree char *whole = root != NULL ? fs_join(root, relative) : NULL;
    const FsNode *file = whole != NULL ? fs_get(&server->files, whole) : NULL;

    if (file != NULL && !file->is_dir)
        return str_intern(file->text->str);
    return str_internf("%s\n", server->sandbox->name);
}

static void
net_got_status(Shell *shell, gint32 status)
{
    NetJob *job = shell->net;
    gboolean is_wget = strcmp(job->tool, "wget") == 0;

    if (status >= 400 && is_wget)
        shell_complain(shell, net_frame(shell), "wget: server returned error: HTTP/1.1 %d", status);
    else if (status < 400)
        shell_print(shell, net_frame(shell), "%s",
                    job->connects_only || job->page == NULL ? "" : job->page);
    net_end(shell, status >= 400 && is_wget ? 1 : 0);
}

static void
net_got_reset(Shell *shell)
{
    NetJob *job = shell->net;

    shell_complain(shell, net_frame(shell), "%s: connection reset by peer", job->tool);
    net_end(shell, strcmp(job->tool, "curl") == 0 ? 56 : 1);
}

/* --- within the pod -------------------------------------------------------------------------- */

static void
net_on_served(gpointer user, ServeResult result, gint32 status)
{
    Shell *shell = user;
    NetJob *job = shell->net;

    job->request = NULL;
    if (result == SERVE_RESET)
        net_got_reset(shell);
    else
        net_got_status(shell, status);
}

static void
net_ask_own_pod(Shell *shell)
{
    NetJob *job = shell->net;
    RtContainer *server = sandbox_find_listener(shell->container->sandbox, job->port);

    if (server == NULL) {
        net_fail(shell, 7, "Connection refused");
        return;
    }
    if (job->connects_only) {
        net_end(shell, 0);
        return;
    }
    job->stage = NET_LOCAL;
    job->page = page_of(server, job->path);
    sim_timer_arm_after(&shell->timer, job->timeout_ns);
    job->request = container_serve(server, job->port, job->path, net_on_served, shell);
}

/* --- elsewhere --------------------------------------------------------------------------------- */

/* The flow is not to be freed here: the shell looks at the outcome in its own turn. */
static void
net_on_flow(gpointer user,
            FlowOutcome outcome,
            gint64 started_ns,
            gint64 ended_ns,
            const char *backend_ip)
{
    Shell *shell = user;
    NetJob *job = shell->net;
    const char *ip = backend_ip != NULL ? backend_ip : job->ip;
    Sandbox *target = world_find_sandbox_ip(shell->container->runtime->world, ip);

    (void)started_ns;
    (void)ended_ns;
    job->outcome = outcome;
    job->stage = NET_ANSWERED;
    for (guint i = 0; target != NULL && job->page == NULL && i < target->containers->len; i++) {
        RtContainer *container = g_ptr_array_index(target->containers, i);

        if (container->listeners != NULL && container->listeners->len > 0)
            job->page = page_of(container, job->path);
    }
    sim_timer_arm_after(&shell->timer, 0);
}

static void
net_ask_elsewhere(Shell *shell)
{
    NetJob *job = shell->net;
    Sandbox *own = shell->container->sandbox;
    FlowClientOptions options = {
        .name = str_internf("shell/%s", own->ip),
        .from_machine = own->runtime->machine,
        .from_sandbox = own,
        .ip = job->ip,
        .port = job->port,
        .timeout_ns = job->timeout_ns,
    };

    job->stage = NET_FLOWING;
    job->flow = flow_client_new(own->runtime->world, &options);
    flow_client_request(job->flow, net_on_flow, shell);
}

static void
net_answered(Shell *shell)
{
    NetJob *job = shell->net;

    switch (job->outcome) {
    case FLOW_OK:
        net_got_status(shell, 200);
        break;
    case FLOW_HTTP_503:
        net_got_status(shell, 503);
        break;
    case FLOW_REFUSED:
        net_fail(shell, 7, "Connection refused");
        break;
    case FLOW_RESET:
        net_got_reset(shell);
        break;
    case FLOW_UNREACHABLE:
        net_fail(shell, 7, "No route to host");
        break;
    default:
        net_fail(shell, 28, "Connection timed out");
        break;
    }
}

static void
net_resolved(Shell *shell)
{
    NetJob *job = shell->net;

    job->ip = resolve(shell, job->host);
    if (strcmp(job->tool, "nslookup") == 0) {
        if (job->ip == NULL)
            shell_print(shell, net_frame(shell), "** server can't find %s: NXDOMAIN\n", job->host);
        else
            shell_print(shell, net_frame(shell), "Name:\t%s\nAddress: %s\n", job->host, job->ip);
        net_end(shell, job->ip == NULL);
        return;
    }
    if (job->ip == NULL)
        net_fail(shell, 6, "bad address");
    else if (strcmp(job->ip, "127.0.0.1") == 0 || str_is(job->ip, shell->container->sandbox->ip))
        net_ask_own_pod(shell);
    else
        net_ask_elsewhere(shell);
}

void
shell_net_on_timer(Shell *shell)
{
    NetJob *job = shell->net;

    switch (job->stage) {
    case NET_RESOLVING:
        net_resolved(shell);
        break;
    case NET_ANSWERED:
        net_answered(shell);
        break;
    default:
        net_fail(shell, 28, "Connection timed out");
        break;
    }
}

static gint32
net_begin(Shell *shell, NetJob *given)
{
    NetJob *job = g_memdup2(given, sizeof(*given));

    if (job->timeout_ns <= 0)
        job->timeout_ns = 131 * NS_PER_S;
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
