#include <string.h>

#include "base/i18n.h"
#include "base/macros.h"
#include "capture/reader_internal.h"

/*
 * draft-ietf-opsawg-pcap:
 *
 *     file    magic 4, version 2+2, zone 4, accuracy 4, snap length 4, link type 4
 *     record  seconds 4, fraction 4, captured length 4, length on the wire 4, then the frame
 *             Kuznetzov's variant: interface 4, protocol 2, kind 1, padding 1 before the frame
 */
#define FILE_HEADER_BYTES      24
#define RECORD_BYTES           16
#define RECORD_BYTES_KUZNETZOV 24

#define LINK_TYPE_MASK       0x0000ffffU
#define LINK_FCS_PRESENT     0x04000000U
#define LINK_FCS_LENGTH_MASK 0xf0000000U

static const struct magic {
	uint32_t magic;
	uint32_t record_bytes, fraction_ns;
} magics[] = {
	{ 0xa1b2c3d4, RECORD_BYTES, 1000 },
	{ 0xa1b23c4d, RECORD_BYTES, 1 },
	{ 0xa1b2cd34, RECORD_BYTES_KUZNETZOV, 1000 },
};

static const struct magic *magic_of(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(magics); i++) {
		if (magics[i].magic == number)
			return &magics[i];
	}
	return NULL;
}

bool capture_pcap_is(uint32_t magic_le)
{
	return magic_of(magic_le) || magic_of(__builtin_bswap32(magic_le));
}

/* As libpcap has it (sf-pcap.c): 2.0 to 2.4, and 543.0 of DG/UX, swapped like the old ones. */
static int lengths_of(unsigned major, unsigned minor, enum pcap_lengths *ret_lengths)
{
	if (major == 543 && minor == 0) {
		*ret_lengths = PCAP_LENGTHS_SWAPPED;
	} else if (major != 2 || minor > 4) {
		return ERR_UNSUPPORTED;
	} else {
		*ret_lengths = minor == 4   ? PCAP_LENGTHS_RIGHT
			       : minor == 3 ? PCAP_LENGTHS_UNSURE
					    : PCAP_LENGTHS_SWAPPED;
	}
	return 0;
}

int capture_pcap_begin(struct capture_pcap *p, struct capture_bytes *b, struct diagnosis *d)
{
	int status = capture_bytes_want(b, FILE_HEADER_BYTES, d);
	struct cursor c = capture_bytes_front(b);
	const struct magic *magic;
	unsigned major, minor;
	uint32_t link;

	if (status < 0)
		return status;
	if (status == 0)
		return diagnose(d, ERR_DAMAGED, _("byte 0: cut off in the file header"));
	magic = magic_of(cursor_u32_le(&c));
	p->big_endian = !magic;
	if (!magic) {
		c = capture_bytes_front(b);
		magic = magic_of(cursor_u32_be(&c));
	}
	p->record_bytes = magic->record_bytes;
	p->fraction_ns = magic->fraction_ns;
	major = cursor_u16_in(&c, p->big_endian);
	minor = cursor_u16_in(&c, p->big_endian);
	if (lengths_of(major, minor, &p->lengths) < 0)
		return diagnose(d, ERR_UNSUPPORTED, _("pcap of version %u.%u"), major, minor);
	cursor_skip(&c, 12); /* zone and accuracy are never set; the snap length bounds nothing in
				practice */
	link = cursor_u32_in(&c, p->big_endian);
	p->link_type = link & LINK_TYPE_MASK;
	p->flags = (link & LINK_FCS_PRESENT) && (link & LINK_FCS_LENGTH_MASK) ? CAPTURE_HAS_FCS : 0;
	b->at += FILE_HEADER_BYTES;
	return 0;
}

static void set_lengths_right(const struct capture_pcap *p, struct capture_frame *f)
{
	uint32_t length = f->length;

	if (p->lengths == PCAP_LENGTHS_UNSURE && length <= f->wire_length)
		return;
	f->length = f->wire_length;
	f->wire_length = length;
}

/* Reads the header of the record in front, of which RECORD_BYTES at least are there. */
static inline void read_header(const struct capture_pcap *p, const uint8_t *record,
			       struct capture_frame *ret_frame)
{
	struct cursor c = cursor_over(record, RECORD_BYTES);
	uint64_t seconds = cursor_u32_in(&c, p->big_endian);
	uint64_t fraction = cursor_u32_in(&c, p->big_endian);

	ret_frame->time_ns = seconds * 1000000000U + fraction * p->fraction_ns;
	ret_frame->bytes = record + p->record_bytes;
	ret_frame->length = cursor_u32_in(&c, p->big_endian);
	ret_frame->wire_length = cursor_u32_in(&c, p->big_endian);
	ret_frame->link_type = p->link_type;
	ret_frame->flags = p->flags;
	if (p->lengths != PCAP_LENGTHS_RIGHT)
		set_lengths_right(p, ret_frame);
}

static int too_long(const struct capture_bytes *b, uint32_t length, struct diagnosis *d)
{
	return diagnose(d, ERR_DAMAGED,
			_("byte %llu: a frame of %u bytes, more than the maximum of %d"),
			(unsigned long long)capture_bytes_position(b), length, CAPTURE_FRAME_MAX);
}

/* The record in front. Returns 1, 0 when it is not whole yet, or ERR_DAMAGED. */
static inline int take_record(const struct capture_pcap *p, struct capture_bytes *b,
			      struct capture_frame *f, struct diagnosis *d)
{
	size_t left = capture_bytes_left(b);

	if (left < p->record_bytes)
		return 0;
	read_header(p, b->buffer + b->at, f);
	if (f->length > CAPTURE_FRAME_MAX)
		return too_long(b, f->length, d);
	if (f->length > left - p->record_bytes)
		return 0;
	CAPTURE_CALL_AHEAD(b, p->record_bytes + f->length);
	b->at += p->record_bytes + f->length;
	return 1;
}

int capture_pcap_read(struct capture_pcap *p, struct capture_bytes *b,
		      struct capture_frame *ret_frames, int capacity, struct diagnosis *d)
{
	int n = 0;

	while (n < capacity) {
		int status = take_record(p, b, &ret_frames[n], d);

		if (status > 0) {
			n++;
			continue;
		}
		/* Once a frame is handed out, the buffer stays as it is. */
		if (n)
			break;
		if (status == 0)
			status = capture_bytes_refill(b, d);
		if (status <= 0)
			return status;
	}
	return n;
}
