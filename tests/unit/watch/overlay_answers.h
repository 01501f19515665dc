/* What a store with journals answers, as one text, also to another process. */
#ifndef SEKIMORI_TESTS_OVERLAY_ANSWERS_H
#define SEKIMORI_TESTS_OVERLAY_ANSWERS_H

#include "../catalogue/store_fixture.h"

/* All answers: totals, lists, records, periods, gaps, SQL; and nothing is damaged. The caller
 * frees. */
char *overlay_answers(struct store *s);

/* A journal that begins AFTER_S seconds after the store's start. */
struct journal_writer *overlay_create(struct store *s, uint64_t after_s);

/* Another process on the same store; store_close ends it. */
void overlay_open_other(const struct store *s, struct store *ret_other, enum archive_mode mode,
			int flags);

/* overlay_answers of one. The caller frees. */
char *overlay_asked(const struct store *s, enum archive_mode mode, int flags);

#endif
