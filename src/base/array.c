#include "base/array.h"

#include <stdlib.h>

#define ROOM_MIN 64

void *array_make_room(void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : ROOM_MIN;
	void *grown;

	if (count < *room)
		return array;
	grown = realloc(array, more * size);
	if (grown)
		*room = more;
	return grown;
}
