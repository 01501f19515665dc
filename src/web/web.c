#include "web/web.h"

#include <stddef.h>

#include "web/page_internal.h"

const char *web_report_head(void)
{
#if HAVE_WEB
	return web_page_head;
#else
	return NULL;
#endif
}

const char *web_report_tail(void)
{
#if HAVE_WEB
	return web_page_tail;
#else
	return NULL;
#endif
}
