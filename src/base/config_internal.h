#ifndef SEKIMORI_BASE_CONFIG_INTERNAL_H
#define SEKIMORI_BASE_CONFIG_INTERNAL_H

#include "base/config.h"

/* Adds or completes what is said of one host; empty texts say nothing. Returns 0 or -ENOMEM. */
must_check int config_add_host(struct config *c, struct net_addr addr, const char *name,
			       const char *owner, const char *department);
void config_sort_hosts(struct config *c);

#endif
