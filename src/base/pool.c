/* pool.c - see pool.h */

#include "base/pool.h"

#include "base/fetch.h"
#include "base/pages.h"

#include <string.h>

#define STEP_BYTES  16
#define N_SIZES     (POOL_BYTES_MAX / STEP_BYTES + 1)
#define BLOCK_FIRST ((gsize)16 << 10)
#define BLOCK_MAX   ((gsize)64 << 10)

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_MALLOC 1
#else
#define POOL_IS_MALLOC 0
#endif

typedef struct Piece Piece;
struct Piece {
    Piece *second_next; /* the one that lies two below this */
};

/*
 * A piece that lies at the head of its list may have been away from the processor for long. So it is fetched when it
 * becomes the second, and to take the first nobody reads a line that is not at hand: whoever takes one only fills it.
 */
typedef struct {
    Piece *first, *second;
} FreeList;

/* Like the table of strings: of the process, and nothing that comes out depends on it. */
static struct {
    FreeList free[N_SIZES];
    char *block;
    gsize left, next_bytes;
} pool;

static gpointer
cut(gsize bytes)
{
    gpointer piece;

    if (pool.left < bytes) {
        /* What is left of the old block is lost: less than one piece. */
        pool.next_bytes = CLAMP(pool.next_bytes * 2, BLOCK_FIRST, BLOCK_MAX);
        pool.left = pool.next_bytes;
        pool.block = g_aligned_alloc(1, pool.left, STEP_BYTES);
        if (pool.left == BLOCK_MAX)
            pages_fetch(pool.block, BLOCK_MAX);
    }
    piece = pool.block;
    pool.block += bytes;
    pool.left -= bytes;
    return piece;
}

gpointer
pool_alloc(gsize size)
{
    gsize index = (size + STEP_BYTES - 1) / STEP_BYTES;
    FreeList *list;
    Piece *piece;

    if (POOL_IS_MALLOC || index >= N_SIZES)
        return g_malloc(size);
    list = &pool.free[index];
    piece = list->first;
    if (G_UNLIKELY(piece == NULL))
        return cut(index * STEP_BYTES);
    list->first = list->second;
    list->second = piece->second_next;
    fetch(list->second);
    return piece;
}

gpointer
pool_alloc0(gsize size)
{
    return memset(pool_alloc(size), 0, size);
}

void
pool_free(gsize size, gpointer memory)
{
    gsize index = (size + STEP_BYTES - 1) / STEP_BYTES;
    FreeList *list;
    Piece *piece = memory;

    if (POOL_IS_MALLOC || index >= N_SIZES) {
        g_free(memory);
        return;
    }
    if (piece == NULL)
        return;
    list = &pool.free[index];
    piece->second_next = list->second;
    list->second = list->first;
    list->first = piece;
}
