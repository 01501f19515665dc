#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "observe/foreign_internal.h"

#define V4_BITS 24
#define V6_BITS 48

int foreign_init(struct foreign *f)
{
	f->used = 0;
	f->slots = calloc(FOREIGN_SLOTS, sizeof(*f->slots));
	return f->slots ? 0 : -ENOMEM;
}

void foreign_finish(struct foreign *f)
{
	free(f->slots);
	memset(f, 0, sizeof(*f));
}

void foreign_count(struct foreign *f, struct net_addr src)
{
	struct net_prefix p = prefix_of(src, addr_is_v4(src) ? V4_BITS : V6_BITS);
	size_t at = hash_mix(p.addr.hi ^ hash_mix(p.addr.lo)) % FOREIGN_SLOTS;

	while (f->slots[at].packets && !addr_equal(f->slots[at].prefix.addr, p.addr))
		at = (at + 1) % FOREIGN_SLOTS;
	if (!f->slots[at].packets) {
		if (f->used == FOREIGN_SLOTS / 2)
			return;
		f->used++;
		f->slots[at].prefix = p;
	}
	f->slots[at].packets++;
}

static int busiest_first(const struct observer_foreign *a, const struct observer_foreign *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	return addr_compare(a->prefix.addr, b->prefix.addr);
}

int foreign_top(const struct foreign *f, struct observer_foreign *ret_list, int capacity)
{
	int n = 0;

	for (size_t i = 0; i < FOREIGN_SLOTS; i++) {
		struct observer_foreign slot = f->slots[i];
		int at = n;

		if (!slot.packets)
			continue;
		while (at > 0 && busiest_first(&slot, &ret_list[at - 1]) < 0)
			at--;
		if (at == capacity)
			continue;
		if (n < capacity)
			n++;
		memmove(ret_list + at + 1, ret_list + at, (size_t)(n - 1 - at) * sizeof(*ret_list));
		ret_list[at] = slot;
	}
	return n;
}
