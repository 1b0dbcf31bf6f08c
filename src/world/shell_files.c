/* shell_files.c - see shell_internal.h: commands about files, as busybox words them */

#include "world/shell_internal.h"

static FsView *
files(Shell *shell)
{
    return &shell->container->files;
}

static const FsNode *
look_up(Shell *shell, const char *name)
{
    g_autofree char *path = shell_path(shell, name);

    return fs_get(files(shell), path);
}

static gint32
run_mkdir(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean parents = FALSE;
    gint32 status = 0;

    for (guint i = 1; i < argc; i++) {
        g_autofree char *path = NULL;
        const char *problem;

        if (argv[i][0] == '-') {
            parents = parents || strchr(argv[i], 'p') != NULL;
            if (strcmp(argv[i], "-m") == 0)
                i++;
            continue;
        }
        path = shell_path(shell, argv[i]);
        problem = fs_mkdir(files(shell), path, parents);
        if (problem != NULL) {
            shell_complain(shell, frame, "mkdir: can't create directory '%s': %s", argv[i],
                           problem);
            status = 1;
        }
    }
    return status;
}

static gint32
run_touch(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint32 status = 0;

    for (guint i = 1; i < argc; i++) {
        g_autofree char *path = shell_path(shell, argv[i]);
        const char *problem;

        if (argv[i][0] == '-')
            continue;
        problem = fs_touch(files(shell), path, shell_now_ns(shell));
        if (problem != NULL) {
            shell_complain(shell, frame, "touch: %s: %s", argv[i], problem);
            status = 1;
        }
    }
    return status;
}

static gint32
run_rm(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_forced = FALSE;
    gboolean is_recursive = strcmp(argv[0], "rmdir") == 0;
    gint32 status = 0;

    for (guint i = 1; i < argc; i++) {
        g_autofree char *path = shell_path(shell, argv[i]);
        const char *problem;

        if (argv[i][0] == '-') {
            is_forced = is_forced || strchr(argv[i], 'f') != NULL;
            is_recursive = is_recursive || strpbrk(argv[i], "rR") != NULL;
            continue;
        }
        problem = fs_remove(files(shell), path, is_recursive);
        if (problem == NULL || (is_forced && strcmp(problem, "No such file or directory") == 0))
            continue;
        if (strcmp(problem, "Is a directory") == 0)
            shell_complain(shell, frame, "rm: '%s' is a directory", argv[i]);
        else
            shell_complain(shell, frame, "%s: can't remove '%s': %s", argv[0], argv[i], problem);
        status = 1;
    }
    return status;
}

/* So much of what has no end goes through a pipe, as its parts run one after the other. */
#define ENDLESS_TEXT ((gsize)1 << 20)

gboolean
shell_is_endless(const char *path)
{
    return strcmp(path, "/dev/zero") == 0 || strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
}

static gint32
run_cat(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint32 status = 0;
    guint n_files = 0;

    for (guint i = 1; i < argc; i++) {
        const FsNode *node;

        if (argv[i][0] == '-' && argv[i][1] != '\0')
            continue;
        n_files++;
        if (strcmp(argv[i], "/dev/null") == 0)
            continue;
        if (shell_is_endless(argv[i])) {
            g_autofree char *zeros = NULL;

            if (frame->io.out->type != SINK_BUFFER)
                return shell_find_tool("yes")->run(shell, frame, argc, argv);
            zeros = g_strnfill(ENDLESS_TEXT, '0');
            sink_write(shell, frame->io.out, zeros, ENDLESS_TEXT);
            continue;
        }
        if (strcmp(argv[i], "-") == 0) {
            if (frame->io.input != NULL)
                sink_write(shell, frame->io.out, frame->io.input->str, frame->io.input->len);
            continue;
        }
        node = look_up(shell, argv[i]);
        if (node == NULL) {
            shell_complain(shell, frame, "cat: can't open '%s': No such file or directory",
                           argv[i]);
            status = 1;
        } else if (node->is_dir) {
            shell_complain(shell, frame, "cat: read error: Is a directory");
            status = 1;
        } else {
            /* A copy: it may be written to itself. */
            g_autofree char *text = g_strdup(node->text->str);

            sink_write(shell, frame->io.out, text, strlen(text));
        }
    }
    if (n_files == 0 && frame->io.input != NULL)
        sink_write(shell, frame->io.out, frame->io.input->str, frame->io.input->len);
    return status;
}

static gint32
run_ls(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean shows_all = FALSE;
    gint32 status = 0;
    guint n_names = 0;
    guint n_given = argc;

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            shows_all = shows_all || strpbrk(argv[i], "aA") != NULL;
            n_given--;
        }
    }
    for (guint i = 1; i <= argc; i++) {
        const char *name = i < argc ? argv[i] : ".";
        g_autofree char *path = shell_path(shell, name);
        g_autoptr(GPtrArray) names = NULL;

        if (name[0] == '-' || (i == argc && n_names > 0))
            continue;
        n_names++;
        names = fs_list(files(shell), path);
        if (names == NULL && fs_get(files(shell), path) == NULL) {
            shell_complain(shell, frame, "ls: %s: No such file or directory", name);
            status = 1;
            continue;
        }
        if (names == NULL)
            shell_print(shell, frame, "%s\n", name);
        else if (n_given > 2)
            shell_print(shell, frame, "%s:\n", name);
        for (guint j = 0; names != NULL && j < names->len; j++) {
            const char *entry = g_ptr_array_index(names, j);

            if (entry[0] != '.' || shows_all)
                shell_print(shell, frame, "%s\n", entry);
        }
    }
    return status;
}

/* Where "cp a dir" puts a: (owned) */
static char *
target_path(Shell *shell, const char *source, const char *target)
{
    g_autofree char *path = shell_path(shell, target);
    const FsNode *node = fs_get(files(shell), path);
    const char *slash = strrchr(source, '/');

    if (node == NULL || !node->is_dir)
        return g_steal_pointer(&path);
    return fs_join(path, slash != NULL ? slash + 1 : source);
}

static gint32
run_cp(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_move = strcmp(argv[0], "mv") == 0;
    gint32 status = 0;

    if (argc < 3) {
        shell_complain(shell, frame, "%s: missing operand", argv[0]);
        return 1;
    }
    for (guint i = 1; i + 1 < argc; i++) {
        g_autofree char *source = shell_path(shell, argv[i]);
        g_autofree char *target = NULL;
        const FsNode *node = fs_get(files(shell), source);
        const char *problem;

        if (argv[i][0] == '-')
            continue;
        if (node == NULL) {
            shell_complain(shell, frame, "%s: can't %s '%s': No such file or directory", argv[0],
                           is_move ? "rename" : "stat", argv[i]);
            status = 1;
            continue;
        }
        if (node->is_dir) {
            shell_complain(shell, frame, "%s: omitting directory '%s'", argv[0], argv[i]);
            status = 1;
            continue;
        }
        target = target_path(shell, source, argv[argc - 1]);
        problem = fs_write(files(shell), target, node->text->str, node->text->len, FALSE,
                           shell_now_ns(shell));
        if (problem == NULL)
            fs_grow(files(shell), target, node->more_bytes);
        if (problem == NULL && is_move)
            problem = fs_remove(files(shell), source, FALSE);
        if (problem != NULL) {
            shell_complain(shell, frame, "%s: can't create '%s': %s", argv[0], argv[argc - 1],
                           problem);
            status = 1;
        }
    }
    return status;
}

/* Owners, modes and links do not exist; what matters is whether the file does. */
static gint32
run_chmod(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint32 status = 0;
    guint n = 0;

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-' || n++ == 0 || look_up(shell, argv[i]) != NULL)
            continue;
        shell_complain(shell, frame, "%s: %s: No such file or directory", argv[0], argv[i]);
        status = 1;
    }
    return status;
}

static gint32
run_cd(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *target = argc > 1 ? argv[1] : "/root";
    g_autofree char *path = shell_path(shell, target);
    const FsNode *node = fs_get(files(shell), path);

    if (node == NULL || !node->is_dir) {
        shell_complain(shell, frame, "sh: cd: can't cd to %s: No such file or directory", target);
        return 2;
    }
    g_free(shell->cwd);
    shell->cwd = g_steal_pointer(&path);
    return 0;
}

static gint32
run_pwd(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)argc, (void)argv;
    shell_print(shell, frame, "%s\n", shell->cwd);
    return 0;
}

static gint32
run_tee(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *text = frame->io.input != NULL ? frame->io.input->str : "";
    gboolean append = FALSE;

    for (guint i = 1; i < argc; i++) {
        g_autofree char *path = shell_path(shell, argv[i]);

        if (strcmp(argv[i], "-a") == 0)
            append = TRUE;
        else
            (void)fs_write(files(shell), path, text, strlen(text), append, shell_now_ns(shell));
    }
    sink_write(shell, frame->io.out, text, strlen(text));
    return 0;
}

/* So much of a file of zeros is kept as text, for whoever reads it; thousands of containers write such files. */
#define DD_TEXT_MAX 65536
/* No disk is as large; sums of such sizes do not overflow. */
#define DD_BYTES_MAX ((gint64)1 << 55)

gint64
shell_size(const char *text)
{
    static const char units[] = "KMGT";
    char *end;
    gint64 size = CLAMP(g_ascii_strtoll(text, &end, 10), 0, DD_BYTES_MAX);
    const char *unit = *end != '\0' ? strchr(units, g_ascii_toupper(*end)) : NULL;

    for (const char *at = units; unit != NULL && at <= unit; at++)
        size = MIN(size, DD_BYTES_MAX >> 10) << 10;
    return size;
}

/* dd if=/dev/zero of=FILE bs=1M count=N: a file of that size, or CPU burnt for ever. */
static gint32
run_dd(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *target = NULL;
    gint64 block = 512;
    gint64 count = -1;

    gint64 wanted;

    for (guint i = 1; i < argc; i++) {
        if (g_str_has_prefix(argv[i], "of="))
            target = argv[i] + 3;
        else if (g_str_has_prefix(argv[i], "bs="))
            block = shell_size(argv[i] + 3);
        else if (g_str_has_prefix(argv[i], "count="))
            count = shell_size(argv[i] + 6);
    }
    wanted = block > 0 && MAX(count, 0) > DD_BYTES_MAX / block ? DD_BYTES_MAX : block * MAX(count, 0);
    if (count < 0 && (target == NULL || strcmp(target, "/dev/null") == 0))
        return shell_find_tool("yes")->run(shell, frame, argc, argv);
    if (target != NULL && strcmp(target, "/dev/null") != 0) {
        g_autofree char *path = shell_path(shell, target);
        gint64 bytes = MIN(wanted, DD_TEXT_MAX);
        g_autofree char *zeros = g_strnfill((gsize)bytes, '0');
        const char *problem =
            fs_write(files(shell), path, zeros, (gsize)bytes, FALSE, shell_now_ns(shell));

        if (problem != NULL) {
            shell_complain(shell, frame, "dd: can't open '%s': %s", target, problem);
            return 1;
        }
        /* A large file is kept by its size. */
        fs_grow(files(shell), path, wanted - bytes);
    }
    /* About a gigabyte a second. */
    shell_block_sleep(shell, wanted);
    return RUN_BLOCKED;
}

/* --- test ------------------------------------------------------------------------------------- */

typedef struct {
    Shell *shell;
    char **argv;
    guint argc, at, depth;
} Test;

static gboolean test_or(Test *test);

static gboolean
test_unary(Test *test, char op, const char *word)
{
    const FsNode *node;

    switch (op) {
    case 'n':
        return word[0] != '\0';
    case 'z':
        return word[0] == '\0';
    case 't':
    case 'h':
    case 'L':
    case 'p':
    case 'S':
        return FALSE;
    default:
        break;
    }
    node = look_up(test->shell, word);
    switch (op) {
    case 'f':
        return node != NULL && !node->is_dir;
    case 'd':
        return node != NULL && node->is_dir;
    case 's':
        return node != NULL && (node->is_dir || node->text->len > 0);
    default:
        return node != NULL;
    }
}

static gboolean
test_binary(const char *left, const char *op, const char *right, gboolean *out_known)
{
    gint64 a = g_ascii_strtoll(left, NULL, 10);
    gint64 b = g_ascii_strtoll(right, NULL, 10);

    *out_known = TRUE;
    if (strcmp(op, "=") == 0 || strcmp(op, "==") == 0)
        return strcmp(left, right) == 0;
    if (strcmp(op, "!=") == 0)
        return strcmp(left, right) != 0;
    if (strcmp(op, "-eq") == 0)
        return a == b;
    if (strcmp(op, "-ne") == 0)
        return a != b;
    if (strcmp(op, "-lt") == 0)
        return a < b;
    if (strcmp(op, "-le") == 0)
        return a <= b;
    if (strcmp(op, "-gt") == 0)
        return a > b;
    if (strcmp(op, "-ge") == 0)
        return a >= b;
    *out_known = FALSE;
    return FALSE;
}

static gboolean
test_primary(Test *test)
{
    guint left = test->argc - test->at;
    char **words = test->argv + test->at;
    gboolean is_known;
    gboolean result;

    if (left == 0 || test->depth++ > 50)
        return FALSE;
    if (left >= 3) {
        result = test_binary(words[0], words[1], words[2], &is_known);
        if (is_known) {
            test->at += 3;
            return result;
        }
    }
    if (strcmp(words[0], "!") == 0) {
        test->at++;
        return !test_primary(test);
    }
    if (strcmp(words[0], "(") == 0) {
        test->at++;
        result = test_or(test);
        test->at += test->at < test->argc;
        return result;
    }
    if (left >= 2 && words[0][0] == '-' && strlen(words[0]) == 2 && strcmp(words[0], "-a") != 0 &&
        strcmp(words[0], "-o") != 0) {
        test->at += 2;
        return test_unary(test, words[0][1], words[1]);
    }
    test->at++;
    return words[0][0] != '\0';
}

static gboolean
test_and(Test *test)
{
    gboolean result = test_primary(test);

    while (test->at < test->argc &&
           (strcmp(test->argv[test->at], "-a") == 0 || strcmp(test->argv[test->at], "&&") == 0)) {
        test->at++;
        result = test_primary(test) && result;
    }
    return result;
}

static gboolean
test_or(Test *test)
{
    gboolean result = test_and(test);

    while (test->at < test->argc &&
           (strcmp(test->argv[test->at], "-o") == 0 || strcmp(test->argv[test->at], "||") == 0)) {
        test->at++;
        result = test_and(test) || result;
    }
    return result;
}

static gint32
run_test(Shell *shell, Frame *frame, guint argc, char **argv)
{
    Test test = {.shell = shell, .argv = argv + 1, .argc = argc - 1};

    if (argv[0][0] == '[') {
        if (argc < 2 || argv[argc - 1][0] != ']') {
            shell_complain(shell, frame, "sh: missing ]");
            return 2;
        }
        test.argc--;
    }
    return test_or(&test) ? 0 : 1;
}

const ShellTool shell_file_tools[] = {
    {"mkdir", run_mkdir, FALSE}, {"touch", run_touch, FALSE}, {"rm", run_rm, FALSE},
    {"rmdir", run_rm, FALSE},    {"cat", run_cat, FALSE},     {"ls", run_ls, FALSE},
    {"cp", run_cp, FALSE},       {"mv", run_cp, FALSE},       {"chmod", run_chmod, FALSE},
    {"chown", run_chmod, FALSE}, {"cd", run_cd, TRUE},        {"pwd", run_pwd, TRUE},
    {"tee", run_tee, FALSE},     {"dd", run_dd, FALSE},       {"test", run_test, TRUE},
    {"[", run_test, TRUE},       {"[[", run_test, TRUE},      {NULL, NULL, FALSE},
};
