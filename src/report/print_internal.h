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

/* The tables of the csv form: how many, the file's name of each, and what is in it. */
size_t report_csv_count(void);
const char *report_csv_name(size_t table);
void report_csv_print(const struct report *r, size_t table, bool for_excel, FILE *out);

/* Sunday, or a day that the configuration names a holiday. */
bool report_is_rest_day(const struct report *r, uint32_t day);

#endif
