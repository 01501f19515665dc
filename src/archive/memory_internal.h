/*
 * Large arrays that are reached in no order: on huge pages where the system has them, so that the
 * TLB holds them.
 */
#ifndef SEKIMORI_ARCHIVE_MEMORY_INTERNAL_H
#define SEKIMORI_ARCHIVE_MEMORY_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SMALL_PAGE_BYTES 4096u
#define HUGE_PAGE_BYTES  ((size_t)2 << 20)
#define LARGE_BYTES      (2 * HUGE_PAGE_BYTES)

/*
 * N zeros of SIZE, for large_free with the same numbers. Memory that is never touched is never
 * taken from the system, and of what holds little only small pages are: the first huge page's worth
 * is left to them. What is large goes back to the system at once, and does not tear holes into the
 * heap meanwhile. NULL when there is none.
 */
static inline void *large_alloc(size_t n, size_t size)
{
	char *p;

	if (n * size < LARGE_BYTES)
		return calloc(n + 1, size);
	p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	/* Where there are no huge pages, that is fine. */
	(void)madvise(p + HUGE_PAGE_BYTES, n * size - HUGE_PAGE_BYTES, MADV_HUGEPAGE);
	return p;
}

/*
 * The same for what will be looked into all over before it is written to: a page that is read first
 * is the system's page of zeros, and taken away again from all processors when it is written.
 */
static inline void *large_alloc_table(size_t n, size_t size)
{
	volatile char *p = large_alloc(n, size);

	for (size_t at = 0; p && at < n * size; at += SMALL_PAGE_BYTES)
		p[at] = 0;
	return (void *)(uintptr_t)p;
}

static inline void large_free(void *p, size_t n, size_t size)
{
	if (n * size < LARGE_BYTES) {
		free(p);
	} else if (p) {
		(void)munmap(p, n * size);
	}
}

#endif
