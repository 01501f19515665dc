/* Of the batches that a capture may bring again: which hold all that today's reading would tell? */
#ifndef SEKIMORI_INTAKE_ENOUGH_INTERNAL_H
#define SEKIMORI_INTAKE_ENOUGH_INTERNAL_H

#include "intake/intake.h"

/*
 * A batch of LIST is enough when it was read under all of today's networks and is not damaged, as
 * far as its manifest, its parts' directories and dictionaries, and what counting met tell.
 * ret_enough has room for COUNT of them. When one is not enough, whatever takes its place must know
 * what it knew: ret_networks, an empty set, gets today's networks and then those of all of LIST,
 * for a network may have been forgotten since. The caller finishes it in any case. Returns 0,
 * -ENOMEM or another error that says nothing about the batches.
 */
must_check int enough_judge(const struct intake_request *ask, const struct catalogue_capture *list,
			    size_t count, bool *ret_enough, struct prefix_set *ret_networks);

#endif
