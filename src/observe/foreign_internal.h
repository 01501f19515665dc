/* Counts SYN+ACKs from outside the site's networks by /24 and /48, to ask "forgot your IPv6
 * prefix?". */
#ifndef SEKIMORI_OBSERVE_FOREIGN_INTERNAL_H
#define SEKIMORI_OBSERVE_FOREIGN_INTERNAL_H

#include "observe/observer.h"

#define FOREIGN_SLOTS 4096 /* half of them are filled at most: first come, first counted */

struct foreign {
	struct observer_foreign *slots;
	size_t used;
};

must_check int foreign_init(struct foreign *f);
void foreign_finish(struct foreign *f);
void foreign_count(struct foreign *f, struct net_addr src);
int foreign_top(const struct foreign *f, struct observer_foreign *ret_list, int capacity);

#endif
