/* shell_procs.c - see shell_internal.h: commands about processes, time limits, and trees of files */

#include "world/shell_internal.h"

#define TIMED_OUT 143 /* busybox: it was ended with SIGTERM */

/* --- time -------------------------------------------------------------------------------------- */

static gint32
run_usleep(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint64 us = 0;

    if (argc < 2 || !g_ascii_string_to_unsigned(argv[1], 10, 0, G_MAXINT64 / 1000, &us, NULL)) {
        shell_complain(shell, frame, "usleep: invalid number '%s'", argc > 1 ? argv[1] : "");
        return 1;
    }
    shell_block_sleep(shell, (gint64)us * 1000);
    return RUN_BLOCKED;
}

/* What ran below the limit is over; so is the command that it was for. */
void
shell_on_limit(Sim *sim, gpointer self)
{
    Shell *shell = self;
    guint depth = shell->limit_depth;

    (void)sim;
    shell->limit_depth = 0;
    if (depth == 0 || shell->frames->len < depth)
        return;
    shell_end_block(shell);
    while (shell->frames->len > depth)
        frame_pop(shell);
    shell_resume(shell, TIMED_OUT);
}

/* "5", "5s", "2m" */
static gint64
limit_ns(const char *text)
{
    char *end;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    gint64 unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;

    return end == text || value < 0 ? -1 : MIN(value, 1000000) * unit * NS_PER_S;
}

static gint32
run_timeout(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint first = 1;
    gint64 wait_ns;
    gint32 status;

    for (; first + 1 < argc && argv[first][0] == '-'; first++)
        if (strcmp(argv[first], "-s") == 0 || strcmp(argv[first], "-k") == 0)
            first++;
    wait_ns = first < argc ? limit_ns(argv[first]) : -1;
    if (wait_ns < 0 || first + 1 >= argc) {
        shell_complain(shell, frame, "timeout: invalid number '%s'", first < argc ? argv[first] : "");
        return 1;
    }
    /* Of two limits one inside the other the outer one counts. */
    if (shell->limit_depth == 0) {
        shell->limit_depth = shell->frames->len;
        sim_timer_arm_after(&shell->limit_timer, wait_ns);
    }
    status = shell_run_argv(shell, frame, argc - first - 1, argv + first + 1);
    if (status >= 0 && shell->limit_depth == shell->frames->len) {
        shell->limit_depth = 0;
        sim_timer_disarm(&shell->limit_timer);
    }
    return status;
}

static gint32
run_let(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 value = 0;

    (void)frame;
    for (guint i = 1; i < argc; i++)
        value = shell_arithmetic(shell, argv[i]);
    return value == 0 ? 1 : 0;
}

/* --- processes ----------------------------------------------------------------------------------- */

static void
add_words(GString *text, const char *const *words)
{
    for (guint i = 0; words != NULL && words[i] != NULL; i++)
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", words[i]);
}

/* What the shell itself was called with. (owned) */
static char *
own_words(const Shell *shell)
{
    const RtContainer *container = shell->container;
    GString *text = g_string_new(NULL);

    if (shell->is_pid1) {
        add_words(text, (const char *const *)container->command);
        add_words(text, (const char *const *)container->args);
        if (text->len == 0)
            add_words(text, (const char *const[]){container->app.phase != APP_NONE ? image_short_name(container->image) : "sh", NULL});
    } else {
        g_string_append(text, "sh");
    }
    return g_string_free(text, FALSE);
}

/* What runs in it now; NULL: nothing that waits. (owned) */
static char *
foreground_words(const Shell *shell)
{
    const Frame *frame = shell->frames->len > 0 ? g_ptr_array_index(shell->frames, shell->frames->len - 1) : NULL;
    GString *text;

    if (shell->block == BLOCK_NONE || shell->block == BLOCK_WAIT || frame == NULL || frame->fields == NULL || frame->fields->len == 0)
        return NULL;
    text = g_string_new(NULL);
    for (guint i = 0; i < frame->fields->len && frame->fields->pdata[i] != NULL; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (const char *)frame->fields->pdata[i]);
    return g_string_free(text, FALSE);
}

typedef struct {
    guint pid;
    char *words; /* (owned) */
} Listed;

static void
listed_clear(gpointer self)
{
    g_free(((Listed *)self)->words);
}

/* All but @self, which asks. (owned) of Listed */
static GArray *
list_processes(const Shell *self)
{
    const RtContainer *container = self->container;
    GArray *list = g_array_new(FALSE, TRUE, sizeof(Listed));
    guint next_pid = container->next_pid;

    g_array_set_clear_func(list, listed_clear);
    for (guint i = 0; i < container->shells->len; i++) {
        const Shell *shell = g_ptr_array_index(container->shells, i);
        g_autofree char *child = foreground_words(shell);
        Listed process = {.pid = shell->pid};

        if (shell == self && !shell->is_pid1)
            continue;
        process.words = shell->is_program && child != NULL ? g_strdup(child) : own_words(shell);
        g_array_append_val(list, process);
        if (child != NULL && !shell->is_program && shell != self) {
            process = (Listed){next_pid++, g_steal_pointer(&child)};
            g_array_append_val(list, process);
        }
    }
    return list;
}

static gboolean
process_is(const Listed *process, const char *name, gboolean exactly, gboolean whole_line)
{
    g_autofree char *word = g_strndup(process->words, strcspn(process->words, " "));
    const char *slash = strrchr(word, '/');
    const char *own = slash != NULL ? slash + 1 : word;

    if (whole_line)
        return strstr(process->words, name) != NULL;
    return exactly ? strcmp(own, name) == 0 : strstr(own, name) != NULL;
}

/* pgrep [-f] [-x] NAME; pidof NAME... */
static gint32
run_pgrep(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autoptr(GArray) processes = list_processes(shell);
    gboolean is_pidof = strcmp(argv[0], "pidof") == 0;
    gboolean exactly = is_pidof, whole_line = FALSE;
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            exactly = exactly || strchr(argv[i], 'x') != NULL;
            whole_line = whole_line || strchr(argv[i], 'f') != NULL;
            continue;
        }
        for (guint k = 0; k < processes->len; k++) {
            const Listed *process = &g_array_index(processes, Listed, k);

            if (process_is(process, argv[i], exactly, whole_line))
                g_string_append_printf(out, "%s%u", out->len == 0 ? "" : is_pidof ? " " : "\n", process->pid);
        }
    }
    if (out->len == 0)
        return 1;
    shell_print(shell, frame, "%s\n", out->str);
    return 0;
}

static gint32
run_ps(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autoptr(GArray) processes = list_processes(shell);

    shell_print(shell, frame, "PID   USER     TIME  COMMAND\n");
    for (guint i = 0; i < processes->len; i++) {
        const Listed *process = &g_array_index(processes, Listed, i);

        shell_print(shell, frame, "%5u root      0:00 %s\n", process->pid, process->words);
    }
    shell_print(shell, frame, "%5u root      0:00 %s\n", shell->container->next_pid + processes->len,
                argc > 1 ? "ps aux" : argv[0]);
    return 0;
}

/* --- trees of files ---------------------------------------------------------------------------------- */

typedef struct {
    Shell *shell;
    Frame *frame;
    const char *name; /* pattern; NULL: all */
    char type;        /* 'f', 'd', or 0 */
    gint64 max_depth;
    gboolean deletes;
} Find;

static void
find_below(const Find *find, const char *path, gint64 depth)
{
    g_autofree char *absolute = shell_path(find->shell, path);
    const FsNode *node = fs_get(&find->shell->container->files, absolute);
    g_autoptr(GPtrArray) names = fs_list(&find->shell->container->files, absolute);
    const char *slash = strrchr(path, '/');
    gboolean is_dir = names != NULL;

    if ((find->type == 0 || (find->type == 'd') == is_dir) &&
        (find->name == NULL || shell_match(find->name, slash != NULL ? slash + 1 : path))) {
        if (find->deletes && node != NULL)
            (void)fs_remove(&find->shell->container->files, absolute, TRUE);
        else
            shell_print(find->shell, find->frame, "%s\n", path);
    }
    for (guint i = 0; is_dir && depth < find->max_depth && i < names->len; i++) {
        g_autofree char *below = g_strdup_printf("%s%s%s", path, g_str_has_suffix(path, "/") ? "" : "/", (const char *)names->pdata[i]);

        find_below(find, below, depth + 1);
    }
}

static gint32
run_find(Shell *shell, Frame *frame, guint argc, char **argv)
{
    Find find = {.shell = shell, .frame = frame, .max_depth = 64};
    guint n_paths = 1;
    gint32 status = 0;

    while (n_paths < argc && argv[n_paths][0] != '-')
        n_paths++;
    for (guint i = n_paths; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "-name") == 0)
            find.name = value;
        else if (strcmp(argv[i], "-type") == 0)
            find.type = value[0];
        else if (strcmp(argv[i], "-maxdepth") == 0)
            find.max_depth = MIN(g_ascii_strtoll(value, NULL, 10), 64);
        else if (strcmp(argv[i], "-delete") == 0)
            find.deletes = TRUE;
    }
    for (guint i = 1; i < MAX(n_paths, 2); i++) {
        const char *path = n_paths > 1 ? argv[i] : ".";
        g_autofree char *absolute = shell_path(shell, path);

        if (fs_get(&shell->container->files, absolute) == NULL) {
            shell_complain(shell, frame, "find: %s: No such file or directory", path);
            status = 1;
            continue;
        }
        find_below(&find, path, 0);
    }
    return status;
}

static gint64
bytes_below(Shell *shell, const char *path)
{
    const FsNode *node = fs_get(&shell->container->files, path);
    g_autoptr(GPtrArray) names = fs_list(&shell->container->files, path);
    gint64 sum = node != NULL && !node->is_dir ? (gint64)node->text->len + node->more_bytes : 0;

    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *below = fs_join(path, names->pdata[i]);

        sum += bytes_below(shell, below);
    }
    return sum;
}

/* Sums only, as with -s: kilobytes, or what -m and -h say. */
static gint32
run_du(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 unit = 1024;
    gint32 status = 0;
    guint n = 0;

    for (guint i = 1; i < argc; i++)
        if (argv[i][0] == '-')
            unit = strchr(argv[i], 'm') != NULL ? 1024 * 1024 : unit;
    for (guint i = 1; i <= argc; i++) {
        const char *name = i < argc ? argv[i] : ".";
        g_autofree char *path = shell_path(shell, name);

        if (name[0] == '-' || (i == argc && n > 0))
            continue;
        n++;
        if (fs_get(&shell->container->files, path) == NULL) {
            shell_complain(shell, frame, "du: %s: No such file or directory", name);
            status = 1;
            continue;
        }
        shell_print(shell, frame, "%" G_GINT64_FORMAT "\t%s\n", (bytes_below(shell, path) + unit - 1) / unit, name);
    }
    return status;
}

/* fallocate -l SIZE FILE takes the room; truncate -s SIZE FILE makes a file of holes, which takes none. */
static gint32
run_fallocate(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean takes_room = strcmp(argv[0], "fallocate") == 0;
    const char *size = NULL;
    const char *name = NULL;
    g_autofree char *path = NULL;
    const char *problem;

    for (guint i = 1; i < argc; i++) {
        if ((strcmp(argv[i], "-l") == 0 || strcmp(argv[i], "-s") == 0) && i + 1 < argc)
            size = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1] != '\0' && argv[i][2] != '\0')
            size = argv[i] + 2;
        else if (argv[i][0] != '-')
            name = argv[i];
    }
    if (size == NULL || name == NULL) {
        shell_complain(shell, frame, "%s: which file, and how large?", argv[0]);
        return 1;
    }
    path = shell_path(shell, name);
    problem = fs_touch(&shell->container->files, path, shell_now_ns(shell));
    if (problem != NULL) {
        shell_complain(shell, frame, "%s: can't open '%s': %s", argv[0], name, problem);
        return 1;
    }
    if (takes_room)
        fs_grow(&shell->container->files, path, shell_size(size));
    return 0;
}

static gint32
run_mktemp(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_dir = argc > 1 && strcmp(argv[1], "-d") == 0;
    g_autofree char *path = NULL;
    guint n = 0;

    do {
        g_free(path);
        path = g_strdup_printf("/tmp/tmp.%06u", ++n);
    } while (fs_get(&shell->container->files, path) != NULL);
    if (is_dir)
        (void)fs_mkdir(&shell->container->files, path, TRUE);
    else
        (void)fs_touch(&shell->container->files, path, shell_now_ns(shell));
    shell_print(shell, frame, "%s\n", path);
    return 0;
}

const ShellTool shell_process_tools[] = {
    {"usleep", run_usleep, FALSE}, {"timeout", run_timeout, TRUE},       {"let", run_let, TRUE},
    {"ps", run_ps, FALSE},         {"pgrep", run_pgrep, FALSE},          {"pidof", run_pgrep, FALSE},
    {"find", run_find, FALSE},     {"du", run_du, FALSE},                {"fallocate", run_fallocate, FALSE},
    {"mktemp", run_mktemp, FALSE}, {"truncate", run_fallocate, FALSE}, {NULL, NULL, FALSE},
};
