/* Records that are columns of a line: the header says where, and each line is split as far as the
 * last that is needed. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "import/records_internal.h"

#define BIT(column) (1u << (column))

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
	ECE_CWR = 64 + 128,
};

static const char *const six_names[COLUMNS] = {
	[COLUMN_DATE] = "date",   [COLUMN_HOUR] = "hour", [COLUMN_SRC] = "saddr",
	[COLUMN_SPORT] = "sport", [COLUMN_DST] = "daddr", [COLUMN_DPORT] = "dport",
};

static const char *const zeek_names[COLUMNS] = {
	[COLUMN_TIME] = "ts",         [COLUMN_SRC] = "id.orig_h",   [COLUMN_SPORT] = "id.orig_p",
	[COLUMN_DST] = "id.resp_h",   [COLUMN_DPORT] = "id.resp_p", [COLUMN_PROTOCOL] = "proto",
	[COLUMN_SERVICE] = "service", [COLUMN_FLAGS] = "history",   [COLUMN_STATE] = "conn_state",
};

/* Log::default_scope_sep of sites whose database wants no dots. */
static const char *const zeek_other_names[COLUMNS] = {
	[COLUMN_TIME] = "ts",         [COLUMN_SRC] = "id_orig_h",   [COLUMN_SPORT] = "id_orig_p",
	[COLUMN_DST] = "id_resp_h",   [COLUMN_DPORT] = "id_resp_p", [COLUMN_PROTOCOL] = "proto",
	[COLUMN_SERVICE] = "service", [COLUMN_FLAGS] = "history",   [COLUMN_STATE] = "conn_state",
};

static const char *const argus_names[COLUMNS] = {
	[COLUMN_TIME] = "StartTime", [COLUMN_SRC] = "SrcAddr", [COLUMN_SPORT] = "Sport",
	[COLUMN_DST] = "DstAddr",    [COLUMN_DPORT] = "Dport", [COLUMN_PROTOCOL] = "Proto",
	[COLUMN_FLAGS] = "State",    [COLUMN_DIR] = "Dir",
};

static const char *const nfdump_names[COLUMNS] = {
	[COLUMN_TIME] = "ts",   [COLUMN_SRC] = "sa",       [COLUMN_SPORT] = "sp",
	[COLUMN_DST] = "da",    [COLUMN_DPORT] = "dp",     [COLUMN_PROTOCOL] = "pr",
	[COLUMN_FLAGS] = "flg", [COLUMN_REPLIES] = "opkt",
};

/* From nfdump 1.7.3 on. */
static const char *const nfdump_new_names[COLUMNS] = {
	[COLUMN_TIME] = "firstSeen", [COLUMN_SRC] = "srcAddr",        [COLUMN_SPORT] = "srcPort",
	[COLUMN_DST] = "dstAddr",    [COLUMN_DPORT] = "dstPort",      [COLUMN_PROTOCOL] = "proto",
	[COLUMN_FLAGS] = "flags",    [COLUMN_REPLIES] = "outPackets",
};

static int find_column(const char *const *names, struct words name)
{
	for (int i = 0; i < COLUMNS; i++) {
		if (names[i] && (words_are(name, names[i]) ||
				 (names == six_names && words_equal_caseless(name, names[i]))))
			return i;
	}
	return -1;
}

/* Which of the needed columns are missing under that set of names. */
static unsigned read_header(const struct records_format *format, char separator,
			    const char *const *names, struct words header, int ret_place[COLUMNS])
{
	unsigned missing = format->needed;
	struct words name;

	for (int i = 0; i < COLUMNS; i++)
		ret_place[i] = -1;
	for (int at = 0; at < RECORDS_COLUMNS_MAX && words_split(&header, separator, &name); at++) {
		int column;

		name = words_trim(name);
		if (name.n > 1 && name.at[0] == '"' && name.at[name.n - 1] == '"')
			name = (struct words){ name.at + 1, name.n - 2 };
		column = find_column(names, name);
		if (column >= 0 && ret_place[column] < 0) {
			ret_place[column] = at;
			missing &= ~BIT((unsigned)column);
		}
	}
	/* Either of Zeek's two does. */
	return ret_place[COLUMN_STATE] >= 0 ? missing & ~BIT(COLUMN_FLAGS) : missing;
}

bool records_header_is(const struct records_format *format, struct words header)
{
	int place[COLUMNS];

	for (size_t i = 0; i < ARRAY_LENGTH(format->columns) && format->columns[i]; i++) {
		const char *const *names = format->columns[i];
		unsigned missing = read_header(format, format->separator, names, header, place);

		/* Two that no other tool has: what else is missing is said then. */
		if (!(missing & (BIT(COLUMN_SRC) | BIT(COLUMN_DST))))
			return true;
	}
	return false;
}

int records_take_header(struct records *r, const struct records_format *format, struct words header,
			struct diagnosis *d)
{
	unsigned missing = format->needed;
	const char *const *names = NULL;

	for (size_t i = 0; missing && i < ARRAY_LENGTH(format->columns) && format->columns[i];
	     i++) {
		int place[COLUMNS];
		unsigned lacks =
			read_header(format, r->separator, format->columns[i], header, place);

		if (names && lacks & (BIT(COLUMN_SRC) | BIT(COLUMN_DST)))
			continue;
		names = format->columns[i];
		missing = lacks;
		memcpy(r->place, place, sizeof(place));
	}
	for (int i = 0; i < COLUMNS; i++) {
		if (missing & BIT((unsigned)i)) {
			return diagnose(d, ERR_FORMAT, _("%s without the column \"%s\""),
					format->name, names[i]);
		}
	}
	/* Of columns that this header lacks nothing is left. */
	memset(r->field, 0, sizeof(r->field));
	r->last_place = 0;
	for (int i = 0; i < COLUMNS; i++)
		r->last_place = MAX(r->last_place, r->place[i]);
	return 0;
}

bool records_bare_is(const struct records_format *format, struct words line)
{
	static const enum record_column wanted[] = { COLUMN_TIME, COLUMN_SRC, COLUMN_SPORT,
						     COLUMN_DST, COLUMN_DPORT };
	struct words part, f[COLUMNS] = { { "", 0 } };
	struct net_addr addr;
	int place[COLUMNS];
	uint64_t time_ns;
	uint16_t port;

	if (read_header(format, format->separator, format->columns[0], words_of(format->bare),
			place))
		return false;
	for (int at = 0; at < RECORDS_COLUMNS_MAX && words_split(&line, format->separator, &part);
	     at++) {
		for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
			if (place[wanted[i]] == at)
				f[wanted[i]] = part;
		}
	}
	return (words_epoch(f[COLUMN_TIME], &time_ns) ||
		words_time(f[COLUMN_TIME], true, &time_ns)) &&
	       words_addr(f[COLUMN_SRC], &addr) && words_addr(f[COLUMN_DST], &addr) &&
	       words_port(f[COLUMN_SPORT], &port) && words_port(f[COLUMN_DPORT], &port);
}

bool records_split(struct records *r, struct words line)
{
	struct words all[RECORDS_COLUMNS_MAX];
	const char *at = line.at, *end = line.at + line.n;
	const char separator = r->separator, *found;
	int n = 0;

	while (n < r->last_place) {
		found = memchr(at, separator, (size_t)(end - at));
		if (!found)
			return false;
		all[n++] = (struct words){ at, (size_t)(found - at) };
		at = found + 1;
	}
	found = memchr(at, separator, (size_t)(end - at));
	all[n] = (struct words){ at, (size_t)((found ? found : end) - at) };
	for (int i = 0; i < COLUMNS; i++) {
		if (r->place[i] >= 0)
			r->field[i] = all[r->place[i]];
	}
	return true;
}

/* Dotted decimal, as fast as it can be read; whatever is not just that goes the long way. */
static bool read_addr(struct words w, struct net_addr *ret_addr)
{
	const char *at = w.at, *end;
	uint32_t v4 = 0;

	if (w.n == 0) /* of JSON's: not there, and no address to count from */
		return false;
	end = at + w.n;
	for (int i = 0; i < 4; i++) {
		unsigned byte, digit;

		if (at == end || (byte = (unsigned)(*at++ - '0')) > 9)
			return words_addr(w, ret_addr);
		while (at < end && (digit = (unsigned)(*at - '0')) <= 9) {
			if (byte == 0 || (byte = byte * 10 + digit) > 255)
				return words_addr(w, ret_addr);
			at++;
		}
		v4 = v4 << 8 | byte;
		if (i < 3 && (at == end || *at++ != '.'))
			return words_addr(w, ret_addr);
	}
	if (at != end)
		return false;
	*ret_addr = addr_from_v4(v4);
	return true;
}

enum record_verdict records_ends(struct records *r, struct words host, struct words port,
				 struct words peer, struct words peer_port, struct sighting *ret)
{
	if (!read_addr(host, &ret->host))
		return record_bad(r, _("address"), host);
	if (!words_port(port, &ret->port) || ret->port == 0)
		return record_bad(r, _("port"), port);
	if (!read_addr(peer, &ret->peer))
		return record_bad(r, _("address"), peer);
	if (!words_port(peer_port, &ret->peer_port))
		return record_bad(r, _("port"), peer_port);
	ret->protocol = SIGHTING_PROTOCOL_TCP;
	if (r->options.networks && !prefix_set_contains(r->options.networks, ret->host))
		return RECORD_FOREIGN;
	return RECORD_SIGHTING;
}

/* The source's, or the destination's end as the SYN+ACK's sender. */
static enum record_verdict take_ends(struct records *r, bool destination, struct sighting *ret)
{
	const struct words *f = r->field;

	return destination ? records_ends(r, f[COLUMN_DST], f[COLUMN_DPORT], f[COLUMN_SRC],
					  f[COLUMN_SPORT], ret)
			   : records_ends(r, f[COLUMN_SRC], f[COLUMN_SPORT], f[COLUMN_DST],
					  f[COLUMN_DPORT], ret);
}

/*
 * The flags of a connection's packets are put together, so a client that sent SYN and later ACK
 * looks like one that sent SYN+ACK. Where only one end did both, the other's packets were perhaps
 * not seen: then nothing but SYN and ACK is taken for a SYN+ACK.
 */
int records_responder(uint8_t src_flags, uint8_t dst_flags, bool src_began)
{
	const uint8_t both = SYN | ACK;
	bool src = (src_flags & both) == both, dst = (dst_flags & both) == both;

	if (dst && (!src || src_began))
		return 1;
	if (src && dst)
		return -2;
	if (!src)
		return -1;
	return (src_flags & ~ECE_CWR) == both ? 0 : -2;
}

static enum record_verdict too_few(struct records *r, struct words line)
{
	return record_bad(r, _("too few columns"), line);
}

/* ---- Zeek ---- */

int records_zeek_responder(struct words history, struct words state)
{
	static const char *const answered[] = { "SF",   "S1",   "S2",  "S3",
						"RSTO", "RSTR", "SHR", "RSTRH" };

	if (history.n > 0 && !words_are(history, "-")) {
		if (memchr(history.at, 'h', history.n))
			return 1;
		return memchr(history.at, 'H', history.n) ? 0 : -1;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(answered); i++) {
		if (words_are(state, answered[i]))
			return 1;
	}
	return -1;
}

/* "#separator \x09": the code of a character, or the character itself. */
static void zeek_separator(struct records *r, struct words value)
{
	unsigned code;

	if (value.n == 1)
		r->separator = value.at[0];
	else if (value.n == 4 && words_begin(value, "\\x") &&
		 words_hex((struct words){ value.at + 2, 2 }, &code))
		r->separator = (char)code;
}

/* "#fields" names the columns, "#path" the log. Files put together have several. */
static enum record_verdict zeek_comment(struct records *r, struct words line)
{
	struct words name, rest = line;

	if (words_split(&rest, ' ', &name) && rest.at && words_are(name, "#separator")) {
		zeek_separator(r, rest);
		return RECORD_NONE;
	}
	if (!words_split(&line, r->separator, &name) || !line.at)
		return RECORD_NONE;
	if (words_are(name, "#fields")) {
		r->error = records_take_header(r, &records_zeek, line, &r->words);
	} else if (words_are(name, "#path") && !words_are(line, "conn")) {
		char shown[WORDS_SHOWN_MAX];

		r->error = diagnose(&r->words, ERR_FORMAT,
				    _("Zeek's log \"%s\"; what is wanted is its conn.log"),
				    words_show(line, shown));
	}
	return r->error < 0 ? RECORD_ERROR : RECORD_NONE;
}

static enum record_verdict zeek_line(struct records *r, struct words line, struct sighting *ret)
{
	const struct words *f = r->field;
	enum record_verdict verdict;
	int responder;

	if (line.at[0] == '#')
		return zeek_comment(r, line);
	if (r->last_place == 0) {
		r->error = diagnose(&r->words, ERR_FORMAT,
				    _("Zeek's log without the line \"#fields\""));
		return RECORD_ERROR;
	}
	if (!records_split(r, line))
		return too_few(r, line);
	if (!words_are(f[COLUMN_PROTOCOL], "tcp"))
		return RECORD_OTHER;
	responder = records_zeek_responder(f[COLUMN_FLAGS], f[COLUMN_STATE]);
	if (responder < 0)
		return RECORD_OTHER;
	if (!words_epoch(f[COLUMN_TIME], &ret->time_ns) &&
	    !words_time(f[COLUMN_TIME], false, &ret->time_ns))
		return record_bad(r, "ts", f[COLUMN_TIME]);
	verdict = take_ends(r, responder, ret);
	/* The originator's own: a split handshake (docs/marks.md). */
	ret->marks = responder ? 0 : MARK_SPLIT_HANDSHAKE;
	if (r->place[COLUMN_SERVICE] >= 0 &&
	    memmem(f[COLUMN_SERVICE].at, f[COLUMN_SERVICE].n, "ftp-data", 8))
		ret->marks |= MARK_FTP_DATA;
	return verdict;
}

const struct records_format records_zeek = {
	.name = "Zeek conn.log",
	.separator = '\t',
	.columns = { zeek_names, zeek_other_names },
	/* history comes behind a column that some versions lack. */
	.bare = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes"
		"\tresp_bytes\tconn_state",
	.needed = BIT(COLUMN_TIME) | BIT(COLUMN_SRC) | BIT(COLUMN_SPORT) | BIT(COLUMN_DST) |
		  BIT(COLUMN_DPORT) | BIT(COLUMN_PROTOCOL) | BIT(COLUMN_FLAGS),
	.line = zeek_line,
};

/* ---- six fields ---- */

/* The first instant of that hour, in the site's zone. */
static bool read_hour(struct records *r, struct words date, struct words hour)
{
	uint64_t day, hour_of_day;
	char text[64];

	if (!words_number(hour, &hour_of_day) || hour_of_day > 23 || hour.n > 2)
		return false;
	if (date.n <= 2) {
		if (!words_number(date, &day))
			return false;
		snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:00", r->options.year,
			 r->options.month, (int)day, (int)hour_of_day);
	} else {
		if (date.n != 10)
			return false;
		snprintf(text, sizeof(text), "%.10sT%02d:00", date.at, (int)hour_of_day);
	}
	return zone_parse(text, &r->hour_ns, NULL) == 0;
}

static enum record_verdict six_time(struct records *r, struct words date, struct words hour)
{
	size_t n = date.n + hour.n + 1;

	/* They stand side by side in nearly every table: one comparison. */
	if (hour.at == date.at + date.n + 1 && n == r->hour_length &&
	    memcmp(date.at, r->hour_text, n) == 0)
		return RECORD_SIGHTING;
	if (date.n <= 2 && !r->options.month) {
		uint64_t day;

		if (!words_number(date, &day))
			return record_bad(r, "date", date);
		r->error =
			diagnose(&r->words, ERR_USAGE,
				 _("its dates are days of a month: say which (--month 2019-01)"));
		return RECORD_ERROR;
	}
	if (!read_hour(r, date, hour))
		return record_bad(r, _("date and hour"), (struct words){ date.at, n });
	r->hour_length = 0;
	if (hour.at == date.at + date.n + 1 && n < sizeof(r->hour_text)) {
		memcpy(r->hour_text, date.at, n);
		r->hour_length = n;
	}
	return RECORD_SIGHTING;
}

static enum record_verdict six_fields(struct records *r, struct sighting *ret)
{
	enum record_verdict verdict = six_time(r, r->field[COLUMN_DATE], r->field[COLUMN_HOUR]);

	if (verdict != RECORD_SIGHTING)
		return verdict;
	ret->time_ns = r->hour_ns;
	ret->marks = 0;
	return take_ends(r, false, ret);
}

/* Some programs write every field in quotes, or blanks around them. */
static struct words unquote(struct words line, char *ret_text)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++) {
		if (line.at[i] != '"' && line.at[i] != ' ')
			ret_text[n++] = line.at[i];
	}
	return (struct words){ ret_text, n };
}

static enum record_verdict six_line(struct records *r, struct words line, struct sighting *ret)
{
	enum record_verdict verdict;

	r->account.hours_only = true;
	if (line.n > 0 && line.n < sizeof(r->line_copy) && memchr(" \t\"", line.at[0], 3))
		line = unquote(line, r->line_copy);
	if (!records_split(r, line))
		return too_few(r, line);
	verdict = six_fields(r, ret);
	if (verdict == RECORD_MALFORMED && line.n < sizeof(r->line_copy) &&
	    memchr(line.at, ' ', line.n)) {
		line = unquote(line, r->line_copy);
		verdict = records_split(r, line) ? six_fields(r, ret) : too_few(r, line);
	}
	/* The header again, where files were put together. */
	if (verdict == RECORD_MALFORMED && records_header_is(&records_six, line))
		return RECORD_NONE;
	return verdict;
}

const struct records_format records_six = {
	.name = N_("six fields"),
	.separator = ',',
	.columns = { six_names },
	.needed = BIT(COLUMN_DATE) | BIT(COLUMN_HOUR) | BIT(COLUMN_SRC) | BIT(COLUMN_SPORT) |
		  BIT(COLUMN_DST) | BIT(COLUMN_DPORT),
	.line = six_line,
};

/* ---- argus ---- */

/* "FSPAEC": what one end sent. False for anything else. */
static bool read_flags(struct words w, uint8_t *ret_flags)
{
	unsigned bits;

	*ret_flags = 0;
	if (words_begin(w, "0x")) { /* nfdump until 1.6, of ECN's */
		if (!words_hex((struct words){ w.at + 2, w.n - 2 }, &bits))
			return false;
		*ret_flags = (uint8_t)bits;
		return true;
	}
	for (size_t i = 0; i < w.n; i++) {
		switch (w.at[i]) {
		case 'F':
			*ret_flags |= FIN;
			break;
		case 'S':
			*ret_flags |= SYN;
			break;
		case 'R':
			*ret_flags |= RST;
			break;
		case 'P':
			*ret_flags |= PSH;
			break;
		case 'A':
			*ret_flags |= ACK;
			break;
		case 'E':
		case 'C':
		case 'U':
		case 'e':
		case 'c':
		case '.':
			break;
		default:
			return false;
		}
	}
	return true;
}

/* The state as ra -Zb prints it ("FSPA_FSPA"), or its names, which tell less. */
static int argus_responder(struct words state, struct words dir)
{
	bool to_dst = memmem(dir.at, dir.n, "->", 2) != NULL;
	bool to_src = memmem(dir.at, dir.n, "<-", 2) != NULL;
	struct words src = { NULL, 0 }, dst = state;
	uint8_t src_flags, dst_flags;

	if (memchr(state.at, '_', state.n) && words_split(&dst, '_', &src)) {
		if (!read_flags(src, &src_flags) || !read_flags(dst, &dst_flags))
			return -3;
		if (to_src && !to_dst) {
			int other = records_responder(dst_flags, src_flags, true);

			return other < 0 ? other : !other;
		}
		return records_responder(src_flags, dst_flags, to_dst && !to_src);
	}
	if (words_are(state, "REQ") || words_are(state, "TIM") || state.n == 0)
		return -1;
	if (!words_are(state, "CON") && !words_are(state, "FIN"))
		return -2;
	return to_dst != to_src ? to_dst : -2;
}

static enum record_verdict argus_line(struct records *r, struct words line, struct sighting *ret)
{
	struct words *f = r->field;
	int responder =
		0; /* without a state: rows of a capture of SYN+ACKs, as the source made them */

	if (!records_split(r, line))
		return too_few(r, line);
	for (int i = 0; i < COLUMNS; i++) {
		if (r->place[i] >= 0)
			f[i] = words_trim(f[i]);
	}
	if (words_are(f[COLUMN_SRC], "SrcAddr"))
		return RECORD_NONE;
	/* What argus says of itself comes without ports, and so do other protocols. */
	if ((r->place[COLUMN_PROTOCOL] >= 0 && !words_are(f[COLUMN_PROTOCOL], "tcp") &&
	     !words_are(f[COLUMN_PROTOCOL], "6")) ||
	    f[COLUMN_SPORT].n == 0 || f[COLUMN_DPORT].n == 0)
		return RECORD_OTHER;
	if (r->place[COLUMN_FLAGS] >= 0) {
		struct words dir = r->place[COLUMN_DIR] >= 0 ? f[COLUMN_DIR] : words_of("->");

		responder = argus_responder(f[COLUMN_FLAGS], dir);
	}
	if (responder < 0)
		return responder == -1   ? RECORD_OTHER
		       : responder == -2 ? RECORD_UNDECIDED
					 : record_bad(r, "State", f[COLUMN_FLAGS]);
	if (!words_epoch(f[COLUMN_TIME], &ret->time_ns) &&
	    !words_time(f[COLUMN_TIME], true, &ret->time_ns))
		return record_bad(r, "StartTime", f[COLUMN_TIME]);
	ret->marks = 0;
	return take_ends(r, responder, ret);
}

const struct records_format records_argus = {
	.name = "argus (ra)",
	.separator = ',',
	.columns = { argus_names },
	.needed = BIT(COLUMN_TIME) | BIT(COLUMN_SRC) | BIT(COLUMN_SPORT) | BIT(COLUMN_DST) |
		  BIT(COLUMN_DPORT),
	.line = argus_line,
};

/* ---- nfdump ---- */

/*
 * A flow is one direction, and its flags are put together: of a whole connection both directions
 * have SYN and ACK. Which one answered, only the ports tell: as nfdump -B does, the lower one is
 * taken for the service's. Not where it is 20, from which FTP servers begin connections.
 *
 * -b and -B put the two directions of a connection together: such a row has packets of the answer,
 * and the flags of its source, which sent an ACK only because it got a SYN+ACK, or is the service.
 * If it sent SYN and RST and no ACK, as scanners do, it got a SYN+ACK as well.
 */
#define PORT_FTP_DATA 20

/* "2019-01-24 09:00:01" in the site's zone; -o csv_fast and %tsr since 1970. */
static bool nfdump_time(struct words w, uint64_t *ret_time_ns)
{
	return words_time(w, true, ret_time_ns) || words_epoch(w, ret_time_ns);
}

static bool nfdump_has_answer(const struct records *r)
{
	uint64_t packets;

	return r->place[COLUMN_REPLIES] >= 0 &&
	       words_number(words_trim(r->field[COLUMN_REPLIES]), &packets) && packets > 0;
}

static enum record_verdict nfdump_line(struct records *r, struct words line, struct sighting *ret)
{
	const struct words *f = r->field;
	enum record_verdict verdict;
	bool answered, refused;
	uint8_t flags;

	if (r->ended || words_are(line, "Summary")) {
		r->ended = true;
		return RECORD_NONE;
	}
	if (!records_split(r, line))
		return too_few(r, line);
	if (!words_equal_caseless(words_trim(f[COLUMN_PROTOCOL]), "tcp") &&
	    !words_are(words_trim(f[COLUMN_PROTOCOL]), "6"))
		return records_header_is(&records_nfdump, line) ? RECORD_NONE : RECORD_OTHER;
	if (!read_flags(words_trim(f[COLUMN_FLAGS]), &flags))
		return record_bad(r, r->format->columns[0][COLUMN_FLAGS], f[COLUMN_FLAGS]);
	answered = nfdump_has_answer(r);
	refused = answered && (flags & (SYN | RST | ACK)) == (SYN | RST);
	if (!refused && (flags & (SYN | ACK)) != (SYN | ACK))
		return RECORD_OTHER;
	if (!nfdump_time(words_trim(f[COLUMN_TIME]), &ret->time_ns))
		return record_bad(r, "ts", f[COLUMN_TIME]);
	ret->marks = 0;
	for (int i = 0; i < COLUMNS; i++) {
		if (r->place[i] >= 0)
			r->field[i] = words_trim(f[i]);
	}
	if (refused)
		return take_ends(r, true, ret);
	verdict = take_ends(r, false, ret);
	if (verdict == RECORD_MALFORMED)
		return verdict;
	if (ret->port == ret->peer_port || ret->port == PORT_FTP_DATA ||
	    ret->peer_port == PORT_FTP_DATA)
		return RECORD_UNDECIDED;
	if (ret->port < ret->peer_port)
		return verdict;
	return answered ? take_ends(r, true, ret) : RECORD_OTHER;
}

const struct records_format records_nfdump = {
	.name = "nfdump csv",
	.separator = ',',
	.columns = { nfdump_names, nfdump_new_names },
	.bare = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt",
	.needed = BIT(COLUMN_TIME) | BIT(COLUMN_SRC) | BIT(COLUMN_SPORT) | BIT(COLUMN_DST) |
		  BIT(COLUMN_DPORT) | BIT(COLUMN_PROTOCOL) | BIT(COLUMN_FLAGS),
	.line = nfdump_line,
};
