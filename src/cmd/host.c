#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

#include "place/place.h"

#define WHERE_MAX   (PLACE_NAME_MAX + PLACE_LISTS_MAX + 40)
#define PEERS_SHOWN 10

static const char help[] = N_(
	"Usage: sekimori host [OPTION...] ADDRESS\n"
	"\n"
	"All that is known of one host: whose it is, its open ports, what is left out and why, and who\n"
	"knocked most.\n"
	"\n"
	"Examples:\n"
	"  sekimori host 192.0.2.34\n"
	"  sekimori host 2001:db8:1::34 --format json\n");

/* One peer of the host, over all its ports. */
struct peer_count {
	struct net_addr addr;
	uint64_t packets, first_ns, last_ns;
};

struct peers {
	struct peer_count *list;
	size_t n, room;
};

static int by_addr(const void *a, const void *b)
{
	return addr_compare(((const struct peer_count *)a)->addr,
			    ((const struct peer_count *)b)->addr);
}

static int by_packets(const void *a, const void *b)
{
	const struct peer_count *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return by_addr(a, b);
}

/* One entry a peer. */
static void unite_peers(struct peers *p)
{
	size_t kept = 0;

	if (!p->n)
		return;
	qsort(p->list, p->n, sizeof(*p->list), by_addr);
	for (size_t i = 1; i < p->n; i++) {
		struct peer_count *last = &p->list[kept];

		if (addr_equal(last->addr, p->list[i].addr)) {
			last->packets += p->list[i].packets;
			last->first_ns = MIN(last->first_ns, p->list[i].first_ns);
			last->last_ns = MAX(last->last_ns, p->list[i].last_ns);
		} else {
			p->list[++kept] = p->list[i];
		}
	}
	p->n = kept + 1;
}

/* A peer may be in very many records: these are united before more room is taken. */
static int make_room(struct peers *p)
{
	size_t room = p->room ? 2 * p->room : 1024;
	struct peer_count *grown;

	unite_peers(p);
	if (p->n < p->room / 2)
		return 0;
	grown = realloc(p->list, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->list = grown;
	p->room = room;
	return 0;
}

static int take_record(void *user, const struct catalogue_record *r)
{
	struct peers *p = user;
	int error = p->n == p->room ? make_room(p) : 0;

	if (error < 0)
		return error;
	p->list[p->n++] = (struct peer_count){ r->sighting.peer, 1, r->sighting.time_ns,
					       r->sighting.time_ns };
	return 0;
}

static void print_who(const struct cmd_call *call, struct net_addr host)
{
	const struct config_host *h = config_host(&call->config, host);
	const char *reason = config_excluded_reason(&call->config, host);
	char text[ADDR_TEXT_MAX];

	printf("%s", addr_format(host, text));
	if (h && *h->name)
		printf("  %s", h->name);
	putchar('\n');
	if (h && *h->owner)
		printf(_("owner: %s\n"), h->owner);
	if (h && *h->department)
		printf(_("department: %s\n"), h->department);
	if (reason)
		printf(_("excluded from lists and figures: %s\n"), reason);
}

/* "US AS13335 CLOUDFLARENET; block list (2026-11-01)", as far as it is known. Returns ret_text. */
static const char *where(const struct places *places, struct net_addr a, char ret_text[WHERE_MAX])
{
	struct place p;
	char network[32] = "";

	*ret_text = '\0';
	if (!places_find(places, a, &p))
		return ret_text;
	if (p.as_number)
		snprintf(network, sizeof(network), "%sAS%u ", *p.country ? " " : "", p.as_number);
	snprintf(ret_text, WHERE_MAX, "%s%s%s%s%s", p.country, network, p.as_name,
		 *p.lists && (*p.country || *network) ? "; " : "", p.lists);
	return ret_text;
}

/* WHOLE: none was only counted. */
static int print_peers(const struct peers *p, const struct places *places, bool whole)
{
	const char *const headings[] = { _("PEER"), _("PACKETS"), _("FIRST SEEN"), _("LAST SEEN"),
					 _("WHERE") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT, TEXT_LEFT,
						  TEXT_LEFT };
	struct text_table *t = text_table_new(5, headings, aligns);
	char text[64], place[WHERE_MAX], all[TEXT_NUMBER_MAX];
	int error;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < p->n && i < PEERS_SHOWN; i++) {
		text_table_cell(t, addr_format(p->list[i].addr, text));
		text_table_number(t, p->list[i].packets);
		text_table_cell(t, cmd_time(p->list[i].first_ns, text));
		text_table_cell(t, cmd_time(p->list[i].last_ns, text));
		text_table_cell(t, where(places, p->list[i].addr, place));
	}
	printf(whole ? ngettext("\nWho knocked most, of %s peer:\n",
				"\nWho knocked most, of %s peers:\n", p->n)
		     : ngettext("\nWho knocked most, of %s peer that was not only counted:\n",
				"\nWho knocked most, of %s peers that were not only counted:\n",
				p->n),
	       text_number(p->n, all));
	error = text_table_print(t, stdout);
	text_table_free(t);
	return error;
}

static int tell_peers(const struct cmd_call *call, const struct peers *p, bool whole,
		      struct diagnosis *d)
{
	struct places *places = NULL;
	int error = places_open(&call->config, &places, d);

	if (!error)
		error = print_peers(p, places, whole);
	places_close(places);
	return error;
}

/* What is in ALL and not in SHOWN, with its marks. Both are sorted alike. */
static size_t left_out(const struct catalogue_service *all, size_t n_all,
		       const struct catalogue_service *shown, size_t n_shown,
		       struct catalogue_service *ret_rest)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < n_all; i++) {
		if (k < n_shown && shown[k].port == all[i].port &&
		    shown[k].protocol == all[i].protocol) {
			k++;
		} else {
			ret_rest[n++] = all[i];
		}
	}
	return n;
}

static int print_left_out(struct cmd_call *call, const struct catalogue_service *all, size_t n_all,
			  const struct catalogue_service *shown, size_t n_shown)
{
	struct catalogue_service *rest = malloc((n_all + 1) * sizeof(*rest));
	uint8_t include = call->include;
	size_t n;
	int error = 0;

	if (!rest)
		return -ENOMEM;
	n = left_out(all, n_all, shown, n_shown, rest);
	if (n) {
		printf("%s", _("\nSeen, and left out:\n"));
		call->include = MARK_ALL; /* shows the column of marks */
		error = cmd_print_services(call, rest, n, stdout);
		call->include = include;
	}
	free(rest);
	return error;
}

static bool any_estimated(const struct catalogue_service *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].peers_estimated)
			return true;
	}
	return false;
}

/* In a flood from very many of its ports. */
static int print_others(struct cmd_call *call, const struct catalogue_query *q, struct diagnosis *d)
{
	char text[TEXT_NUMBER_MAX];
	uint64_t packets = 0;
	int error = catalogue_others(call->catalogue, q, &packets, d);

	if (!error && packets) {
		printf(_("\nBesides, %s packets of further ports, too many to tell apart.\n"),
		       text_number(packets, text));
	}
	return error;
}

static int print_text(struct cmd_call *call, struct catalogue_query *q,
		      const struct catalogue_service *shown, size_t n,
		      const struct cmd_outside *outside)
{
	struct catalogue_service *all = NULL;
	struct peers peers = { 0 };
	struct diagnosis d = { "" };
	size_t n_all = 0;
	int error;

	print_who(call, *q->host);
	q->include = MARK_ALL;
	error = catalogue_list(call->catalogue, q, &all, &n_all, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	if (!n_all) {
		printf(_("never seen answering\n"));
		free(all);
		error = cmd_outside_print_host(outside);
		if (!error)
			error = cmd_print_scans(call, *q->host, &d);
		return d.text[0] ? cmd_fail_diagnosis(call->cmd, error, &d)
				 : cmd_printed(call->cmd, error);
	}
	putchar('\n');
	error = n ? cmd_print_services(call, shown, n, stdout) : 0;
	if (!error)
		error = print_left_out(call, all, n_all, shown, n);
	free(all);
	q->include = call->include;
	if (!error)
		error = print_others(call, q, &d);
	if (!error)
		error = cmd_outside_print_host(outside);
	if (!error)
		error = cmd_print_scans(call, *q->host, &d);
	if (!error)
		error = catalogue_records(call->catalogue, q, false, take_record, &peers, &d);
	unite_peers(&peers);
	if (peers.n)
		qsort(peers.list, peers.n, sizeof(*peers.list), by_packets);
	if (!error && peers.n)
		error = tell_peers(call, &peers, !any_estimated(shown, n), &d);
	free(peers.list);
	if (!error) {
		fflush(stdout);
		fprintf(stderr, _("times in %s\n"), zone_name());
		cmd_tell_estimates(shown, n);
	}
	if (d.text[0])
		return cmd_fail_diagnosis(call->cmd, error, &d);
	return cmd_printed(call->cmd, error);
}

static int answer(struct cmd_call *call)
{
	struct catalogue_service *shown = NULL;
	struct cmd_outside outside = { .n_rows = 0 };
	struct catalogue_query q;
	struct diagnosis d = { "" };
	struct net_addr host;
	size_t n = 0;
	int error, status = EXIT_DONE;

	if (call->n_words != 1)
		return cmd_fail(call->cmd, _("which host? (sekimori host ADDRESS)"));
	if (!addr_parse(call->words[0], &host))
		return cmd_fail(call->cmd, _("\"%s\" is not an address"), call->words[0]);
	if (cmd_open_for_question(call) < 0 || cmd_fill_query(call, &q) < 0)
		return EXIT_BAD;
	q.host = &host;
	error = catalogue_list(call->catalogue, &q, &shown, &n, &d);
	if (!error)
		error = cmd_outside_load(call, &q, shown, n, &outside, &d);
	if (error < 0) {
		status = cmd_fail_diagnosis(call->cmd, error, &d);
	} else if (call->format == FORMAT_TEXT) {
		status = print_text(call, &q, shown, n, &outside);
	} else {
		outside.theirs_in_json = true;
		call->outside = outside.n_rows ? &outside : NULL;
		status = cmd_printed(call->cmd, cmd_print_services(call, shown, n, stdout));
		if (call->format == FORMAT_CSV)
			cmd_tell_estimates(shown, n);
		call->outside = NULL;
	}
	cmd_outside_finish(&outside);
	free(shown);
	return cmd_end_output(call->cmd, status);
}

const struct cmd cmd_host = {
	.name = "host",
	.summary = N_("all that is known of one host"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_PEERS | OPTION_FORMAT | OPTION_INCLUDE |
		   OPTION_SINCE | OPTION_AT,
	.answer = answer,
};
