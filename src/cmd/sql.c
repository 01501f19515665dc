#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cmd/cmd_internal.h"

#include "build_config.h"

#if HAVE_LIBEDIT
#include <editline/readline.h>
#endif

#define ASKED_AGAIN_MAX 10

static const char help[] = N_(
	"Usage: sekimori sql [OPTION...] [QUERY]\n"
	"\n"
	"SQL (SQLite's) over everything, read-only: tables sighting, summary, service, host, batch, gap; .schema\n"
	"and docs/sql.md tell their columns. Marked rows are there too: WHERE visible leaves out what the\n"
	"other commands leave out.\n"
	"Without a query on a terminal: a shell with history; .tables, .schema, .quit.\n"
	"Without one on a pipe: statements from standard input. Formats: text on a terminal, else csv.\n"
	"\n"
	"Examples:\n"
	"  sekimori sql \"SELECT sport, count(DISTINCT saddr) FROM summary WHERE visible GROUP BY sport\"\n"
	"  sekimori sql --format json \"SELECT * FROM sighting WHERE saddr = '192.0.2.34' LIMIT 10\"\n"
	"  sekimori sql < monthly.sql > monthly.csv\n");

static const char *column_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

static int print_table(sqlite3_stmt *s, int columns, int step)
{
	const char **headings = calloc((size_t)columns, sizeof(*headings));
	enum text_align *aligns = calloc((size_t)columns, sizeof(*aligns));
	struct text_table *t = NULL;

	for (int i = 0; headings && aligns && i < columns; i++) {
		int type = sqlite3_column_type(s, i);

		headings[i] = sqlite3_column_name(s, i);
		aligns[i] = type == SQLITE_INTEGER || type == SQLITE_FLOAT ? TEXT_RIGHT : TEXT_LEFT;
	}
	if (headings && aligns)
		t = text_table_new(columns, headings, aligns);
	for (; t && step == SQLITE_ROW; step = sqlite3_step(s)) {
		for (int i = 0; i < columns; i++)
			text_table_cell(t, column_text(s, i));
	}
	if (!t || text_table_print(t, stdout) < 0)
		step = SQLITE_NOMEM;
	text_table_free(t);
	free(headings);
	free(aligns);
	return step;
}

static int print_csv(sqlite3_stmt *s, int columns, int step)
{
	for (int i = 0; i < columns; i++) {
		fputs(i ? "," : "", stdout);
		text_csv(stdout, sqlite3_column_name(s, i));
	}
	putchar('\n');
	for (; step == SQLITE_ROW && !ferror(stdout); step = sqlite3_step(s)) {
		for (int i = 0; i < columns; i++) {
			fputs(i ? "," : "", stdout);
			text_csv(stdout, column_text(s, i));
		}
		putchar('\n');
	}
	return step == SQLITE_ROW ? SQLITE_DONE : step;
}

static void print_json_value(sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_NULL:
		fputs("null", stdout);
		return;
	case SQLITE_FLOAT:
		/* JSON has no infinity; this is read as one. */
		if (isinf(sqlite3_column_double(s, i))) {
			fputs(sqlite3_column_double(s, i) < 0 ? "-1e999" : "1e999", stdout);
			return;
		}
		fputs(column_text(s, i), stdout);
		return;
	case SQLITE_INTEGER:
		fputs(column_text(s, i), stdout);
		return;
	default:
		text_json(stdout, column_text(s, i));
	}
}

static int print_json(sqlite3_stmt *s, int columns, int step)
{
	const char *between = "[";

	for (; step == SQLITE_ROW && !ferror(stdout); step = sqlite3_step(s)) {
		fputs(between, stdout);
		between = ",\n ";
		for (int i = 0; i < columns; i++) {
			fputs(i ? "," : "{", stdout);
			text_json(stdout, sqlite3_column_name(s, i));
			putchar(':');
			print_json_value(s, i);
		}
		putchar('}');
	}
	fputs(*between == '[' ? "[]\n" : "]\n", stdout);
	return step == SQLITE_ROW ? SQLITE_DONE : step;
}

/*
 * The first row's step. Where a batch was replaced before there was one, nothing is printed yet,
 * and it is asked again.
 */
static int first_step(struct cmd_call *call, sqlite3_stmt *s)
{
	int step = sqlite3_step(s);

	for (int i = 0; step == SQLITE_BUSY && i < ASKED_AGAIN_MAX; i++) {
		sqlite3_reset(s);
		if (catalogue_settle(call->catalogue, NULL) < 0)
			break;
		step = sqlite3_step(s);
	}
	return step;
}

/* Runs one statement; *ret_rest is behind it. Returns 0, or EXIT_BAD with SQLite's words said. */
static int run_statement(struct cmd_call *call, const char *sql, const char **ret_rest)
{
	struct diagnosis d = { "" };
	sqlite3_stmt *s = NULL;
	sqlite3 *db;
	int columns, step, error = catalogue_sql(call->catalogue, &db, &d);

	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	if (sqlite3_prepare_v2(db, sql, -1, &s, ret_rest) != SQLITE_OK)
		return cmd_fail(call->cmd, "%s", sqlite3_errmsg(db));
	if (!s)
		return 0; /* blanks or a comment */
	columns = sqlite3_column_count(s);
	step = first_step(call, s);
	if (columns && call->format == FORMAT_TEXT) {
		step = print_table(s, columns, step);
	} else if (columns) {
		step = call->format == FORMAT_CSV ? print_csv(s, columns, step)
						  : print_json(s, columns, step);
	}
	if (step != SQLITE_DONE) {
		cmd_fail(call->cmd, "%s",
			 step == SQLITE_NOMEM ? strerror(ENOMEM) : sqlite3_errmsg(db));
	}
	sqlite3_finalize(s);
	return step == SQLITE_DONE ? 0 : EXIT_BAD;
}

static int run_statements(struct cmd_call *call, const char *sql)
{
	int status = 0;

	while (!status && *sql)
		status = run_statement(call, sql, &sql);
	return status;
}

static int run_input(struct cmd_call *call)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t n = getdelim(&text, &room, '\0', stdin);
	int status = n < 0 ? 0 : run_statements(call, text);

	free(text);
	return status;
}

static void print_schema(struct cmd_call *call, bool columns)
{
#define TABLES                                                                                     \
	"WITH t(name) AS (VALUES('batch'),('gap'),('host'),('service'),('sighting'),('summary'))"
	static const char tables[] = TABLES "SELECT name AS \"table\" FROM t ORDER BY 1";
	static const char all[] =
		TABLES "SELECT t.name AS \"table\", c.name AS \"column\", c.type FROM t,"
		       " pragma_table_info(t.name) c ORDER BY t.name, c.cid";

	if (run_statements(call, columns ? all : tables) != 0)
		fputs("", stderr);
#undef TABLES
}

static char *next_line(const char *prompt)
{
#if HAVE_LIBEDIT
	return readline(prompt);
#else
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	fputs(prompt, stdout);
	fflush(stdout);
	n = getline(&line, &room, stdin);
	if (n < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
#endif
}

static void keep_history(const char *line)
{
#if HAVE_LIBEDIT
	add_history(line);
#else
	(void)line;
#endif
}

static char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n = state && *state ? asprintf(&path, "%s/sekimori_sql_history", state)
				: asprintf(&path, "%s/.sekimori_sql_history", home ? home : ".");

	return n < 0 ? NULL : path;
}

/* Returns false to leave. */
static bool take_dot(struct cmd_call *call, const char *line)
{
	if (!strcmp(line, ".quit") || !strcmp(line, ".exit"))
		return false;
	if (!strcmp(line, ".tables") || !strcmp(line, ".schema")) {
		print_schema(call, line[1] == 's');
	} else {
		puts(_(".tables .schema .quit; a statement ends with a semicolon"));
	}
	return true;
}

static int add_line(char **statement, const char *line)
{
	char *joined = NULL;

	if (asprintf(&joined, "%s%s%s", *statement ? *statement : "", *statement ? "\n" : "",
		     line) < 0)
		return -ENOMEM;
	free(*statement);
	*statement = joined;
	return 0;
}

static void shell(struct cmd_call *call)
{
	char *statement = NULL, *line, *history = history_path();

#if HAVE_LIBEDIT
	using_history();
	if (history)
		read_history(history);
#endif
	while ((line = next_line(statement ? "     ...> " : "sekimori> "))) {
		bool go_on = true;

		if (!statement && *line == '.') {
			go_on = take_dot(call, line);
		} else if (*line && add_line(&statement, line) == 0 &&
			   sqlite3_complete(statement)) {
			keep_history(statement);
			if (run_statements(call, statement) == 0)
				fflush(stdout);
			free(statement);
			statement = NULL;
		}
		if (!go_on)
			break;
		free(line);
	}
	if (!line)
		putchar('\n'); /* behind the prompt */
	free(line);
#if HAVE_LIBEDIT
	if (history)
		write_history(history);
#endif
	free(statement);
	free(history);
}

static int answer(struct cmd_call *call)
{
	int status = EXIT_DONE;

	if (call->n_words > 1)
		return cmd_fail(call->cmd, _("one query, please: put it into quotes"));
	if (cmd_open_for_question(call) < 0)
		return EXIT_BAD;
	if (call->format == FORMAT_TEXT && !call->format_given && !isatty(STDOUT_FILENO))
		call->format = FORMAT_CSV;
	if (call->n_words) {
		status = run_statements(call, call->words[0]);
	} else if (isatty(STDIN_FILENO)) {
		shell(call);
	} else {
		status = run_input(call);
	}
	return cmd_end_output(call->cmd, status);
}

const struct cmd cmd_sql = {
	.name = "sql",
	.summary = N_("SQL over everything, read-only"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_FORMAT,
	.answer = answer,
};
