/*
 * libpcap, where there is nothing else. Its frames are valid until its next one, so they are
 * copied; all of them come, since what FTP needs cannot be said in its filters.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/i18n.h"

#include "live/live_internal.h"

#define ROOM_BYTES (1u << 20) /* for the frames of one reading */
#define TIMEOUT_MS 10         /* after which the kernel hands over what it has */

struct line {
	pcap_t *pcap;
	struct live_settings settings; /* without interface and config */
	unsigned index;
	uint64_t frames, lost;  /* of the handles before this one */
	unsigned seen, dropped; /* of this one, as far as added: its counters are short */
	uint8_t *bytes;
};

/* ---- opening ---- */

static int error_of(int status)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return -ENODEV;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return -EPERM;
	case PCAP_ERROR_IFACE_NOT_UP:
		return -ENETDOWN;
	default:
		return -EIO;
	}
}

static int complain(const pcap_t *p, int status, struct diagnosis *d)
{
	const char *words = pcap_geterr((pcap_t *)(uintptr_t)p);

	return diagnose(d, error_of(status), "pcap: %s", *words ? words : pcap_statustostr(status));
}

static int set_options(pcap_t *p, const struct live_settings *settings)
{
	int status = pcap_set_snaplen(p, CAPTURE_FRAME_MAX);

	if (status == 0)
		status = pcap_set_promisc(p, settings->promiscuous);
	if (status == 0)
		status = pcap_set_timeout(p, TIMEOUT_MS);
	if (status == 0 && settings->ring_bytes)
		status = pcap_set_buffer_size(p, (int)MIN(settings->ring_bytes, INT32_MAX));
	/* Some systems have no nanoseconds. */
	if (status == 0)
		(void)pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	return status;
}

static int activate(struct line *l, const char *interface, struct diagnosis *d)
{
	char words[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(interface, words);
	int status, error = 0;

	if (!p)
		return diagnose(d, -EIO, "pcap: %s", words);
	status = set_options(p, &l->settings);
	if (status == 0)
		status = pcap_activate(p); /* above 0: a warning */
	if (status < 0)
		error = complain(p, status, d);
	else if (pcap_setnonblock(p, 1, words) < 0)
		error = diagnose(d, -EIO, "pcap: %s", words);
	if (error < 0) {
		pcap_close(p);
		return error;
	}
	l->pcap = p;
	return 0;
}

static void line_close(void *driver)
{
	struct line *l = driver;

	if (!l)
		return;
	if (l->pcap)
		pcap_close(l->pcap);
	free(l->bytes);
	free(l);
}

static int line_open(const struct live_settings *settings, const struct interface *i,
		     void **ret_driver, char name[LIVE_TEXT_MAX], struct diagnosis *d)
{
	struct line *l = calloc(1, sizeof(*l));

	(void)i;
	(void)d;
	if (!l)
		return -ENOMEM;
	l->settings = *settings;
	l->settings.interface = NULL;
	l->settings.config = NULL;
	l->bytes = malloc(ROOM_BYTES);
	if (!l->bytes) {
		line_close(l);
		return -ENOMEM;
	}
	(void)snprintf(name, LIVE_TEXT_MAX, "pcap");
	*ret_driver = l;
	return 0;
}

/* ---- figures ---- */

/* The kernel's counters are of 32 bits and run over. */
static void add_statistics(struct line *l)
{
	struct pcap_stat s;

	if (!l->pcap || pcap_stats(l->pcap, &s) < 0)
		return;
	l->frames += s.ps_recv - l->seen;
	l->lost += s.ps_drop - l->dropped;
	l->seen = s.ps_recv;
	l->dropped = s.ps_drop;
}

static void line_count(void *driver, struct live_counts *counts)
{
	struct line *l = driver;

	add_statistics(l);
	counts->frames = l->frames;
	counts->lost = l->lost;
}

/* ---- reading ---- */

static void let_go(struct line *l)
{
	add_statistics(l);
	if (l->pcap)
		pcap_close(l->pcap);
	l->pcap = NULL;
	l->seen = l->dropped = 0;
	l->index = 0;
}

static int line_attach(void *driver, const struct interface *i, char name[LIVE_TEXT_MAX],
		       struct diagnosis *d)
{
	struct line *l = driver;
	int error;

	(void)name;
	let_go(l);
	error = activate(l, i->name, d);
	if (error == 0)
		l->index = i->index;
	return error;
}

static unsigned line_attached(const void *driver)
{
	return ((const struct line *)driver)->index;
}

static uint64_t time_of(const struct line *l, const struct pcap_pkthdr *h)
{
	bool nano = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;

	return (uint64_t)h->ts.tv_sec * 1000000000ULL + (uint64_t)h->ts.tv_usec * (nano ? 1 : 1000);
}

/* Numbers of this kind are those of capture files, but for what only some systems have. */
static struct capture_frame frame_of(const struct line *l, const struct pcap_pkthdr *h,
				     const uint8_t *bytes)
{
	return (struct capture_frame){ .time_ns = time_of(l, h),
				       .bytes = bytes,
				       .length = h->caplen,
				       .wire_length = h->len,
				       .link_type = (uint16_t)pcap_datalink(l->pcap) };
}

static int line_read(void *driver, struct capture_frame *ret_frames, int capacity)
{
	struct line *l = driver;
	uint32_t used = 0;
	int n = 0;

	while (l->pcap && n < capacity && used + CAPTURE_FRAME_MAX <= ROOM_BYTES) {
		struct pcap_pkthdr *h;
		const uint8_t *bytes;
		int got = pcap_next_ex(l->pcap, &h, &bytes);

		if (got < 0)
			let_go(l); /* the interface went away; live_tend sees when it is back */
		if (got <= 0)
			break;
		h->caplen = MIN(h->caplen, CAPTURE_FRAME_MAX);
		memcpy(l->bytes + used, bytes, h->caplen);
		ret_frames[n++] = frame_of(l, h, l->bytes + used);
		used += h->caplen;
	}
	return n;
}

static int line_descriptor(const void *driver)
{
	const struct line *l = driver;

	return l->pcap ? pcap_get_selectable_fd(l->pcap) : -1;
}

static int line_configure(void *driver, const struct config *config)
{
	(void)driver;
	(void)config;
	return 0;
}

static const struct live_ops ops = {
	.open = line_open,
	.close = line_close,
	.attach = line_attach,
	.attached = line_attached,
	.read = line_read,
	.descriptor = line_descriptor,
	.configure = line_configure,
	.count = line_count,
};

const struct live_ops *const live_pcap_ops = &ops;
