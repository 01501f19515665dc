#include "report/report.h"

#include "web/web.h"

bool report_has_html(void)
{
	return web_report_head() != NULL;
}

int report_print_html(const struct report *r, FILE *out)
{
	int error;

	if (!report_has_html())
		return ERR_UNSUPPORTED;
	fputs(web_report_head(), out);
	error = report_print_json(r, true, out);
	fputs(web_report_tail(), out);
	return error;
}
