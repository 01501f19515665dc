/* The bundled page's two ends. web/embed.mjs writes page.c; a build without a page has neither. */
#ifndef SEKIMORI_WEB_PAGE_INTERNAL_H
#define SEKIMORI_WEB_PAGE_INTERNAL_H

extern const char web_page_head[];
extern const char web_page_tail[];

#endif
