#ifndef SEKIMORI_BASE_CONFIG_INTERNAL_H
#define SEKIMORI_BASE_CONFIG_INTERNAL_H

#include "base/config.h"

/* Adds or completes what is said of one host; empty texts say nothing. Returns 0 or -ENOMEM. */
must_check int config_add_host(struct config *c, struct net_addr addr, const char *name,
			       const char *owner, const char *department);
void config_sort_hosts(struct config *c);

/* What the ini file says in [holidays]: one day and its name. Returns 0, ERR_USAGE or -ENOMEM. */
must_check int config_add_holiday(struct config *c, const char *date, const char *name,
				  struct diagnosis *d);
void config_sort_holidays(struct config *c);

#define CONFIG_CSV_FIELDS_MAX 64

/*
 * Splits one line (RFC 4180, without line breaks inside quotes) in place. Returns the number of
 * fields, or ERR_USAGE for a quote that is not closed or too many fields.
 */
must_check int config_csv_split(char *line, char *ret_fields[CONFIG_CSV_FIELDS_MAX],
				struct diagnosis *d);

/* One line of [sensor]. Returns 0, ERR_USAGE or -ENOMEM. */
must_check int config_take_sensor(struct config_sensor *s, const char *name, const char *value,
				  struct diagnosis *d);

#endif
