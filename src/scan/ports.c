#include "scan/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/i18n.h"
#include "base/service_name.h"

#define NAMED_MAX 64 /* ports of one name in the services database */

struct both {
	struct port_set tcp, udp;
	bool for_tcp, for_udp; /* what follows */
};

static void add(struct both *b, uint32_t first, uint32_t last)
{
	for (uint32_t port = first; port <= last; port++) {
		if (b->for_tcp)
			b->tcp.words[port / 64] |= 1ULL << (port % 64);
		if (b->for_udp)
			b->udp.words[port / 64] |= 1ULL << (port % 64);
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number of at most five digits; *at goes past it. */
static bool take_number(const char **at, const char *end, uint32_t *ret_port)
{
	uint32_t port = 0;
	const char *p = *at;

	while (p < end && is_digit(*p) && p - *at < 6)
		port = 10 * port + (uint32_t)(*p++ - '0');
	if (p == *at || port > 65535)
		return false;
	*at = p;
	*ret_port = port;
	return true;
}

/* "22", "8000-8100", "-1023", "60000-", "-". */
static bool take_range(struct both *b, const char *at, const char *end)
{
	uint32_t first = 1, last = 65535;

	if (*at != '-' && !take_number(&at, end, &first))
		return false;
	if (at == end) {
		add(b, first, first);
		return true;
	}
	if (*at++ != '-' || (at < end && !take_number(&at, end, &last)))
		return false;
	if (at != end || first > last)
		return false;
	add(b, first, last);
	return true;
}

static bool take_name(struct both *b, const char *at, const char *end)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	bool tcp = b->for_tcp, udp = b->for_udp, any = false;
	uint16_t ports[NAMED_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		size_t n = service_ports(at, (size_t)(end - at), protocols[i], NAMED_MAX, ports);

		b->for_tcp = tcp && protocols[i] == IPPROTO_TCP;
		b->for_udp = udp && protocols[i] == IPPROTO_UDP;
		for (size_t k = 0; k < n; k++) {
			add(b, ports[k], ports[k]);
			any |= b->for_tcp || b->for_udp;
		}
	}
	b->for_tcp = tcp;
	b->for_udp = udp;
	return any;
}

static int take_part(struct both *b, const char *at, size_t length, struct diagnosis *d)
{
	const char *end;

	while (length && *at == ' ') {
		at++;
		length--;
	}
	if (length > 1 && at[1] == ':' && (*at == 'T' || *at == 'U')) {
		b->for_tcp = *at == 'T';
		b->for_udp = *at == 'U';
		at += 2;
		length -= 2;
	}
	end = at + length;
	if (length && (is_digit(*at) || *at == '-') && take_range(b, at, end))
		return 0;
	if (length && !is_digit(*at) && *at != '-' && take_name(b, at, end))
		return 0;
	if (length && !is_digit(*at) && *at != '-') {
		return diagnose(d, ERR_USAGE,
				_("-p: the services database has no port called \"%.*s\""),
				(int)MIN(length, 60), at);
	}
	return diagnose(d, ERR_USAGE, _("-p: \"%.*s\" is no port and no range of ports"),
			(int)MIN(length, 60), at);
}

static int list_of(const struct port_set *set, struct port_list *ret_list)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(set->words); i++)
		n += (size_t)__builtin_popcountll(set->words[i]);
	ret_list->ports = malloc((n + 1) * sizeof(*ret_list->ports));
	if (!ret_list->ports)
		return -ENOMEM;
	ret_list->n = 0;
	for (uint32_t port = 0; port < 65536; port++) {
		if (port_set_has(set, (uint16_t)port))
			ret_list->ports[ret_list->n++] = (uint16_t)port;
	}
	return 0;
}

int port_lists_parse(const char *text, bool want_tcp, bool want_udp, struct port_list *ret_tcp,
		     struct port_list *ret_udp, struct diagnosis *d)
{
	struct both *b = calloc(1, sizeof(*b));
	struct port_list tcp = { 0 }, udp = { 0 };
	int error = b ? 0 : -ENOMEM;

	if (b)
		b->for_tcp = b->for_udp = true;
	while (!error) {
		size_t length = strcspn(text, ",");

		error = take_part(b, text, length, d);
		text += length;
		if (!*text++)
			break;
	}
	if (!error && want_tcp)
		error = list_of(&b->tcp, &tcp);
	if (!error && want_udp)
		error = list_of(&b->udp, &udp);
	free(b);
	if (!error && !tcp.n && !udp.n)
		error = diagnose(d, ERR_USAGE, _("-p names no port of a protocol that is scanned"));
	if (error < 0) {
		port_list_finish(&tcp);
		port_list_finish(&udp);
		return error;
	}
	*ret_tcp = tcp;
	*ret_udp = udp;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

int port_list_top(uint8_t protocol, size_t n, struct port_list *ret_list)
{
	uint16_t *ports = malloc(65535 * sizeof(*ports));

	if (!ports)
		return -ENOMEM;
	port_rank(protocol, ports);
	n = MIN(n, 65535);
	qsort(ports, n, sizeof(*ports), by_number);
	ret_list->ports = ports;
	ret_list->n = n;
	return 0;
}

void port_list_finish(struct port_list *list)
{
	free(list->ports);
	*list = (struct port_list){ 0 };
}

bool port_list_has(const struct port_list *list, uint16_t port)
{
	return list->n && bsearch(&port, list->ports, list->n, sizeof(port), by_number);
}

void port_list_print(const struct port_list *list, FILE *out)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t first = i;

		while (i + 1 < list->n && list->ports[i + 1] == list->ports[i] + 1)
			i++;
		fprintf(out, "%s%u", first ? "," : "", list->ports[first]);
		if (i > first)
			fprintf(out, "-%u", list->ports[i]);
	}
}

char *port_list_text(const struct port_list *list)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return NULL;
	port_list_print(list, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
