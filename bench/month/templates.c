/*
 * Largest hosts first, so that table 3 can be read off the first column:
 * 59: 1 · 14: 5 · 13: 12 · 12: 1 · 11: 1 · 10: 8 · 9: 2 · 8: 13 · 7: 10 · 6: 4 · 5: 4 · 4: 15 · 3:
 * 32 · 2: 74 · 1: 88. The column sums are the hosts of tables 1 and 2, and 387 services on 191
 * ports that the source does not name: 27 shared by 2 to 18 hosts, 162 of one host each, and the
 * two odd ones of the largest host. month_plan_check counts all of it again.
 *
 * What is free was used so: mail hosts in the large sizes (shared hosting with one control panel:
 * 12 and 5 alike), 13 storage boxes alike, meeting-room systems, printers and cameras that nobody
 * meant to show, and hosts with one odd port each among the 66. The active scan found 162 of them
 * with 147 ports, 89 with port 80, and 57 ports on the largest.
 */
#include "templates.h"

#define MAIL 25, 80, 110, 143, 443

const struct month_template month_templates[] = {
	{ 1,
	  0,
	  1,
	  53,
	  0,
	  0,
	  ROLE_LARGEST,
	  { 22, 80, 443, 8080, MONTH_FIRST_ODD_PORT, MONTH_SECOND_ODD_PORT } },
	{ 5, 0, 3, 0, 0, 0, ROLE_ORDINARY, { MAIL, 465, 587, 993, 995, 21, 53, 106, 8443, 22 } },
	{ 12, 0, 6, 0, 0, 0, ROLE_ORDINARY, { MAIL, 465, 587, 993, 995, 21, 53, 106, 8443 } },
	{ 1, 0, 1, 0, 0, 0, ROLE_ORDINARY, { MAIL, 465, 587, 993, 995, 22, 4190, 10000 } },
	{ 1, 0, 1, 0, 0, 0, ROLE_ORDINARY, { MAIL, 465, 587, 993, 995, 4190, 10000 } },
	{ 8, 0, 4, 0, 0, 0, ROLE_ORDINARY, { MAIL, 587, 22, 81, 4190, 10000 } },
	{ 1, 0, 1, 0, 0, 0, ROLE_ORDINARY, { MAIL, 465, 993, 21, 22 } },
	{ 1, 0, 1, 0, 0, 0, ROLE_ORDINARY, { MAIL, 8080, 81, 21, 22 } },
	{ 13, 0, 8, 0, 0, 0, ROLE_ORDINARY, { 80, 443, 8080, 548, 5000, 5001, 5005, 6690 } },
	{ 6, 0, 4, 0, 0, 0, ROLE_ORDINARY, { 22, 25, 80, 110, 443, 3306, 8009 } },
	{ 4, 0, 3, 0, 0, 0, ROLE_ORDINARY, { 80, 443, 81, 1720, 3230, 5060, 5061 } },
	{ 2, 0, 2, 0, 0, 0, ROLE_ORDINARY, { MAIL, 22 } },
	{ 2, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 80, 443, 3389, 8080, 5900, 5901 } },
	{ 2, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 22, 80, 443, 8081, 9090 } },
	{ 2, 0, 1, 0, 0, 0, ROLE_ORDINARY, { 25, 53, 80, 81, 443 } },
	{ 5, 0, 3, 0, 0, 0, ROLE_ORDINARY, { 25, 53, 80, 443 } },
	{ 4, 0, 3, 0, 22, 1, ROLE_ORDINARY, { 80, 81, 443, 22 } },
	{ 6, 0, 4, 0, 80, 3, ROLE_ORDINARY, { 443, 80, 8000, 8888 } },
	{ 7, 0, 4, 0, 0, 0, ROLE_ORDINARY, { 25, 80, 443 } },
	{ 6, 0, 4, 0, 443, 3, ROLE_ORDINARY, { 80, 443, 8888 } },
	{ 3, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 22, 80, 443 } },
	{ 2, 0, 2, 1, 0, 0, ROLE_ORDINARY, { 80, 81 } },
	{ 4, 0, 4, 2, 0, 0, ROLE_ORDINARY, { 80 } },
	{ 6, 2, 6, 0, 0, 0, ROLE_ORDINARY, { 9100, 515, 631 } },
	{ 4, 2, 0, 3, 0, 0, ROLE_ORDINARY, { 0 } },
	{ 1, 1, 0, 0, 0, 0, ROLE_EXAM, { 80, 443 } },
	{ 13, 2, 5, 0, 0, 0, ROLE_ORDINARY, { 80, 443 } },
	{ 2, 2, 2, 0, 0, 0, ROLE_NAME_SERVER, { 53, 22 } },
	{ 1, 1, 1, 0, 0, 0, ROLE_NAME_SERVER, { 53, 10000 } },
	{ 1, 1, 1, 0, 0, 0, ROLE_NAME_SERVER, { 53, 3389 } },
	{ 1, 1, 1, 0, 0, 0, ROLE_NAME_SERVER, { 53, 8443 } },
	{ 3, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 53, 80 } },
	{ 2, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 53, 10000 } },
	{ 4, 0, 2, 0, 0, 0, ROLE_ORDINARY, { 80, 81 } },
	{ 2, 0, 1, 0, 0, 0, ROLE_ORDINARY, { 80, 8080 } },
	{ 2, 0, 1, 0, 0, 0, ROLE_ORDINARY, { 80, 22 } },
	{ 10, 2, 6, 1, 0, 0, ROLE_ORDINARY, { 80 } },
	{ 1, 1, 0, 2, 0, 0, ROLE_PARTNER, { 0 } },
	{ 6, 2, 6, 0, 0, 0, ROLE_ORDINARY, { 9100, 515 } },
	{ 4, 2, 4, 0, 0, 0, ROLE_ORDINARY, { 554, 8554 } },
	{ 21, 10, 4, 2, 0, 0, ROLE_ORDINARY, { 0 } },
	{ 36, 10, 6, 0, 0, 0, ROLE_ORDINARY, { 80 } },
	{ 1, 1, 1, 0, 0, 0, ROLE_ORDINARY, { 22 } },
	{ 4, 1, 4, 0, 0, 0, ROLE_ORDINARY, { 53 } },
	{ 1, 1, 1, 0, 0, 0, ROLE_ORDINARY, { 81 } },
	{ 2, 1, 2, 0, 0, 0, ROLE_ORDINARY, { 3389 } },
	{ 1, 0, 1, 0, 0, 0, ROLE_ORDINARY, { 8081 } },
	{ 3, 3, 0, 1, 0, 0, ROLE_PARTNER, { 0 } },
	{ 3, 1, 3, 0, 0, 0, ROLE_ORDINARY, { 9100 } },
	{ 4, 2, 4, 0, 0, 0, ROLE_ORDINARY, { 23 } },
	{ 3, 1, 3, 0, 0, 0, ROLE_ORDINARY, { 1723 } },
	{ 30, 16, 27, 1, 0, 0, ROLE_ORDINARY, { 0 } },
};

const uint32_t month_n_templates = ARRAY_LENGTH(month_templates);
