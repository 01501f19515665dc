/* Reasons, for programs and for people. */
#include "base/i18n.h"

#include "compare/compare_internal.h"

static const struct {
	const char *name, *words;
} whys[COMPARE_WHYS] = {
	[COMPARE_BOTH] = { "both", N_("found and seen") },
	[COMPARE_HOST_NOT_SCANNED] = { "host-not-scanned", N_("no scan tells of this host") },
	[COMPARE_PORT_NOT_SCANNED] = { "port-not-scanned", N_("the scan did not ask this port") },
	[COMPARE_GONE_BEFORE] = { "gone-before", N_("last seen before the scan") },
	[COMPARE_OPENED_AFTER] = { "opened-after", N_("first seen after the scan") },
	[COMPARE_HOST_DOWN] = { "host-down", N_("the scan took the host for down") },
	[COMPARE_SCAN_FILTERED] = { "scan-filtered", N_("the scan got no answer: filtered") },
	[COMPARE_SCAN_CLOSED] = { "scan-closed", N_("the scan was told: closed") },
	[COMPARE_SELDOM] = { "seldom", N_("it answered a few times only") },
	[COMPARE_SCAN_MISSED] = { "scan-missed", N_("the scan did not find it") },
	[COMPARE_NOT_OURS] = { "not-ours", N_("in none of the site's networks") },
	[COMPARE_MARKED] = { "marked", N_("seen, but left out: marked") },
	[COMPARE_ONLY_SCANNER] = { "only-scanner", N_("it answered known scanners only") },
	[COMPARE_BLIND] = { "blind", N_("the sensor did not look at that time") },
	[COMPARE_FROM_INSIDE] = { "from-inside",
				  N_("found from inside; outside, nobody reached it") },
	[COMPARE_NEVER_KNOCKED] = { "never-knocked",
				    N_("nobody outside knocked, or the border filters it") },
};

const char *compare_why_name(enum compare_why why)
{
	return whys[why].name;
}

const char *compare_why_words(enum compare_why why, bool by_scanner)
{
	/* Which hosts it asked nobody knows but by their answers. */
	if (by_scanner && why == COMPARE_HOST_NOT_SCANNED)
		return _("the host answered the scanner on no port");
	if (by_scanner && why == COMPARE_SCAN_MISSED)
		return _("it did not answer the scanner");
	return _(whys[why].words);
}
