/*
 * Scan results that are lines of text: nmap's grepable form, which masscan writes too, and
 * masscan's list.
 *
 *     Host: 192.0.2.18 (www)	Ports: 80/open/tcp//http//nginx 1.22/, 443/…	Ignored State: …
 *     Timestamp: 1591010771	Host: 192.0.2.18 ()	Ports: 80/open/tcp//http//
 *     open tcp 80 192.0.2.18 1591010771
 *     banner tcp 80 192.0.2.18 1591010771 http HTTP/1.1 200 OK
 *     Discovered open port 80/tcp on 192.0.2.18
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "import/telling_internal.h"

struct lines {
	struct telling *t;
	struct diagnosis *d;
	struct port_outcome outcome; /* of the line; its service is kept until the next */
	struct scan_file_host host;
	char *host_name;
	bool is_masscan;
	unsigned protocols; /* of the line's ports: 1 TCP, 2 UDP */
};

bool scan_lines_are(struct words head)
{
	static const char *const starts[] = { "# Nmap",      "#masscan",
					      "# Masscan",   "Host: ",
					      "Timestamp: ", "# Ports scanned:",
					      "open ",       "closed ",
					      "banner ",     "#Masscan",
					      "# nmap",      "# sekimori ",
					      "up ",         "Discovered open port " };

	for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
		if (words_begin(head, starts[i]))
			return true;
	}
	return false;
}

static int bad(struct lines *l, const char *what, struct words value)
{
	char shown[WORDS_SHOWN_MAX];

	return diagnose(l->d, ERR_DAMAGED, "%s: \"%s\"", what, words_show(value, shown));
}

static bool take_off(struct words *w, const char *start)
{
	if (!words_begin(*w, start))
		return false;
	w->at += strlen(start);
	w->n -= strlen(start);
	return true;
}

/* A time of the scan itself: nmap's in the zone of where it ran, masscan's in UTC. 0: none. */
static uint64_t read_time(const struct lines *l, struct words time)
{
	uint64_t time_ns;

	return words_ctime(time, !l->is_masscan, &time_ns) ? time_ns : 0;
}

/* "# Nmap 7.93 scan initiated Mon Feb 18 01:42:06 2019 as: nmap -sS …" */
static int read_first_line(struct lines *l, const char *tool, struct words line)
{
	struct scan_file_run *run = l->t->run;
	struct words version, time, rest = line;
	const char *as;
	int error;

	l->is_masscan = strcmp(tool, "masscan") == 0;
	run->format = l->is_masscan ? "masscan grepable" : "nmap grepable";
	error = telling_set(&run->tool, words_of(tool));
	if (error == 0 && words_split(&rest, ' ', &version))
		error = telling_set(&run->version, version);
	if (error < 0 || !rest.at || !take_off(&rest, "scan initiated "))
		return error;
	as = memmem(rest.at, rest.n, " as: ", 5); /* masscan does not say it */
	time = (struct words){ rest.at, as ? (size_t)(as - rest.at) : rest.n };
	run->start_ns = read_time(l, time);
	return as ? telling_set(&run->arguments,
				(struct words){ as + 5, (size_t)(rest.at + rest.n - as) - 5 })
		  : 0;
}

/* "# Nmap done at Mon Feb 18 01:42:24 2019 -- 1 IP address (1 host up) scanned in 17.70 seconds" */
static void read_last_line(struct lines *l, struct words line)
{
	const char *end = memmem(line.at, line.n, " -- ", 4);
	size_t n = end ? (size_t)(end - line.at) : line.n;

	l->t->run->ended = true;
	l->t->run->end_ns = read_time(l, (struct words){ line.at, n });
}

/* masscan counts UDP's ports from 65536 on and SCTP's from 131072, and writes them like that. */
static int read_masscan_covered(struct lines *l, uint8_t protocol, struct words list)
{
	const uint64_t base = protocol == 6 ? 0 : protocol == 17 ? 65536 : 131072;
	struct words part, first;
	int error = 0;

	while (error == 0 && words_split(&list, ',', &part)) {
		uint64_t from, to;
		char text[16];

		if (part.n == 0)
			continue;
		if (!words_split(&part, '-', &first) || !words_number(first, &from) ||
		    !words_number(part.at ? part : first, &to) || from < base || from > to ||
		    to > base + UINT16_MAX)
			return bad(l, _("no range of ports"), first);
		snprintf(text, sizeof(text), "%u-%u", (unsigned)(from - base),
			 (unsigned)(to - base));
		error = telling_covered(l->t, protocol, words_of(text), l->d);
	}
	return error;
}

/* "# Ports scanned: TCP(3;22,80,443) UDP(0;) SCTP(0;) PROTOCOLS(0;)" */
static int read_covered(struct lines *l, struct words line)
{
	struct words part, name, list;
	uint8_t protocol;
	int error = 0;

	while (error == 0 && words_split(&line, ' ', &part)) {
		if (!words_split(&part, '(', &name) || !part.at ||
		    !words_protocol(name, &protocol) || part.n == 0 || part.at[part.n - 1] != ')')
			continue;
		list = (struct words){ part.at, part.n - 1 };
		if (!words_split(&list, ';', &name) || !list.at)
			return bad(l, _("no list of ports"), part);
		error = l->is_masscan ? read_masscan_covered(l, protocol, list)
				      : telling_covered(l->t, protocol, list, l->d);
	}
	return error;
}

static int read_comment(struct lines *l, struct words line)
{
	struct scan_file_run *run = l->t->run;

	if (take_off(&line, "# Nmap done at ") || take_off(&line, "# Nmap run completed at ") ||
	    take_off(&line, "# Masscan done at ") || take_off(&line, "# sekimori done at ")) {
		read_last_line(l, line);
	} else if (take_off(&line, "# Nmap ") || take_off(&line, "# nmap ")) {
		return read_first_line(l, "nmap", line);
	} else if (take_off(&line, "# sekimori ")) {
		return read_first_line(l, "sekimori", line);
	} else if (take_off(&line, "# Ports scanned: ")) {
		return read_covered(l, line);
	} else if (take_off(&line, "#masscan")) {
		run->format = "masscan list";
		return telling_set(&run->tool, words_of("masscan"));
	} else if (take_off(&line, "# Masscan ")) {
		return read_first_line(l, "masscan", line);
	} else if (words_are(line, "# end")) {
		run->ended = true;
	}
	return 0;
}

/* "192.0.2.18 (www.example.org)" */
static int read_host(struct lines *l, struct words value)
{
	struct words addr;

	if (!words_split(&value, ' ', &addr) || !words_addr(addr, &l->host.addr))
		return bad(l, _("no address"), addr);
	free(l->host_name);
	l->host_name = NULL;
	if (value.n > 2 && value.at[0] == '(' && value.at[value.n - 1] == ')')
		return telling_set(&l->host_name, (struct words){ value.at + 1, value.n - 2 });
	return 0;
}

/* nmap writes "|" for the "/" within a version. */
static int set_version(struct service *s, struct words version)
{
	int error = telling_set(&s->product, version);

	for (char *c = s->product; error == 0 && c && *c; c++) {
		if (*c == '|')
			*c = '/';
	}
	return error;
}

enum {
	PORT_NUMBER,
	PORT_STATE,
	PORT_PROTOCOL,
	PORT_OWNER,
	PORT_SERVICE,
	PORT_RPC,
	PORT_VERSION
};

static int read_port_fields(struct lines *l, const struct words f[7])
{
	struct port_outcome *o = &l->outcome;
	struct words name = f[PORT_SERVICE];
	char state[32];
	int error;

	service_finish(&o->service);
	*o = (struct port_outcome){ .host = l->host.addr,
				    .time_ns =
					    l->host.end_ns ? l->host.end_ns : l->t->run->start_ns };
	if (!words_port(f[PORT_NUMBER], &o->port))
		return bad(l, _("no port"), f[PORT_NUMBER]);
	/* masscan's pings have neither a port nor its states. */
	if (!words_protocol(f[PORT_PROTOCOL], &o->protocol)) {
		l->t->run->skipped++;
		return 0;
	}
	if (f[PORT_STATE].n >= sizeof(state))
		return bad(l, _("no state of a port"), f[PORT_STATE]);
	memcpy(state, f[PORT_STATE].at, f[PORT_STATE].n);
	state[f[PORT_STATE].n] = '\0';
	if (!port_state_parse(state, &o->state))
		return bad(l, _("no state of a port"), f[PORT_STATE]);
	l->protocols |= o->protocol == 17 ? 2 : 1;
	o->service.tls = take_off(&name, "ssl|");
	if (name.n > 0 && name.at[name.n - 1] == '?') /* guessed from the number */
		name.n--;
	error = telling_set(&o->service.name, name);
	if (error == 0)
		error = set_version(&o->service, f[PORT_VERSION]);
	return error < 0 ? error : telling_port(l->t, o);
}

/* Versions may hold ", ", so ports are told apart by counting their slashes. */
static int read_ports(struct lines *l, struct words value)
{
	int error = 0;

	while (error == 0 && value.at && (value = words_trim(value)).n > 0) {
		struct words f[7] = { { "", 0 } };
		struct words whole = value;
		int n = 0;

		while (n < 7 && words_split(&value, '/', &f[n]))
			n++;
		/* masscan leaves the last slash out, and the last port ends the text in any case.
		 */
		if (n < 6)
			return bad(l, _("no port"), whole);
		error = read_port_fields(l, f);
		if (value.at && value.n > 0 && value.at[0] == ',') {
			value.at++;
			value.n--;
		}
	}
	return error;
}

/* "closed (997)" */
static int read_ignored(struct lines *l, struct words value)
{
	enum port_state state;
	struct words name;
	char text[32];
	uint64_t n;

	if (!words_split(&value, ' ', &name) || !value.at || value.n < 3 || value.at[0] != '(' ||
	    value.at[value.n - 1] != ')' || name.n >= sizeof(text) ||
	    !words_number((struct words){ value.at + 1, value.n - 2 }, &n) || n > 65536 * 3)
		return 0;
	memcpy(text, name.at, name.n);
	text[name.n] = '\0';
	if (!port_state_parse(text, &state))
		return 0;
	/* Of what protocol it does not say: TCP, unless only UDP's ports are listed or were asked.
	 */
	return telling_rest(l->t, l->host.addr, l->protocols == 2 ? 17 : 6, state, (uint32_t)n);
}

/* Fields "Name: value", parted by tabs. */
static int read_host_line(struct lines *l, struct words line)
{
	struct words field;
	int error = 0;
	bool has_host = false;

	l->host = (struct scan_file_host){ .end_ns = 0 };
	l->protocols = 0;
	while (error == 0 && words_split(&line, '\t', &field)) {
		if (take_off(&field, "Timestamp: ")) {
			if (!words_epoch(field, &l->host.end_ns))
				error = bad(l, _("no time"), field);
		} else if (take_off(&field, "Host: ")) {
			error = read_host(l, field);
			has_host = true;
		} else if (has_host && take_off(&field, "Status: ")) {
			l->host.up = words_are(field, "Up")     ? HOST_UP
				     : words_are(field, "Down") ? HOST_DOWN
								: HOST_UP_UNKNOWN;
			l->host.name = l->host_name;
			error = telling_host(l->t, &l->host);
		} else if (has_host && take_off(&field, "Ports: ")) {
			error = read_ports(l, field);
		} else if (has_host && take_off(&field, "Ignored State: ")) {
			error = read_ignored(l, field);
		}
	}
	return error;
}

/* "open tcp 80 192.0.2.18 1591010771"; a banner's two further fields go on to the end of the line.
 */
static int read_list_line(struct lines *l, struct words line)
{
	struct port_outcome *o = &l->outcome;
	struct words kind, protocol, port, addr, time, name = { "", 0 };
	bool is_banner;
	int error = 0;

	service_finish(&o->service);
	*o = (struct port_outcome){ .state = PORT_OPEN };
	if (!words_split(&line, ' ', &kind) || !words_split(&line, ' ', &protocol) ||
	    !words_split(&line, ' ', &port) || !words_split(&line, ' ', &addr) ||
	    !words_split(&line, ' ', &time))
		return bad(l, _("no line of a list of ports"), kind);
	is_banner = words_are(kind, "banner");
	if (!words_addr(addr, &o->host))
		return bad(l, _("no address"), addr);
	if (!words_epoch(time, &o->time_ns))
		return bad(l, _("no time"), time);
	/* "open icmp 0", "up arp 0" */
	if (!words_protocol(protocol, &o->protocol)) {
		l->t->run->skipped++;
		return 0;
	}
	if (words_are(kind, "closed"))
		o->state = PORT_CLOSED;
	else if (!is_banner && !words_are(kind, "open"))
		return bad(l, _("no state of a port"), kind);
	if (!words_port(port, &o->port))
		return bad(l, _("no port"), port);
	if (is_banner && words_split(&line, ' ', &name)) {
		error = telling_set(&o->service.name, name);
		if (error == 0 && line.at)
			error = telling_set_evidence(&o->service, line);
	}
	return error < 0 ? error : telling_port(l->t, o);
}

/* "80/tcp on 192.0.2.18": what masscan says while it runs. */
static int read_discovered(struct lines *l, struct words line)
{
	struct port_outcome o = { .state = PORT_OPEN };
	struct words port, protocol;

	l->t->run->format = "masscan output";
	if (!words_split(&line, '/', &port) || !words_split(&line, ' ', &protocol) ||
	    !take_off(&line, "on "))
		return bad(l, _("no line of a list of ports"), port);
	line = words_trim(line);
	if (!words_addr(line, &o.host))
		return bad(l, _("no address"), line);
	if (!words_protocol(protocol, &o.protocol)) {
		l->t->run->skipped++;
		return 0;
	}
	if (!words_port(port, &o.port))
		return bad(l, _("no port"), port);
	return telling_port(l->t, &o);
}

static int read_line(struct lines *l, struct words line)
{
	if (line.n == 0)
		return 0;
	if (line.at[0] == '#')
		return read_comment(l, line);
	if (words_begin(line, "Host: ") || words_begin(line, "Timestamp: ")) {
		if (!l->t->run->format)
			l->t->run->format = "nmap grepable";
		return read_host_line(l, line);
	}
	if (take_off(&line, "Discovered open port "))
		return read_discovered(l, line);
	if (!l->t->run->format)
		l->t->run->format = "masscan list";
	return read_list_line(l, line);
}

int scan_lines_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	struct lines l = { .t = t, .d = d };
	struct words line;
	int status;

	while ((status = input_line(in, &line.at, &line.n, d)) > 0) {
		status = read_line(&l, line);
		if (status == ERR_DAMAGED || status == ERR_LIMIT)
			diagnose_prefix(d, status, _("line %llu"), (unsigned long long)in->line);
		if (status < 0)
			break;
	}
	service_finish(&l.outcome.service);
	free(l.host_name);
	return status;
}
