/* What the printed forms of a report share. */
#ifndef SEKIMORI_REPORT_PRINT_INTERNAL_H
#define SEKIMORI_REPORT_PRINT_INTERNAL_H

#include "report/report_internal.h"

#define REPORT_SUNDAY 7

/* "2019-01-24" of any day. Returns ret_text. */
const char *report_day_text(int32_t day, char ret_text[REPORT_DATE_MAX]);

/* The host's services, most packets first; free with the other. NULL when out of memory. */
size_t *report_services_by_packets(const struct report *r, const struct report_host *h);
void report_order_free(size_t *order);

/* Sunday, or a day that the configuration names a holiday. */
bool report_is_rest_day(const struct report *r, uint32_t day);

#endif
