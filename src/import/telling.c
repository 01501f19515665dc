#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"
#include "import/cpe_internal.h"
#include "import/telling_internal.h"
#include "scan/targets.h"

#define RANGES_MAX 65536 /* as many as there are ports */

int telling_port(struct telling *t, const struct port_outcome *o)
{
	if (o->port == 0) {
		t->run->skipped++;
		return 0;
	}
	t->run->ports++;
	return t->listener->port ? t->listener->port(t->listener->arg, o) : 0;
}

int telling_host(struct telling *t, const struct scan_file_host *host)
{
	t->run->hosts++;
	return t->listener->host ? t->listener->host(t->listener->arg, host) : 0;
}

int telling_rest(struct telling *t, struct net_addr host, uint8_t protocol, enum port_state state,
		 uint32_t n)
{
	return t->listener->rest ? t->listener->rest(t->listener->arg, host, protocol, state, n)
				 : 0;
}

int telling_down(struct telling *t, struct words words, struct diagnosis *d)
{
	char text[TARGETS_RANGE_TEXT_MAX], shown[WORDS_SHOWN_MAX];
	struct addr_range range;

	if (words.n < sizeof(text)) {
		memcpy(text, words.at, words.n);
		text[words.n] = '\0';
	}
	if (words.n >= sizeof(text) || !targets_range_parse(text, &range))
		return diagnose(d, ERR_DAMAGED, _("\"%s\" is no range of addresses"),
				words_show(words, shown));
	return t->listener->down ? t->listener->down(t->listener->arg, range) : 0;
}

int telling_target(struct telling *t, struct words words)
{
	char *copy;
	int status;

	if (!t->listener->target)
		return 0;
	copy = words_copy(words, WORDS_TEXT_MAX);
	if (!copy)
		return -ENOMEM;
	status = t->listener->target(t->listener->arg, copy);
	free(copy);
	return status;
}

/* "80" or "1-1024". */
static bool read_range(struct words w, struct port_range *ret_range)
{
	struct words first;

	return words_split(&w, '-', &first) && words_port(first, &ret_range->first) &&
	       (w.at ? words_port(w, &ret_range->last) : words_port(first, &ret_range->last)) &&
	       ret_range->first <= ret_range->last;
}

struct ranges {
	struct port_range *list;
	size_t n, room;
	uint8_t protocol;
};

static int hand_over(struct telling *t, struct ranges *r)
{
	int status = 0;

	if (r->n > 0 && t->listener->covered)
		status = t->listener->covered(t->listener->arg, r->protocol, r->list, r->n);
	r->n = 0;
	return status;
}

/* A letter and a colon before a range begin the ranges of that protocol. */
static int take_letter(struct telling *t, struct ranges *r, struct words *part)
{
	int status;

	if (part->n < 2 || part->at[1] != ':')
		return 0;
	status = hand_over(t, r);
	r->protocol = part->at[0] == 'U' ? 17 : part->at[0] == 'S' ? 132 : 6;
	part->at += 2;
	part->n -= 2;
	return status;
}

int telling_covered(struct telling *t, uint8_t protocol, struct words list, struct diagnosis *d)
{
	struct ranges r = { .protocol = protocol };
	struct words part;
	int status = 0;

	while (status == 0 && words_split(&list, ',', &part)) {
		char shown[WORDS_SHOWN_MAX];
		struct port_range *grown;

		part = words_trim(part);
		status = take_letter(t, &r, &part);
		if (status < 0 || part.n == 0)
			continue;
		if (r.n == RANGES_MAX) {
			status = diagnose(d, ERR_LIMIT, _("more than %d ranges of ports"),
					  RANGES_MAX);
			continue;
		}
		grown = array_make_room(r.list, r.n, &r.room, sizeof(*grown));
		if (!grown) {
			status = -ENOMEM;
			continue;
		}
		r.list = grown;
		if (read_range(part, &r.list[r.n])) {
			r.n++;
		} else {
			status = diagnose(d, ERR_DAMAGED, _("\"%s\" is no range of ports"),
					  words_show(part, shown));
		}
	}
	if (status == 0)
		status = hand_over(t, &r);
	free(r.list);
	return status;
}

int telling_set(char **text, struct words w)
{
	char *copy = NULL;

	w = words_trim(w);
	if (w.n > 0) {
		copy = words_copy(w, WORDS_TEXT_MAX);
		if (!copy)
			return -ENOMEM;
	}
	free(*text);
	*text = copy;
	return 0;
}

int telling_set_evidence(struct service *s, struct words w)
{
	size_t n = MIN(w.n, SERVICE_EVIDENCE_MAX);
	uint8_t *copy;

	if (n == 0)
		return 0;
	copy = malloc(n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, w.at, n);
	free(s->evidence);
	s->evidence = copy;
	s->evidence_bytes = n;
	return 0;
}

size_t telling_service_bytes(const struct service *s)
{
	const char *const texts[] = { s->name,     s->product, s->version, s->extra_info,
				      s->hostname, s->os,      s->device,  s->certificate,
				      s->cpe[0],   s->cpe[1],  s->cpe[2] };
	size_t bytes = s->evidence_bytes;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		bytes += texts[i] ? strlen(texts[i]) + 1 : 0;
	return bytes;
}

int telling_set_cpe(struct service *s, struct words cpe)
{
	char text[CPE_TEXT_MAX];
	int part = cpe_convert(cpe, text);

	if (part < 0 || s->cpe[part])
		return 0;
	s->cpe[part] = strdup(text);
	return s->cpe[part] ? 0 : -ENOMEM;
}
