/* pages.c - see pages.h */

#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

/* The smallest there is: where pages are larger, the kernel refuses, and they come one by one as ever. */
#define PAGE_BYTES 4096

void
pages_fetch(gpointer memory, gsize size)
{
#if defined(MADV_POPULATE_WRITE) && !defined(__SANITIZE_ADDRESS__)
    uintptr_t start = ((uintptr_t)memory + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    uintptr_t end = ((uintptr_t)memory + size) / PAGE_BYTES * PAGE_BYTES;

    /* A kernel that knows it not (before Linux 5.14) says so, and nothing is lost. */
    if (start < end)
        (void)madvise((gpointer)start, end - start, MADV_POPULATE_WRITE);
#else
    (void)memory;
    (void)size;
#endif
}

void
pages_join(gpointer memory, gsize size)
{
#if defined(MADV_HUGEPAGE) && !defined(__SANITIZE_ADDRESS__)
    (void)madvise(memory, size, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)size;
#endif
}
