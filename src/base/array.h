/* Arrays that grow by one element at a time. */
#ifndef SEKIMORI_BASE_ARRAY_H
#define SEKIMORI_BASE_ARRAY_H

#include <stddef.h>

#include "base/macros.h"

/*
 * Room for one more element of SIZE bytes behind the COUNT that are there. Returns the array, which
 * may have moved, with *room grown; or NULL when out of memory, ARRAY being as before.
 */
must_check void *array_make_room(void *array, size_t count, size_t *room, size_t size);

#endif
