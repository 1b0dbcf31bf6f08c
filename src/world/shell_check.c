/* shell_check.c - see shell.h: which commands there are, and what of a script is not understood */

#include "world/shell_internal.h"

static const ShellTool *const tool_tables[] = {shell_core_tools, shell_file_tools, shell_text_tools,
                                               shell_net_tools, shell_program_tools,
                                               shell_filter_tools, shell_process_tools};

const ShellTool *
shell_find_tool(const char *word)
{
    const char *slash = strrchr(word, '/');
    const char *name = word;

    /* /bin/sleep, /usr/bin/env, ... but not ./sleep or /app/sleep */
    if (slash != NULL && (g_str_has_prefix(word, "/bin/") || g_str_has_prefix(word, "/usr/") ||
                          g_str_has_prefix(word, "/sbin/")))
        name = slash + 1;
    for (guint i = 0; i < G_N_ELEMENTS(tool_tables); i++) {
        for (const ShellTool *tool = tool_tables[i]; tool->name != NULL; tool++) {
            if (strcmp(tool->name, name) == 0)
                return tool;
        }
    }
    return NULL;
}

gboolean
shell_knows(const char *word)
{
    return shell_find_tool(word) != NULL;
}

static void
collect_functions(const ShNode *node, GHashTable *functions)
{
    if (node == NULL)
        return;
    if (node->type == SH_FUNCTION)
        g_hash_table_add(functions, (gpointer)node->name);
    for (guint i = 0; i < node->nodes->len; i++)
        collect_functions(g_ptr_array_index(node->nodes, i), functions);
}

static const char *unknown_in_word(const ShWord *word, GHashTable *functions);

/* The first command that does not exist, NULL if all do. The parser limits the depth. */
static const char *
unknown_in_node(const ShNode *node, GHashTable *functions)
{
    const char *unknown = NULL;

    if (node == NULL)
        return NULL;
    if (node->type == SH_SIMPLE && node->words->len > 0) {
        const char *word = sh_word_literal(g_ptr_array_index(node->words, 0));

        /* A path may be a file that the script writes or mounts. */
        if (word != NULL && strchr(word, '/') == NULL && !shell_knows(word) &&
            !app_is_server_word(word) && !g_hash_table_contains(functions, word))
            return word;
    }
    for (guint i = 0; i < node->words->len && unknown == NULL; i++)
        unknown = unknown_in_word(g_ptr_array_index(node->words, i), functions);
    for (guint i = 0; i < node->assigns->len && unknown == NULL; i++)
        unknown = unknown_in_word(g_array_index(node->assigns, ShAssign, i).value, functions);
    for (guint i = 0; i < node->nodes->len && unknown == NULL; i++)
        unknown = unknown_in_node(g_ptr_array_index(node->nodes, i), functions);
    return unknown;
}

static const char *
unknown_in_word(const ShWord *word, GHashTable *functions)
{
    const char *unknown = NULL;

    for (guint i = 0; i < word->parts->len && unknown == NULL; i++)
        unknown = unknown_in_node(g_array_index(word->parts, ShPart, i).command, functions);
    return unknown;
}

const char *
shell_lacks(RtContainer *container, const char *word)
{
    const FsNode *node;
    g_autofree char *path = NULL;

    if (shell_knows(word))
        return NULL;
    if (strchr(word, '/') == NULL)
        return str_internf("exec: \"%s\": executable file not found in $PATH", word);
    path = fs_join("/", word);
    node = fs_get(&container->files, path);
    if (node != NULL && !node->is_dir)
        return NULL;
    return str_internf("exec: \"%s\": stat %s: no such file or directory", word, word);
}

char *
shell_check(const char *const *argv)
{
    guint rest;
    const char *text = shell_script_of(argv, &rest);
    char *error = NULL;
    ShScript *script;
    g_autoptr(GHashTable) functions = g_hash_table_new(NULL, NULL);
    const char *unknown;

    if (text == NULL) {
        if (shell_knows(argv[0]))
            return NULL;
        return g_strdup_printf("'%s' is not a command that desk8s can play", argv[0]);
    }
    script = sh_parse(text, &error);
    if (script == NULL)
        return error;
    collect_functions(script->root, functions);
    unknown = unknown_in_node(script->root, functions);
    if (unknown != NULL)
        error = g_strdup_printf("'%s' is not a command that desk8s can play", unknown);
    sh_script_unref(script);
    return error;
}
