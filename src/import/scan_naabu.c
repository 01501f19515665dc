/*
 * naabu's forms that are no JSON: a line for each open port, or csv with a header.
 *
 *     192.0.2.18:443 [name of a content network]
 *     host,ip,port,protocol,tls,cdn,…
 */
#include <errno.h>

#include "base/i18n.h"
#include "import/telling_internal.h"

#define COLUMNS_MAX 64

enum column {
	COLUMN_IP,
	COLUMN_PORT,
	COLUMN_PROTOCOL,
	COLUMN_TLS,
	COLUMN_TIME,
	COLUMNS
};

static const char *const column_names[COLUMNS] = { "ip", "port", "protocol", "tls", "timestamp" };

struct naabu {
	struct telling *t;
	struct diagnosis *d;
	int place[COLUMNS]; /* of csv; -1: it has none */
};

/* "192.0.2.18:443", "2001:db8::1:443", "[2001:db8::1]:443", "www.example.org:443". */
static bool split_pair(struct words line, struct words *ret_host, struct words *ret_port)
{
	struct words pair, host;
	const char *colon;

	if (!words_split(&line, ' ', &pair) || pair.n == 0)
		return false;
	colon = memrchr(pair.at, ':', pair.n);
	if (!colon)
		return false;
	host = (struct words){ pair.at, (size_t)(colon - pair.at) };
	if (host.n > 2 && host.at[0] == '[' && host.at[host.n - 1] == ']')
		host = (struct words){ host.at + 1, host.n - 2 };
	*ret_host = host;
	*ret_port = (struct words){ colon + 1, pair.n - (size_t)(colon + 1 - pair.at) };
	return true;
}

bool scan_naabu_is(struct words head)
{
	struct words line, host, port;
	struct net_addr addr;
	uint16_t number;

	if (!words_split(&head, '\n', &line))
		return false;
	line = words_trim(line);
	if (words_begin(line, "host,ip,port") || words_begin(line, "ip,port,"))
		return true;
	return split_pair(line, &host, &port) && words_addr(host, &addr) &&
	       words_port(port, &number);
}

static int tell(struct naabu *n, struct words host, struct words port, struct port_outcome *o)
{
	char shown[WORDS_SHOWN_MAX];

	o->state = PORT_OPEN;
	if (!words_port(port, &o->port))
		return diagnose(n->d, ERR_DAMAGED, _("\"%s\" is no port"), words_show(port, shown));
	if (words_addr(host, &o->host))
		return telling_port(n->t, o);
	n->t->run->skipped++; /* a name */
	return 0;
}

static int read_pair(struct naabu *n, struct words line)
{
	struct port_outcome o = { .protocol = 6 };
	struct words host, port;
	char shown[WORDS_SHOWN_MAX];

	if (!split_pair(line, &host, &port))
		return diagnose(n->d, ERR_DAMAGED, _("\"%s\" is no address and port"),
				words_show(line, shown));
	return tell(n, host, port, &o);
}

static void read_header(struct naabu *n, struct words line)
{
	struct words name;

	for (int i = 0; i < COLUMNS; i++)
		n->place[i] = -1;
	for (int at = 0; at < COLUMNS_MAX && words_split(&line, ',', &name); at++) {
		for (int i = 0; i < COLUMNS; i++) {
			if (words_are(name, column_names[i]))
				n->place[i] = at;
		}
	}
}

static int read_row(struct naabu *n, struct words line)
{
	struct port_outcome o = { .protocol = 6 };
	struct words f[COLUMNS] = { { "", 0 } }, value;

	for (int at = 0; at < COLUMNS_MAX && words_split(&line, ',', &value); at++) {
		for (int i = 0; i < COLUMNS; i++) {
			if (n->place[i] == at)
				f[i] = value;
		}
	}
	if (words_are(f[COLUMN_IP], "ip")) /* the header again: one a host, in some versions */
		return 0;
	if (n->place[COLUMN_PROTOCOL] >= 0 && !words_protocol(f[COLUMN_PROTOCOL], &o.protocol)) {
		n->t->run->skipped++;
		return 0;
	}
	o.service.tls = words_are(f[COLUMN_TLS], "true");
	/* Go's own way to write a time: "2023-03-12 18:07:18.395422 +0000 UTC". */
	value = f[COLUMN_TIME];
	if (value.n > 10 &&
	    words_begin((struct words){ value.at + value.n - 10, 10 }, " +0000 UTC"))
		value.n -= 10;
	if (!words_time(value, false, &o.time_ns))
		o.time_ns = 0;
	return tell(n, f[COLUMN_IP], f[COLUMN_PORT], &o);
}

int scan_naabu_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	struct naabu n = { .t = t, .d = d };
	struct words line;
	bool is_csv = false;
	int status;

	for (bool first = true; (status = input_line(in, &line.at, &line.n, d)) > 0;
	     first = false) {
		if (first) {
			is_csv = memchr(line.at, ',', line.n) != NULL;
			t->run->format = is_csv ? "naabu csv" : "naabu list";
			status = telling_set(&t->run->tool, words_of("naabu"));
			read_header(&n, line);
		}
		if (status >= 0 && line.n > 0)
			status = is_csv ? read_row(&n, line) : read_pair(&n, line);
		if (status == ERR_DAMAGED)
			diagnose_prefix(d, status, _("line %llu"), (unsigned long long)in->line);
		if (status < 0)
			break;
	}
	return status;
}
