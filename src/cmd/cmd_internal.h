/* What the subcommands share: options, the store opened, output. Each subcommand has one file. */
#ifndef SEKIMORI_CMD_CMD_INTERNAL_H
#define SEKIMORI_CMD_CMD_INTERNAL_H

#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/outside.h"

#include "intake/intake.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FINDINGS = 1,
	EXIT_BAD = 2
};

enum output_format {
	FORMAT_TEXT,
	FORMAT_CSV,
	FORMAT_JSON,
	FORMAT_HTML
};

/* Options that a subcommand may take besides --help. */
enum cmd_option {
	OPTION_STORE = 1,
	OPTION_CONFIG = 2,
	OPTION_NET = 4,
	OPTION_TIMEZONE = 8,
	OPTION_FORMAT = 16,
	OPTION_INCLUDE = 32,
	OPTION_SINCE = 64,
	OPTION_AT = 128,
	OPTION_RECORDS = 256,
	OPTION_SERVICES = 512,
	OPTION_REBUILD = 1024,
	OPTION_OUTPUT = 2048,
	OPTION_LANG = 4096,
	OPTION_ROWS = 8192,
	OPTION_BOM = 16384,
	OPTION_ANONYMISE = 32768,
	OPTION_HTML = 65536, /* no option: --format knows html, too */
	OPTION_FORGET_NET = 131072,
	OPTION_INTERFACE = 262144,
	OPTION_DRIVER = 524288,
	OPTION_CONSUME = 1048576,
	OPTION_USER = 2097152,
	OPTION_CHECK = 4194304,
	OPTION_PEERS = 8388608,
	OPTION_SCANNER = 16777216,
	OPTION_MONTH = 33554432,
	OPTION_SCANS = 268435456,
	OPTION_VANTAGE = 67108864,
	OPTION_OUTSIDE = 134217728,
	OPTION_ALL_QUESTIONS = OPTION_STORE | OPTION_CONFIG | OPTION_NET | OPTION_TIMEZONE,
};

struct cmd_call;

struct cmd {
	const char *name;
	const char *summary; /* N_() */
	const char *help;    /* N_(): usage, options of its own, examples */
	unsigned options;
	/* Takes out of the words the options that only it has; NULL: it has none. Returns -1 to go
	 * on, or the exit status. */
	int (*sift)(struct cmd_call *call, int *argc, char ***argv);
	int (*answer)(struct cmd_call *call); /* does it; returns the exit status */
};

extern const struct cmd cmd_read, cmd_watch, cmd_status, cmd_list, cmd_host, cmd_report,
	cmd_compare, cmd_export, cmd_scan, cmd_sql, cmd_verify;

/* One call's words, read. */
struct cmd_call {
	const struct cmd *cmd;
	struct config config; /* the configuration file, with the command line on top */
	char *store;
	struct prefix_set networks;              /* as given on the command line */
	struct intake_source_options records_of; /* how records are to be read */
	struct net_prefix forgotten;
	bool forget;          /* that one */
	const char *timezone; /* as given on the command line, or NULL */
	enum output_format format;
	uint8_t include;
	const char *since, *at;  /* as given: times are read when the zone is known */
	const char *config_path; /* as given, or NULL */
	char *config_file;       /* that one, or the usual one, which may not be there */
	enum config_peers peers;
	bool records, services, rebuild, format_given;
	bool bom, anonymise, rows_given, consume, check;
	struct config_sensor interfaces; /* those of the command line, and nothing else */
	const char *driver, *user;       /* as given, or NULL */
	const char *scanner;             /* as given, or NULL */
	const char *scans;               /* as given, "" without a value, or NULL */
	bool only_outside;               /* only what differs from the view from outside */
	const char *vantage;             /* of files that do not tell; NULL: not given */
	size_t rows;                     /* SIZE_MAX: all */
	const char *output;              /* NULL: standard output */
	char **words;                    /* what is left */
	int n_words;

	struct scan_words *scan; /* of cmd_scan */

	struct archive *archive;
	struct catalogue *catalogue;
	const struct cmd_outside *outside; /* to be shown beside services; or NULL */
};

/*
 * One call of a subcommand from its words to its exit status: reads options and configuration, has
 * it answer, and puts everything away.
 */
int cmd_run(const struct cmd *cmd, int argc, char **argv);

/* Reads options and words. Returns -1 to go on, or the exit status: all has been said then. */
must_check int cmd_read_options(struct cmd_call *call, int argc, char **argv);

/*
 * Reads the configuration again, as this call did: the file, with the command line on top. Returns
 * 0 or an error with the words in D. ret_config was initialised, and is the caller's to finish.
 */
must_check int cmd_load_config(const struct cmd_call *call, struct config *ret_config,
			       struct diagnosis *d);

/* The folder of the configuration file, where there is one; the caller frees. */
char *cmd_config_folder(const struct cmd_call *call);

/* Opens the store to write to it, and makes it where it is missing: networks have to be known then,
 * which it remembers. Returns 0, or says why not. */
must_check int cmd_open_to_write(struct cmd_call *call);

/* Opens the store for a question: for writing where we may, so that it can be repaired. Returns 0,
 * or says why not. */
must_check int cmd_open_for_question(struct cmd_call *call);

/* Is there a store where the words or the configuration say? */
bool cmd_has_store(const struct cmd_call *call);

/* Fills a query from --include, --since and --at. Returns 0, or says why not. */
must_check int cmd_fill_query(struct cmd_call *call, struct catalogue_query *ret_query);

/* Does the word say which scans: an id, ids with commas, latest or all? */
bool cmd_names_scans(const char *word);

/* Scans that the store keeps (catalogue/scans.h). */
struct cmd_scans {
	struct catalogue_kept_scan *list; /* those that were chosen, by id; then all others */
	size_t n, n_all;
};

/*
 * The scans that --scans names, or LATEST_OR_ALL where it names none; an unknown one is an error
 * that says what there is. COUNT as of catalogue_kept_scans. Returns 0, or says why not.
 */
must_check int cmd_choose_scans(struct cmd_call *call, const char *latest_or_all, bool count,
				struct cmd_scans *ret_scans);
void cmd_scans_free(struct cmd_scans *scans);

/* `sekimori list --scans`; returns the exit status. */
must_check int cmd_list_scans(struct cmd_call *call);

/* "sekimori list: words" on stderr; returns EXIT_BAD. */
int cmd_fail(const struct cmd *cmd, const char *format, ...) printf_like(2, 3);

/* What a stage says went wrong; returns EXIT_BAD. */
int cmd_fail_diagnosis(const struct cmd *cmd, int error, const struct diagnosis *d);

/* Says on stderr what the catalogue could not answer with: single records that are no longer kept,
 * and damage. Returns STATUS, or EXIT_BAD where there is damage. */
int cmd_say_missing(const struct cmd_call *call, const struct catalogue *catalogue, int status);

/* The status that printing ended with. What standard output refused, cmd_end_output tells. */
int cmd_printed(const struct cmd *cmd, int error);

/* Ends output: a full disk or a closed pipe must not look like success. Returns STATUS or EXIT_BAD.
 */
int cmd_end_output(const struct cmd *cmd, int status);

/* Where -o says, or standard output. What is written to a file is put in its place at the end. */
struct cmd_output {
	FILE *out;
	const char *path; /* NULL: standard output */
	char *target;     /* what PATH leads to, through links; maybe nothing is there yet */
	char *beside;     /* the file that is being written; NULL: PATH itself */
};

/* Returns 0, or says why not. */
must_check int cmd_output_open(const struct cmd_call *call, struct cmd_output *ret_output);

/* Returns STATUS or EXIT_BAD. With any other STATUS than EXIT_DONE no file is left. */
must_check int cmd_output_close(const struct cmd_call *call, struct cmd_output *o, int status);

/* "2019-01-24 09:00:00" in the site's zone, for people. Returns ret_text. */
const char *cmd_time(uint64_t time_ns, char ret_text[40]);

/* Says on stderr how many of them have estimated peers, where there are any. */
void cmd_tell_estimates(const struct catalogue_service *services, size_t n);

/* The services in the format asked for: list's columns. */
must_check int cmd_print_services(const struct cmd_call *call,
				  const struct catalogue_service *services, size_t n, FILE *out);

/* Takes in a scanner's file as a scan of the catalogue, and says what came of it. Returns 0 or
 * EXIT_BAD. */
must_check int cmd_read_scan(struct cmd_call *call, const char *path);

/* ---- what the site looks like from outside, beside what was seen (catalogue/outside.h) ---- */

enum outside_mark {
	OUTSIDE_BOTH,
	OUTSIDE_THEY_ONLY,
	OUTSIDE_THEY_BLIND,  /* and nobody looked here at that time */
	OUTSIDE_THEY_MARKED, /* it was seen, but is left out for its marks */
	OUTSIDE_UNWATCHED,   /* UDP: theirs as well */
	OUTSIDE_WE_ONLY,
	OUTSIDE_WE_EARLIER, /* and not after they looked */
	OUTSIDE_WE_LATER,   /* and not before they looked */
};

struct outside_row {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint8_t marks; /* for which it is left out */
	enum outside_mark mark;
	size_t viewer;
	uint64_t time_ns;                  /* of their word */
	const struct catalogue_view *view; /* the last that lists it; NULL: none does */
};

struct cmd_outside {
	struct catalogue_outside said;
	struct outside_row *rows; /* sorted as services, then by viewer's name */
	size_t n_rows;
	bool theirs_in_json; /* in the JSON of services stands what is theirs alone, too */
};

/*
 * Of the question's hosts that are shown: what each viewer says of SERVICES (the question's
 * answer), and what they see besides. Nothing where the store knows no view from outside. Returns 0
 * or an error; finish it in any case.
 */
must_check int cmd_outside_load(struct cmd_call *call, const struct catalogue_query *q,
				const struct catalogue_service *services, size_t n,
				struct cmd_outside *ret_outside, struct diagnosis *d);
void cmd_outside_finish(struct cmd_outside *o);

/* Does ROW tell of something that is no row of SERVICES? */
static inline bool cmd_outside_is_theirs(const struct outside_row *row)
{
	return row->mark > OUTSIDE_BOTH && row->mark < OUTSIDE_WE_ONLY;
}

/* Is there a viewer that has a record of the service's host, and not of the service? */
bool cmd_outside_is_ours_alone(const struct cmd_outside *o, const struct catalogue_service *s);

/* What viewers say of a service: "shodan 2026-10-03, not in censys". The caller frees; NULL when
 * out of memory. */
char *cmd_outside_text(const struct cmd_outside *o, const struct catalogue_service *s);

/* ,"outside":[…] of a service; and what they alone see, as services that were never seen: an object
 * each, behind a comma but for the FIRST. */
void cmd_outside_json(const struct cmd_outside *o, const struct catalogue_service *s, FILE *out);
void cmd_outside_json_theirs(const struct cmd_outside *o, bool first, FILE *out);

/* All rows of one host, and those of many that are theirs alone, as tables. Print nothing where
 * there are none. Return 0 or an error. */
must_check int cmd_outside_print_host(const struct cmd_outside *o);
must_check int cmd_outside_print_theirs(const struct cmd_outside *o);

/* What scans said of the host's ports, where there were any. Returns 0 or an error. */
must_check int cmd_print_scans(struct cmd_call *call, struct net_addr host, struct diagnosis *d);

#endif
