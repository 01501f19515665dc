/*
 * Large arrays that are reached in no order: on huge pages where the system has them, so that the
 * TLB holds them.
 */
#ifndef SEKIMORI_ARCHIVE_MEMORY_INTERNAL_H
#define SEKIMORI_ARCHIVE_MEMORY_INTERNAL_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/*
 * For free(). Memory that is never touched is never taken from the system. NULL when there is
 * none.
 */
static inline void *large_alloc(size_t n, size_t size)
{
	size_t bytes = n * size;
	void *p;

	if (bytes < 2 * HUGE_PAGE_BYTES)
		return malloc(bytes + 1);
	bytes = (bytes + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
	p = aligned_alloc(HUGE_PAGE_BYTES, bytes);
	if (p)
		(void)madvise(p, bytes, MADV_HUGEPAGE); /* where there are none, that is fine */
	return p;
}

#endif
