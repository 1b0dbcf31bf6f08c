/* fs.c - see fs.h */

#include "world/fs.h"

#include "base/intern.h"

struct FsTree {
    GHashTable *nodes; /* path (interned, "/" is the top) -> FsNode* (owned) */
};

static void
node_free(gpointer pointer)
{
    FsNode *node = pointer;

    if (node->text != NULL)
        g_string_free(node->text, TRUE);
    g_free(node);
}

FsTree *
fs_tree_new(void)
{
    FsTree *tree = g_new0(FsTree, 1);

    tree->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_free);
    fs_tree_add_dir(tree, "/");
    return tree;
}

void
fs_tree_free(gpointer pointer)
{
    FsTree *tree = pointer;

    if (tree == NULL)
        return;
    g_hash_table_destroy(tree->nodes);
    g_free(tree);
}

const FsNode *
fs_tree_get(const FsTree *tree, const char *path)
{
    return g_hash_table_lookup(tree->nodes, str_intern(path));
}

static FsNode *
tree_put(FsTree *tree, const char *path, gboolean is_dir)
{
    FsNode *node = g_new0(FsNode, 1);

    node->is_dir = is_dir;
    if (!is_dir)
        node->text = g_string_new(NULL);
    g_hash_table_replace(tree->nodes, (gpointer)str_intern(path), node);
    return node;
}

/* "/a/b" -> "/a", "/a" -> "/" (owned) */
static char *
parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path)
        return g_strdup("/");
    return g_strndup(path, (gsize)(slash - path));
}

void
fs_tree_add_dir(FsTree *tree, const char *path)
{
    for (const char *at = path; at != NULL; at = strchr(at + 1, '/')) {
        g_autofree char *part = at == path ? g_strdup("/") : g_strndup(path, (gsize)(at - path));

        if (fs_tree_get(tree, part) == NULL)
            tree_put(tree, part, TRUE);
    }
    if (fs_tree_get(tree, path) == NULL)
        tree_put(tree, path, TRUE);
}

void
fs_tree_write(FsTree *tree, const char *path, const char *text)
{
    g_autofree char *parent = parent_of(path);

    fs_tree_add_dir(tree, parent);
    g_string_assign(tree_put(tree, path, FALSE)->text, text);
}

static int
compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Paths of everything below @path, sorted. */
static GPtrArray *
tree_below(const FsTree *tree, const char *path)
{
    GPtrArray *found = g_ptr_array_new();
    gsize length = strcmp(path, "/") == 0 ? 0 : strlen(path);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, tree->nodes);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *name = key;

        if (strncmp(name, path, length) == 0 && name[length] == '/' && name[length + 1] != '\0')
            g_ptr_array_add(found, key);
    }
    g_ptr_array_sort(found, compare_text);
    return found;
}

void
fs_tree_remove(FsTree *tree, const char *path)
{
    g_autoptr(GPtrArray) below = tree_below(tree, path);

    for (guint i = 0; i < below->len; i++)
        g_hash_table_remove(tree->nodes, g_ptr_array_index(below, i));
    if (strcmp(path, "/") != 0)
        g_hash_table_remove(tree->nodes, str_intern(path));
}

char *
fs_join(const char *cwd, const char *path)
{
    g_autofree char *whole = path[0] == '/' ? g_strdup(path) : g_strconcat(cwd, "/", path, NULL);
    g_auto(GStrv) parts = g_strsplit(whole, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    GString *result = g_string_new(NULL);

    for (guint i = 0; parts[i] != NULL; i++) {
        if (parts[i][0] == '\0' || strcmp(parts[i], ".") == 0)
            continue;
        if (strcmp(parts[i], "..") != 0)
            g_ptr_array_add(kept, parts[i]);
        else if (kept->len > 0)
            g_ptr_array_set_size(kept, (int)kept->len - 1);
    }
    for (guint i = 0; i < kept->len; i++)
        g_string_append(g_string_append_c(result, '/'), g_ptr_array_index(kept, i));
    if (result->len == 0)
        g_string_append_c(result, '/');
    return g_string_free(result, FALSE);
}

/* Which tree holds @path, and under which name there. */
typedef struct {
    FsTree *tree;
    const Mount *mount; /* NULL: the root */
    const char *path;   /* (interned) */
} Place;

static gboolean
is_below(const char *path, const char *top)
{
    gsize length = strlen(top);

    if (strcmp(top, "/") == 0)
        return TRUE;
    return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static Place
resolve(FsView *view, const char *path)
{
    Place place = {.path = str_intern(path)};
    gsize best = 0;

    for (guint i = 0; i < view->n_mounts; i++) {
        const Mount *mount = &view->mounts[i];
        gsize length = strlen(mount->path);
        const char *rest;

        if (!is_below(path, mount->path) || length < best)
            continue;
        best = length;
        rest = strcmp(mount->path, "/") == 0 ? path : path + length;
        place.tree = mount->tree;
        place.mount = mount;
        place.path = str_internf("%s%s", mount->prefix, rest);
        if (place.path[0] == '\0')
            place.path = str_intern("/");
    }
    if (place.mount == NULL) {
        if (view->root == NULL)
            view->root = view->make_root(view->self);
        place.tree = view->root;
    }
    return place;
}

const FsNode *
fs_get(FsView *view, const char *path)
{
    Place place = resolve(view, path);

    return fs_tree_get(place.tree, place.path);
}

static const char *
check_parent(FsView *view, const char *path)
{
    g_autofree char *parent = parent_of(path);
    const FsNode *node = fs_get(view, parent);

    if (node == NULL)
        return "No such file or directory";
    return node->is_dir ? NULL : "Not a directory";
}

static gint64
node_bytes(const FsNode *node)
{
    return (gint64)node->text->len + node->more_bytes;
}

static void
note_change(FsView *view, const Place *place, gint64 bytes)
{
    gboolean is_tmpfs = place->mount != NULL && place->mount->is_tmpfs;

    if (is_tmpfs && view->tmpfs_changed != NULL && bytes != 0)
        view->tmpfs_changed(view->self, bytes);
    if (!is_tmpfs && view->disk_grew != NULL && bytes > 0)
        view->disk_grew(view->self, bytes);
}

const char *
fs_write(FsView *view,
         const char *path,
         const char *text,
         gsize length,
         gboolean append,
         gint64 now_ns)
{
    Place place = resolve(view, path);
    FsNode *node = g_hash_table_lookup(place.tree->nodes, place.path);
    gint64 before;

    if (strcmp(path, "/dev/null") == 0 || strcmp(path, "/dev/stdout") == 0 ||
        strcmp(path, "/dev/stderr") == 0)
        return NULL;
    if (node != NULL && node->is_dir)
        return "Is a directory";
    if (node == NULL) {
        const char *problem = check_parent(view, path);

        if (problem != NULL)
            return problem;
    }
    if (place.mount != NULL && place.mount->read_only)
        return "Read-only file system";
    if (node == NULL)
        node = tree_put(place.tree, place.path, FALSE);
    before = node_bytes(node);
    if (!append) {
        g_string_truncate(node->text, 0);
        node->more_bytes = 0;
    }
    g_string_append_len(node->text, text, (gssize)length);
    node->modified_ns = now_ns;
    note_change(view, &place, node_bytes(node) - before);
    return NULL;
}

void
fs_grow(FsView *view, const char *path, gint64 bytes)
{
    Place place = resolve(view, path);
    FsNode *node = g_hash_table_lookup(place.tree->nodes, place.path);

    if (node == NULL || node->is_dir)
        return;
    node->more_bytes += bytes;
    note_change(view, &place, bytes);
}

const char *
fs_touch(FsView *view, const char *path, gint64 now_ns)
{
    Place place = resolve(view, path);
    FsNode *node = g_hash_table_lookup(place.tree->nodes, place.path);

    if (node == NULL)
        return fs_write(view, path, "", 0, TRUE, now_ns);
    if (place.mount != NULL && place.mount->read_only)
        return "Read-only file system";
    node->modified_ns = now_ns;
    return NULL;
}

const char *
fs_mkdir(FsView *view, const char *path, gboolean parents)
{
    Place place = resolve(view, path);
    const FsNode *node = fs_tree_get(place.tree, place.path);
    const char *problem;

    if (node != NULL)
        return parents && node->is_dir ? NULL : "File exists";
    problem = check_parent(view, path);
    if (problem != NULL && parents && str_is(problem, "No such file or directory")) {
        g_autofree char *parent = parent_of(path);

        problem = fs_mkdir(view, parent, TRUE);
    }
    if (problem != NULL)
        return problem;
    if (place.mount != NULL && place.mount->read_only)
        return "Read-only file system";
    tree_put(place.tree, place.path, TRUE);
    return NULL;
}

static gint64
tree_bytes(const FsTree *tree, const char *path)
{
    g_autoptr(GPtrArray) below = tree_below(tree, path);
    const FsNode *node = fs_tree_get(tree, path);
    gint64 bytes = node != NULL && !node->is_dir ? node_bytes(node) : 0;

    for (guint i = 0; i < below->len; i++) {
        node = fs_tree_get(tree, g_ptr_array_index(below, i));
        if (!node->is_dir)
            bytes += node_bytes(node);
    }
    return bytes;
}

gint64
fs_tree_bytes(const FsTree *tree)
{
    return tree_bytes(tree, "/");
}

const char *
fs_remove(FsView *view, const char *path, gboolean recursive)
{
    Place place = resolve(view, path);
    const FsNode *node = fs_tree_get(place.tree, place.path);
    gint64 bytes;

    if (node == NULL)
        return "No such file or directory";
    if (node->is_dir && !recursive)
        return "Is a directory";
    if (place.mount != NULL && place.mount->read_only)
        return "Read-only file system";
    if (place.mount != NULL && strcmp(place.mount->path, path) == 0)
        return "Device or resource busy";
    bytes = tree_bytes(place.tree, place.path);
    fs_tree_remove(place.tree, place.path);
    note_change(view, &place, -bytes);
    return NULL;
}

/* The first part of @name behind @top, if it lies directly in it. */
static const char *
child_name(const char *name, const char *top)
{
    gsize length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    const char *rest;

    if (strncmp(name, top, length) != 0 || name[length] != '/' || name[length + 1] == '\0')
        return NULL;
    rest = name + length + 1;
    return strchr(rest, '/') == NULL ? str_intern(rest) : NULL;
}

GPtrArray *
fs_list(FsView *view, const char *path)
{
    Place place = resolve(view, path);
    const FsNode *node = fs_tree_get(place.tree, place.path);
    GPtrArray *names;
    GHashTableIter iter;
    gpointer key;

    if (node == NULL || !node->is_dir)
        return NULL;
    names = g_ptr_array_new();
    g_hash_table_iter_init(&iter, place.tree->nodes);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *name = child_name(key, place.path);

        if (name != NULL)
            g_ptr_array_add(names, (gpointer)name);
    }
    for (guint i = 0; i < view->n_mounts; i++) {
        const char *name = child_name(view->mounts[i].path, path);

        if (name != NULL && !g_ptr_array_find(names, name, NULL))
            g_ptr_array_add(names, (gpointer)name);
    }
    g_ptr_array_sort(names, compare_text);
    return names;
}
