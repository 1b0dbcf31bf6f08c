/*
 * fs.h - files inside containers
 *
 * A tree holds directories and files by absolute path. A container sees one
 * tree as its root and others mounted over it; volumes and the machine's disk
 * are trees that several containers share. No owners, modes or links.
 */
#pragma once

#include <glib.h>

typedef struct FsTree FsTree;

typedef struct {
    gboolean is_dir;
    GString *text; /* (owned) of a file */
    gint64 more_bytes; /* that a large file has beyond its text: they count, but nobody reads them */
    gint64 modified_ns;
} FsNode;

FsTree *fs_tree_new(void);
void fs_tree_free(gpointer tree);
/* fs_tree_add_dir: with its parents. */
void fs_tree_add_dir(FsTree *tree, const char *path);
/* fs_tree_write: creates parents too. For whoever prepares a tree. */
void fs_tree_write(FsTree *tree, const char *path, const char *text);
const FsNode *fs_tree_get(const FsTree *tree, const char *path);
void fs_tree_remove(FsTree *tree, const char *path);
/* fs_tree_bytes: all of its files together. */
gint64 fs_tree_bytes(const FsTree *tree);

typedef struct {
    const char *path;   /* in the container, no final slash (interned) */
    FsTree *tree;       /* (borrowed) */
    const char *prefix; /* path inside the tree: "" or "/sub" (interned) */
    gboolean read_only;
    gboolean is_tmpfs;
} Mount;

/* What a container sees. */
typedef struct {
    FsTree *root; /* NULL: made when somebody looks */
    FsTree *(*make_root)(gpointer self);
    const Mount *mounts;
    guint n_mounts;
    void (*tmpfs_changed)(gpointer self, gint64 bytes); /* may be NULL */
    void (*disk_grew)(gpointer self, gint64 bytes);     /* the same of files that are not in memory */
    gpointer self;
} FsView;

/* fs_join: absolute path of @path seen from @cwd, without "." and "..". (owned) */
char *fs_join(const char *cwd, const char *path);

const FsNode *fs_get(FsView *view, const char *path);

/* These return NULL, or the kernel's word for what is wrong ("No such file or directory"). Paths are absolute. */
const char *fs_write(FsView *view,
                     const char *path,
                     const char *text,
                     gsize length,
                     gboolean append,
                     gint64 now_ns);
/* fs_grow: @bytes more in a file that is there. */
void fs_grow(FsView *view, const char *path, gint64 bytes);
const char *fs_touch(FsView *view, const char *path, gint64 now_ns);
const char *fs_mkdir(FsView *view, const char *path, gboolean parents);
const char *fs_remove(FsView *view, const char *path, gboolean recursive);
/* fs_list: names directly in the directory, sorted, mount points included. (owned) of interned strings, NULL if no directory. */
GPtrArray *fs_list(FsView *view, const char *path);
