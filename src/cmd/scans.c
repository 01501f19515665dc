/* --scans: which of the scans that the store keeps. */
#include "catalogue/scans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cmd/cmd_internal.h"

#define ID_DIGITS_MAX 18
#define SHOWN_MAX     10 /* ids of those that there are */

bool cmd_names_scans(const char *word)
{
	if (!strcmp(word, "latest") || !strcmp(word, "all"))
		return true;
	for (;; word++) {
		size_t n = strspn(word, "0123456789");

		word += n;
		if (n == 0 || n > ID_DIGITS_MAX || (*word && *word != ','))
			return false;
		if (!*word)
			return true;
	}
}

/* "1, 2, 5"; the caller frees, NULL when out of memory. */
static char *ids_text(const struct catalogue_kept_scan *list, size_t n)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	/* The latest ones are what somebody means. */
	if (n > SHOWN_MAX)
		fputs("…, ", out);
	for (size_t i = n > SHOWN_MAX ? n - SHOWN_MAX : 0; i < n; i++)
		fprintf(out, "%lld%s", (long long)list[i].scan.id, i + 1 < n ? ", " : "");
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static size_t find_latest(const struct catalogue_kept_scan *list, size_t n)
{
	size_t latest = n;

	for (size_t i = 0; i < n; i++) {
		if (list[i].scan.complete &&
		    (latest == n || list[i].scan.ended_ns >= list[latest].scan.ended_ns))
			latest = i;
	}
	return latest;
}

static size_t find_id(const struct catalogue_kept_scan *list, size_t n, long long id)
{
	size_t i = 0;

	while (i < n && list[i].scan.id != id)
		i++;
	return i;
}

/* Marks those that are wanted. Returns 0, or the error that the first that is not there makes. */
static int mark(const char *which, const struct catalogue_kept_scan *list, size_t n, bool *wanted,
		struct diagnosis *d)
{
	char *ids = ids_text(list, n), *at = (char *)which;
	int error = ids ? 0 : -ENOMEM;

	if (!error && !strcmp(which, "latest")) {
		size_t latest = find_latest(list, n);

		if (latest < n)
			wanted[latest] = true;
		else
			error = diagnose(
				d, ERR_USAGE,
				_("--scans: all scans that the store keeps were interrupted; there are %s"),
				ids);
	}
	while (!error && *at >= '0' && *at <= '9') {
		long long id = strtoll(at, &at, 10);
		size_t i = find_id(list, n, id);

		if (i < n)
			wanted[i] = true;
		else
			error = diagnose(d, ERR_USAGE,
					 _("--scans: there is no scan %lld; there are %s"), id,
					 ids);
		at += *at == ',';
	}
	free(ids);
	return error;
}

static void keep_wanted(struct catalogue_kept_scan *list, size_t *n, const bool *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		struct catalogue_kept_scan x = list[i];

		/* What is left out goes to the end, where it is freed with the rest. */
		if (wanted[i]) {
			list[i] = list[kept];
			list[kept++] = x;
		}
	}
	*n = kept;
}

int cmd_choose_scans(struct cmd_call *call, const char *latest_or_all, bool count,
		     struct cmd_scans *ret_scans)
{
	const char *which = *call->scans ? call->scans : latest_or_all;
	struct diagnosis d = { "" };
	struct cmd_scans s = { 0 };
	bool *wanted = NULL;
	int error = catalogue_kept_scans(call->catalogue, count, &s.list, &s.n_all, &d);

	s.n = s.n_all;
	if (!error && !s.n && (strcmp(which, "all") != 0 || strcmp(latest_or_all, "all") != 0))
		error = diagnose(&d, ERR_USAGE,
				 _("--scans: the store keeps no scan (sekimori scan makes one)"));
	if (!error && strcmp(which, "all") != 0) {
		wanted = calloc(s.n + 1, sizeof(*wanted));
		error = wanted ? mark(which, s.list, s.n, wanted, &d) : -ENOMEM;
		if (!error)
			keep_wanted(s.list, &s.n, wanted);
	}
	free(wanted);
	if (error < 0) {
		cmd_scans_free(&s);
		cmd_fail_diagnosis(call->cmd, error, &d);
		return error;
	}
	*ret_scans = s;
	return 0;
}

void cmd_scans_free(struct cmd_scans *scans)
{
	catalogue_kept_scans_free(scans->list, scans->n_all);
	*scans = (struct cmd_scans){ 0 };
}
