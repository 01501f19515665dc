#include "observe/observer.h"

#include <errno.h>
#include <stdlib.h>

#include "observe/foreign_internal.h"
#include "observe/ftp_internal.h"
#include "observe/handshake_internal.h"

#define STATE_VERSION 1

struct observer {
	const struct config *config;
	const struct prefix_set *networks;
	struct handshakes handshakes;
	struct ftp ftp;
	struct foreign foreign;
};

int observer_new(const struct config *config, struct observer **ret_observer)
{
	struct observer *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->config = config;
	o->networks = &config->networks;
	if (handshakes_init(&o->handshakes) < 0 || ftp_init(&o->ftp, &config->control_ports) < 0 ||
	    foreign_init(&o->foreign) < 0) {
		observer_free(o);
		return -ENOMEM;
	}
	*ret_observer = o;
	return 0;
}

void observer_use_networks(struct observer *o, const struct prefix_set *networks)
{
	o->networks = networks;
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	handshakes_finish(&o->handshakes);
	ftp_finish(&o->ftp);
	foreign_finish(&o->foreign);
	free(o);
}

static uint8_t judge(struct observer *o, uint64_t time_ns, const struct packet *p)
{
	uint8_t marks = 0;

	if (handshakes_is_split(&o->handshakes, time_ns, p))
		marks |= MARK_SPLIT_HANDSHAKE;
	if (ftp_judge(&o->ftp, time_ns, p))
		marks |= MARK_FTP_DATA;
	return marks;
}

enum outcome observer_see(struct observer *o, uint64_t time_ns, const struct packet *p,
			  struct sighting *ret_sighting)
{
	if (packet_is_synack(p)) {
		handshakes_see_answer(&o->handshakes, time_ns, p);
		if (!prefix_set_contains(o->networks, p->src)) {
			foreign_count(&o->foreign, p->src);
			return OUTCOME_FOREIGN;
		}
		*ret_sighting = (struct sighting){
			.time_ns = time_ns,
			.host = p->src,
			.peer = p->dst,
			.port = p->sport,
			.peer_port = p->dport,
			.protocol = SIGHTING_PROTOCOL_TCP,
			.marks = judge(o, time_ns, p),
		};
		return OUTCOME_SIGHTING;
	}
	if (packet_is_syn(p)) {
		if (prefix_set_contains(o->networks, p->src))
			handshakes_see_syn(&o->handshakes, time_ns, p);
	} else {
		ftp_see_payload(&o->ftp, time_ns, p);
	}
	return OUTCOME_OTHER;
}

void observer_save(const struct observer *o, uint64_t time_ns, struct buffer *out)
{
	buffer_put_u32(out, STATE_VERSION);
	handshakes_save(&o->handshakes, time_ns, out);
	ftp_save(&o->ftp, time_ns, out);
}

int observer_load(struct observer *o, const void *bytes, size_t length)
{
	struct observer *fresh;
	struct cursor c = cursor_over(bytes, length);
	int error;

	if (cursor_u32_le(&c) != STATE_VERSION)
		return c.overrun ? ERR_DAMAGED : ERR_UNSUPPORTED;
	/* First into a fresh one: damaged bytes must leave nothing behind. */
	error = observer_new(o->config, &fresh);
	if (error < 0)
		return error;
	memory_load(&fresh->handshakes.syns, &c);
	ftp_load(&fresh->ftp, &c);
	if (c.overrun || cursor_left(&c)) {
		observer_free(fresh);
		return ERR_DAMAGED;
	}
	c = cursor_over((const uint8_t *)bytes + 4, length - 4);
	memory_load(&o->handshakes.syns, &c);
	ftp_load(&o->ftp, &c);
	observer_free(fresh);
	return 0;
}

int observer_foreign_top(const struct observer *o, struct observer_foreign *ret_list, int capacity)
{
	return foreign_top(&o->foreign, ret_list, capacity);
}
