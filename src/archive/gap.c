/* Gaps: what they are called; and which of them, and of floods, make sense. */
#include <string.h>

#include "archive/batch.h"
#include "base/i18n.h"

static const char *const names[BATCH_GAP_KINDS] = {
	[BATCH_GAP_LOST] = "lost",     [BATCH_GAP_BUDGET] = "budget",   [BATCH_GAP_DOWN] = "down",
	[BATCH_GAP_SILENT] = "silent", [BATCH_GAP_STOPPED] = "stopped", [BATCH_GAP_DISK] = "disk",
	[BATCH_GAP_CLOCK] = "clock",
};

const char *batch_gap_name(enum batch_gap_kind kind)
{
	return names[kind];
}

const char *batch_gap_meaning(enum batch_gap_kind kind)
{
	static const char *const words[BATCH_GAP_KINDS] = {
		[BATCH_GAP_LOST] = N_("frames lost: no room"),
		[BATCH_GAP_BUDGET] = N_("frames over the budget"),
		[BATCH_GAP_DOWN] = N_("interface down"),
		[BATCH_GAP_SILENT] = N_("not one frame came"),
		[BATCH_GAP_STOPPED] = N_("no sensor ran"),
		[BATCH_GAP_DISK] = N_("not written to disk"),
		[BATCH_GAP_CLOCK] = N_("clock was set"),
	};

	return _(words[kind]);
}

bool batch_gap_parse(const char *name, enum batch_gap_kind *ret_kind)
{
	for (int i = 0; i < BATCH_GAP_KINDS; i++) {
		if (!strcmp(name, names[i])) {
			*ret_kind = (enum batch_gap_kind)i;
			return true;
		}
	}
	return false;
}

bool batch_gap_is_sound(const struct batch_gap *g)
{
	if ((unsigned)g->kind >= BATCH_GAP_KINDS || g->to_ns < g->from_ns ||
	    !memchr(g->interface, '\0', sizeof(g->interface)))
		return false;
	for (const char *c = g->interface; *c; c++) {
		if (*c <= ' ' || *c >= 127)
			return false;
	}
	return true;
}

bool batch_flood_is_sound(const struct batch_flood *f)
{
	return f->packets && f->packets <= INT64_MAX && f->peers <= f->packets &&
	       f->first_ns <= f->last_ns && f->last_ns <= INT64_MAX &&
	       !(f->marks & ~(unsigned)BATCH_FLOOD_MARKS) && (f->protocol || !f->port);
}
