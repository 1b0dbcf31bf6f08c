/*
 * pool.h - memory for small things that come and go by the million
 *
 * Messages, requests, objects' parts: allocated and freed in every event, a few
 * sizes, one thread. Each size has a list of free pieces, taken and given back
 * at its head; pieces are cut from blocks that stay until the process ends.
 * Whoever frees must say the size again. Pieces are aligned to 16 bytes.
 *
 * In a build with AddressSanitizer, and for sizes above POOL_BYTES_MAX, this is
 * malloc, so that misuse is found where it always is.
 */
#pragma once

#include "base/cold.h"

#define POOL_BYTES_MAX 512

gpointer pool_alloc(gsize size);
/* pool_alloc0: filled with zeros. */
gpointer pool_alloc0(gsize size);
/* pool_free: NULL is fine. */
void pool_free(gsize size, gpointer memory);

#define POOL_NEW(Type)          ((Type *)pool_alloc(sizeof(Type)))
#define POOL_NEW0(Type)         ((Type *)pool_alloc0(sizeof(Type)))
#define POOL_FREE(Type, memory) pool_free(sizeof(Type), (memory))
