#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/macros.h"
#include "base/zone.h"
#include "capture/reader_internal.h"

/*
 * draft-ietf-opsawg-pcapng. Every block:  type 4, total length 4, body, total length 4
 *
 *     section    order mark 4, version 2+2, section length 8, options
 *     interface  link type 2, reserved 2, snap length 4, options
 *     enhanced   interface 4, time 4+4, captured length 4, length on the wire 4, frame, padding,
 * options simple     length on the wire 4, frame, padding obsolete   interface 2, drops 2, then as
 * enhanced from the time on
 *
 * The section length says nothing that its blocks do not say, and may be -1: it is not looked at.
 */
enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_OBSOLETE = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

#define BLOCK_HEAD_BYTES 8
#define BLOCK_BYTES_MIN  12
#define BLOCK_BYTES_MAX  (16U << 20)
#define TIMED_HEAD_BYTES 20
#define ORDER_MARK       0x1a2b3c4dU
#define INTERFACES_MAX   65536 /* of one section; each takes memory */

#define OPTION_END         0
#define OPTION_TIME_UNIT   9
#define OPTION_FCS_LENGTH  13
#define OPTION_TIME_OFFSET 14

struct block {
	uint32_t type, total_bytes;
	uint64_t position;
	struct cursor body;
};

static int damage(uint64_t position, struct diagnosis *d, const char *what)
{
	return diagnose(d, ERR_DAMAGED, _("byte %llu: %s"), (unsigned long long)position, what);
}

/* Sets the byte order by the section header that the cursor stands behind the type of. */
static bool take_order(struct capture_pcapng *g, struct cursor c)
{
	uint32_t mark;

	cursor_skip(&c, 4);
	mark = cursor_u32_le(&c);
	g->big_endian = mark != ORDER_MARK;
	return mark == ORDER_MARK || __builtin_bswap32(mark) == ORDER_MARK;
}

/* The block in front. Returns 1, 0 when it is not whole yet, or ERR_DAMAGED. */
static int whole_block(struct capture_pcapng *g, const struct capture_bytes *b,
		       struct block *ret_block, struct diagnosis *d)
{
	const uint8_t *bytes = b->buffer + b->at;
	uint64_t position = capture_bytes_position(b);
	struct cursor c = cursor_over(bytes, BLOCK_BYTES_MIN);
	uint32_t type, total;

	if (capture_bytes_left(b) < BLOCK_BYTES_MIN)
		return 0;
	type = cursor_u32_in(&c, g->big_endian);
	if (type == PCAPNG_SECTION_HEADER && !take_order(g, c))
		return damage(position, d, _("a section header without a byte order mark"));
	total = cursor_u32_in(&c, g->big_endian);
	if (total < BLOCK_BYTES_MIN || total % 4 || total > BLOCK_BYTES_MAX) {
		return diagnose(d, ERR_DAMAGED, _("byte %llu: a block of %u bytes"),
				(unsigned long long)position, total);
	}
	if (total > capture_bytes_left(b))
		return 0;
	c = cursor_over(bytes + total - 4, 4);
	if (cursor_u32_in(&c, g->big_endian) != total)
		return damage(position, d, _("the block's two lengths differ"));
	ret_block->type = type;
	ret_block->total_bytes = total;
	ret_block->position = position;
	ret_block->body = cursor_over(bytes + BLOCK_HEAD_BYTES, total - BLOCK_BYTES_MIN);
	return 1;
}

/* Reads block upon block until one is whole. Returns 1, 0 at the end, or a negative error. */
static int next_block(struct capture_pcapng *g, struct capture_bytes *b, struct block *ret_block,
		      struct diagnosis *d)
{
	int status;

	while ((status = whole_block(g, b, ret_block, d)) == 0) {
		status = capture_bytes_refill(b, d);
		if (status <= 0)
			break;
	}
	return status;
}

static int take_section(struct capture_pcapng *g, struct block *block, struct diagnosis *d)
{
	unsigned major, minor;

	cursor_skip(&block->body, 4);
	major = cursor_u16_in(&block->body, g->big_endian);
	minor = cursor_u16_in(&block->body, g->big_endian);
	cursor_skip(&block->body, 8);
	if (block->body.overrun)
		return damage(block->position, d, _("a section header that is too short"));
	if (major != 1) {
		return diagnose(d, ERR_UNSUPPORTED, _("byte %llu: pcapng of version %u.%u"),
				(unsigned long long)block->position, major, minor);
	}
	g->n_interfaces = 0;
	return 0;
}

/* if_tsresol: the high bit chooses powers of two, else of ten; the rest is minus the exponent. */
static void set_time_unit(struct capture_interface *i, uint8_t unit)
{
	unsigned exponent = unit & 0x7f;

	i->multiply = NS_PER_SECOND;
	i->divide = 1;
	i->shift = 0;
	if (unit & 0x80) {
		i->shift = (uint8_t)exponent;
		return;
	}
	for (; exponent && i->multiply > 1; exponent--)
		i->multiply /= 10;
	for (; exponent && i->divide < 10000000000000000000U; exponent--)
		i->divide *= 10;
	if (exponent) /* no 64-bit time of such a unit makes up a nanosecond */
		i->multiply = 0;
}

/* Returns whether the options are sound. */
static bool take_options(struct capture_interface *i, struct cursor c, bool big_endian)
{
	while (cursor_left(&c)) {
		unsigned code = cursor_u16_in(&c, big_endian);
		size_t length = cursor_u16_in(&c, big_endian);
		struct cursor value = c;

		cursor_cut(&value, length);
		cursor_skip(&c, length);
		cursor_skip(&c, -length % 4);
		if (code == OPTION_END || c.overrun)
			break;
		if (code == OPTION_TIME_UNIT) {
			set_time_unit(i, cursor_u8(&value));
		} else if (code == OPTION_TIME_OFFSET) {
			i->offset_s = (int64_t)cursor_u64_in(&value, big_endian);
		} else if (code == OPTION_FCS_LENGTH) {
			i->flags = cursor_u8(&value) ? CAPTURE_HAS_FCS : 0;
		}
		if (value.overrun)
			return false;
	}
	return !c.overrun;
}

static int add_interface(struct capture_pcapng *g, const struct capture_interface *i,
			 const struct block *block, struct diagnosis *d)
{
	if (g->n_interfaces == INTERFACES_MAX) {
		return diagnose(d, ERR_LIMIT, _("byte %llu: more than %d interfaces"),
				(unsigned long long)block->position, INTERFACES_MAX);
	}
	if (g->n_interfaces == g->interfaces_room) {
		size_t room = MAX(8, 2 * g->interfaces_room);
		struct capture_interface *grown = realloc(g->interfaces, room * sizeof(*grown));

		if (!grown)
			return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
		g->interfaces = grown;
		g->interfaces_room = room;
	}
	g->interfaces[g->n_interfaces++] = *i;
	return 0;
}

static int take_interface(struct capture_pcapng *g, struct block *block, struct diagnosis *d)
{
	struct capture_interface i = { 0 };

	set_time_unit(&i, 6); /* microseconds, when nothing is said */
	i.link_type = cursor_u16_in(&block->body, g->big_endian);
	cursor_skip(&block->body, 2);
	i.snap_bytes = cursor_u32_in(&block->body, g->big_endian);
	if (block->body.overrun || !take_options(&i, block->body, g->big_endian))
		return damage(block->position, d, _("an interface description that is broken"));
	return add_interface(g, &i, block, d);
}

static uint64_t time_of(const struct capture_interface *i, uint64_t ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * i->multiply >> i->shift;
	__int128 time;

	if (i->divide > 1)
		ns /= i->divide;
	time = (__int128)ns + (__int128)i->offset_s * (__int128)NS_PER_SECOND;
	return time < 0 ? 0 : time > UINT64_MAX ? UINT64_MAX : (uint64_t)time;
}

/* Takes the frame's bytes out of the block. Returns 1 or ERR_DAMAGED. */
static int take_frame(const struct capture_interface *i, struct block *block,
		      struct capture_frame *f, struct diagnosis *d)
{
	if (f->length > CAPTURE_FRAME_MAX) {
		return diagnose(d, ERR_DAMAGED,
				_("byte %llu: a frame of %u bytes, more than the maximum of %d"),
				(unsigned long long)block->position, f->length, CAPTURE_FRAME_MAX);
	}
	f->bytes = cursor_take(&block->body, f->length);
	if (!f->bytes) {
		return diagnose(d, ERR_DAMAGED,
				_("byte %llu: a frame of %u bytes in a block of %u"),
				(unsigned long long)block->position, f->length, block->total_bytes);
	}
	f->link_type = i->link_type;
	f->flags |= i->flags;
	return 1;
}

static int take_timed(struct capture_pcapng *g, struct block *block, struct capture_frame *f,
		      struct diagnosis *d)
{
	const uint8_t *head = cursor_take(&block->body, TIMED_HEAD_BYTES);
	struct cursor c;
	uint64_t ticks;
	uint32_t id;

	if (!head)
		return damage(block->position, d, _("a packet block that is too short"));
	c = cursor_over(head, TIMED_HEAD_BYTES);
	if (block->type == BLOCK_OBSOLETE) {
		id = cursor_u16_in(&c, g->big_endian);
		cursor_skip(&c, 2);
	} else {
		id = cursor_u32_in(&c, g->big_endian);
	}
	ticks = (uint64_t)cursor_u32_in(&c, g->big_endian) << 32;
	ticks |= cursor_u32_in(&c, g->big_endian);
	f->length = cursor_u32_in(&c, g->big_endian);
	f->wire_length = cursor_u32_in(&c, g->big_endian);
	f->flags = 0;
	if (id >= g->n_interfaces) {
		return diagnose(d, ERR_DAMAGED,
				_("byte %llu: a frame of interface %u, which is not described"),
				(unsigned long long)block->position, id);
	}
	f->time_ns = time_of(&g->interfaces[id], ticks);
	return take_frame(&g->interfaces[id], block, f, d);
}

static int take_simple(struct capture_pcapng *g, struct block *block, struct capture_frame *f,
		       struct diagnosis *d)
{
	const struct capture_interface *i = g->interfaces;

	f->wire_length = cursor_u32_in(&block->body, g->big_endian);
	if (block->body.overrun)
		return damage(block->position, d, _("a packet block that is too short"));
	if (g->n_interfaces == 0)
		return damage(block->position, d, _("a frame before any interface is described"));
	f->length = i->snap_bytes ? MIN(f->wire_length, i->snap_bytes) : f->wire_length;
	f->time_ns = g->last_time_ns;
	f->flags = CAPTURE_TIME_BORROWED;
	return take_frame(i, block, f, d);
}

/* Returns 1 when it has made a frame, 0 when the block is none, or a negative error. */
static int take_block(struct capture_pcapng *g, struct block *block, struct capture_frame *f,
		      struct diagnosis *d)
{
	switch (block->type) {
	case BLOCK_ENHANCED:
	case BLOCK_OBSOLETE:
		return take_timed(g, block, f, d);
	case BLOCK_SIMPLE:
		return take_simple(g, block, f, d);
	case BLOCK_INTERFACE:
		return take_interface(g, block, d);
	case PCAPNG_SECTION_HEADER:
		return take_section(g, block, d);
	default: /* names, statistics, secrets, comments, whatever comes */
		return 0;
	}
}

int capture_pcapng_begin(struct capture_pcapng *g, struct capture_bytes *b, uint64_t file_time_ns,
			 struct diagnosis *d)
{
	struct block block = { 0 };
	int status;

	memset(g, 0, sizeof(*g));
	g->last_time_ns = file_time_ns;
	status = next_block(g, b, &block, d);
	if (status < 0)
		return status;
	b->at += block.total_bytes;
	return take_section(g, &block, d);
}

int capture_pcapng_read(struct capture_pcapng *g, struct capture_bytes *b,
			struct capture_frame *ret_frames, int capacity, struct diagnosis *d)
{
	int n = 0;

	while (n < capacity) {
		struct block block = { 0 };
		/* Once a frame is handed out, the buffer stays as it is. */
		int status = n ? whole_block(g, b, &block, d) : next_block(g, b, &block, d);

		if (status <= 0)
			return n ? n : status;
		status = take_block(g, &block, &ret_frames[n], d);
		if (status < 0)
			return n ? n : status;
		CAPTURE_CALL_AHEAD(b, block.total_bytes);
		b->at += block.total_bytes;
		if (status) {
			g->last_time_ns = ret_frames[n].time_ns;
			n++;
		}
	}
	return n;
}

void capture_pcapng_finish(struct capture_pcapng *g)
{
	free(g->interfaces);
	memset(g, 0, sizeof(*g));
}
