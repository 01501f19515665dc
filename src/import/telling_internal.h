/* What every reader of scan results shares: whom it tells, and what it knows of the run. */
#ifndef SEKIMORI_IMPORT_TELLING_INTERNAL_H
#define SEKIMORI_IMPORT_TELLING_INTERNAL_H

#include "import/input_internal.h"
#include "import/scan_file.h"
#include "import/words_internal.h"

struct telling {
	const struct scan_file_listener *listener;
	struct scan_file_run *run;
};

/* They count, and pass on what the listener says: 0, or negative to stop. A port without a number
 * is counted as skipped. */
must_check int telling_port(struct telling *t, const struct port_outcome *o);
must_check int telling_host(struct telling *t, const struct scan_file_host *host);
must_check int telling_rest(struct telling *t, struct net_addr host, uint8_t protocol,
			    enum port_state state, uint32_t n);
must_check int telling_target(struct telling *t, struct words words);
must_check int telling_down(struct telling *t, struct words words, struct diagnosis *d);

/*
 * nmap's list of ports, "1,3-4,6-7"; with "T:" and "U:" the protocol changes, as Nessus has it.
 * Words that are no ports give ERR_DAMAGED with the value in D.
 */
must_check int telling_covered(struct telling *t, uint8_t protocol, struct words list,
			       struct diagnosis *d);

/* Puts a copy of W, trimmed and bounded, in the place of *TEXT; an empty one is NULL. Returns 0 or
 * -ENOMEM. */
must_check int telling_set(char **text, struct words w);

/* Evidence: word for word, its start if long. */
must_check int telling_set_evidence(struct service *s, struct words w);

/* Bytes that the service's texts take. */
size_t telling_service_bytes(const struct service *s);

/* A CPE, 2.2 ("cpe:/a:openbsd:openssh:6.7p1") or 2.3, into its place of the service, as 2.3; one
 * that is there already stays, and what is none is left out. */
must_check int telling_set_cpe(struct service *s, struct words cpe);

/* The readers; IN stands at the first byte that is no blank. */
must_check int scan_xml_read(struct input *in, struct telling *t, struct diagnosis *d);
must_check int scan_json_read(struct input *in, struct telling *t, struct diagnosis *d);
must_check int scan_lines_read(struct input *in, struct telling *t, struct diagnosis *d);

/* Does the text begin like a line of nmap's grepable form or of masscan's list? */
bool scan_lines_are(struct words head);

/* naabu's lines and csv. HEAD need not hold a whole line. */
must_check int scan_naabu_read(struct input *in, struct telling *t, struct diagnosis *d);
bool scan_naabu_is(struct words head);

#endif
