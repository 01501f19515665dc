/* What the files of `sekimori scan` share. */
#ifndef SEKIMORI_CMD_SCAN_INTERNAL_H
#define SEKIMORI_CMD_SCAN_INTERNAL_H

#include "cmd/cmd_internal.h"
#include "scan/ports.h"
#include "scan/print.h"
#include "scan/prober.h"
#include "scan/targets.h"

enum scan_form {
	SCAN_NORMAL,
	SCAN_XML,
	SCAN_GREPABLE,
	SCAN_JSON,
	SCAN_FORMS
};

/* The words of a call that are scan's own. */
struct scan_words {
	bool connect, syn, udp, versions; /* -s… */
	const char *ports;                /* -p */
	size_t top;                       /* --top-ports, -F; 0: not said */
	bool up, no_names, v6, reasons, outside_site;
	bool news, if_configured; /* --new, --if-configured */
	int timing, verbose;      /* timing -1: not said */
	double rate;              /* 0: not said */
	const char *list;         /* -iL */
	const char **excludes;    /* --exclude, each a list with commas */
	size_t n_excludes;
	const char **fingerprints;
	size_t n_fingerprints;
	const char *forms[SCAN_FORMS]; /* where to; "-": standard output; NULL: not wanted */
	const char *resume, *vantage;
	bool going_on;           /* the words are those of the state */
	struct scan_state state; /* of an interrupted scan */
	char **given;            /* the whole command line, of which the words are; n_given */
	int n_given;
	char **kept; /* those that are not scan's own */
};

/*
 * Takes scan's own options out of the words of CALL; what is left is for cmd_read_options. Where
 * --resume names the state of an interrupted scan, its words are taken instead. Returns -1 to go
 * on, or the exit status.
 */
must_check int scan_words_sift(struct cmd_call *call, int *argc, char ***argv);
void scan_words_free(struct scan_words *w); /* takes NULL */

/* One line of the words, as they would be typed. The caller frees; NULL when out of memory. */
char *scan_words_line(const struct scan_words *w);

/*
 * The plan that the words make, checked against the scope; the audit log is written where it has
 * to be. The store is open by then, where there is one. Returns 0, or says why not.
 */
must_check int scan_make_plan(struct cmd_call *call, struct targets *ret_targets,
			      struct scan_plan *ret_plan);

/* The same for TARGETS, which are united, and the ports that the words say. */
must_check int scan_make_plan_of(struct cmd_call *call, struct targets *targets,
				 struct scan_plan *ret_plan);

/* Scans as the plan says, prints and keeps what is found. Takes over TARGETS and PLAN. Returns the
 * exit status. */
must_check int scan_run(struct cmd_call *call, struct targets *targets, struct scan_plan *plan);

/* `sekimori scan --new`, from the words to the exit status. */
must_check int scan_new(struct cmd_call *call);

/* Keeps what was found in the store, where there is one. Returns the exit status. */
must_check int scan_keep(struct cmd_call *call, const struct targets *targets,
			 const struct scan_report *report);

/* ---- while it runs ---- */

struct scan_watch;

/* A thread that shows how far the scan is, on stderr: when a key is pressed, and, with SOMETIMES,
 * now and then. Returns 0 or an error. */
must_check int scan_watch_start(struct scan_progress *progress, bool sometimes, const char *phase,
				struct scan_watch **ret_watch);
void scan_watch_end(struct scan_watch *w); /* takes NULL */

/* Set by SIGINT and SIGTERM. */
extern atomic_bool scan_stop;
void scan_catch_signals(void);

#endif
