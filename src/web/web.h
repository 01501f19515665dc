/*
 * The page of the html report, as bundled from web/ when this was built.
 * In: nothing. Out: the text before and after the report's JSON.
 */
#ifndef SEKIMORI_WEB_WEB_H
#define SEKIMORI_WEB_WEB_H

/*
 * The html before the JSON, NUL-terminated UTF-8; of static storage.
 * The JSON that follows is UTF-8, and has each '<' written as \u003c, so that no text in it can end
 * the element it lies in. NULL when this build holds no page (it was made without Node.js).
 */
const char *web_report_head(void);

/* The html after the JSON; as above. */
const char *web_report_tail(void);

#endif
