/*
 * Records that are lines of JSON: Zeek's, Suricata's, our own. There are millions of them with a
 * dozen wanted words each: they are looked for in place, by a scanner of our own that checks the
 * line's structure and copies nothing. (The scans' JSON, which comes in any shape and is smaller,
 * goes through yajl.)
 */
#include "base/i18n.h"
#include "import/records_internal.h"

#define DEPTH_MAX 32

enum value {
	ZEEK_TIME,
	ZEEK_SRC,
	ZEEK_SPORT,
	ZEEK_DST,
	ZEEK_DPORT,
	ZEEK_HISTORY,
	ZEEK_STATE,
	ZEEK_SERVICE,
	ZEEK_PATH,
	EVE_TYPE,
	EVE_TIME,
	EVE_SRC,
	EVE_SPORT,
	EVE_DST,
	EVE_DPORT,
	EVE_START,
	EVE_TO_SERVER,
	EVE_TO_CLIENT,
	EVE_APPLICATION,
	OUR_TIME,
	OUR_SRC,
	OUR_SPORT,
	OUR_DST,
	OUR_DPORT,
	OUR_MARKS,
	PROTOCOL, /* Zeek's and Suricata's */
	VALUES
};

/* In the order of their keys' lengths: records_json_prepare says where each length begins. */
static const struct {
	const char *part, *key;
	enum value value;
} wanted[] = {
	{ "", "ts", ZEEK_TIME },
	{ "", "time", OUR_TIME },
	{ "", "_path", ZEEK_PATH },
	{ "", "proto", PROTOCOL },
	{ "flow", "start", EVE_START },
	{ "", "saddr", OUR_SRC },
	{ "", "sport", OUR_SPORT },
	{ "", "daddr", OUR_DST },
	{ "", "dport", OUR_DPORT },
	{ "", "marks", OUR_MARKS },
	{ "", "src_ip", EVE_SRC },
	{ "id", "orig_h", ZEEK_SRC },
	{ "id", "orig_p", ZEEK_SPORT },
	{ "id", "resp_h", ZEEK_DST },
	{ "id", "resp_p", ZEEK_DPORT },
	{ "", "history", ZEEK_HISTORY },
	{ "", "service", ZEEK_SERVICE },
	{ "", "dest_ip", EVE_DST },
	{ "", "src_port", EVE_SPORT },
	{ "", "id.orig_h", ZEEK_SRC },
	{ "", "id.orig_p", ZEEK_SPORT },
	{ "", "id.resp_h", ZEEK_DST },
	{ "", "id.resp_p", ZEEK_DPORT },
	{ "", "id_orig_h", ZEEK_SRC }, /* Log::default_scope_sep */
	{ "", "id_orig_p", ZEEK_SPORT },
	{ "", "id_resp_h", ZEEK_DST },
	{ "", "id_resp_p", ZEEK_DPORT },
	{ "", "timestamp", EVE_TIME },
	{ "", "dest_port", EVE_DPORT },
	{ "", "app_proto", EVE_APPLICATION },
	{ "", "conn_state", ZEEK_STATE },
	{ "", "event_type", EVE_TYPE },
	{ "tcp", "tcp_flags_ts", EVE_TO_SERVER },
	{ "tcp", "tcp_flags_tc", EVE_TO_CLIENT },
};

void records_json_prepare(struct records *r)
{
	memset(r->json_length_at, ARRAY_LENGTH(wanted), sizeof(r->json_length_at));
	for (size_t i = ARRAY_LENGTH(wanted); i-- > 0;) {
		for (size_t n = 0; n <= strlen(wanted[i].key) && n <= RECORDS_JSON_KEY_MAX; n++)
			r->json_length_at[n] = (uint8_t)i;
	}
}

struct scan {
	const char *at, *end;
	const uint8_t *length_at;
	struct records_json_known *known; /* of the lines before; NULL: there are none */
	struct words found[VALUES];       /* at NULL: not there */
};

static inline void skip_blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

static inline bool take_char(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* A string, without its quotes; its escapes stay as they are. */
static inline bool take_string(struct scan *s, struct words *ret)
{
	const char *at, *end = s->end;

	if (!take_char(s, '"'))
		return false;
	/* Most have a dozen bytes: no call is worth it. */
	for (at = s->at; at < end && *at != '"'; at++) {
		if (*at == '\\' && ++at == end)
			return false;
	}
	if (at == end)
		return false;
	*ret = (struct words){ s->at, (size_t)(at - s->at) };
	s->at = at + 1;
	return true;
}

/* A number, true, false, null: what it is, whoever takes it checks. */
static inline bool take_word(struct scan *s, struct words *ret)
{
	static const bool ends[256] = {
		[','] = true, ['}'] = true, [']'] = true, [' '] = true, ['\t'] = true,
		['"'] = true, ['{'] = true, ['['] = true, [':'] = true,
	};
	const char *at = s->at;

	while (at < s->end && !ends[(unsigned char)*at])
		at++;
	*ret = (struct words){ s->at, (size_t)(at - s->at) };
	s->at = at;
	return ret->n > 0;
}

/* VALUES: nothing that is wanted. */
static uint8_t slot_of(const struct scan *s, struct words part, struct words key)
{
	if (key.n == 0 || key.n > RECORDS_JSON_KEY_MAX)
		return VALUES;
	for (size_t i = s->length_at[key.n]; i < s->length_at[key.n + 1]; i++) {
		/* The last letter tells most of them apart. */
		if (key.at[key.n - 1] == wanted[i].key[key.n - 1] &&
		    memcmp(key.at, wanted[i].key, key.n) == 0 && words_are(part, wanted[i].part))
			return (uint8_t)wanted[i].value;
	}
	return VALUES;
}

static bool take_object(struct scan *s, struct words part, int depth);

/* Values of arrays are not looked at. */
static bool take_value(struct scan *s, struct words key, uint8_t slot, int depth)
{
	const struct words nothing = { "", 0 };
	struct words value;

	skip_blanks(s);
	if (s->at == s->end || depth > DEPTH_MAX)
		return false;
	if (*s->at == '{')
		return take_object(s, depth == 1 ? key : nothing, depth + 1);
	if (*s->at == '[') {
		s->at++;
		if (take_char(s, ']'))
			return true;
		do {
			if (!take_value(s, nothing, VALUES, depth + 1))
				return false;
		} while (take_char(s, ','));
		return take_char(s, ']');
	}
	if (!(*s->at == '"' ? take_string(s, &value) : take_word(s, &value)))
		return false;
	if (slot < VALUES)
		s->found[slot] = value;
	return true;
}

static bool take_key(struct scan *s, struct words part, int depth, struct words *ret_key,
		     uint8_t *ret_slot)
{
	if (!take_string(s, ret_key) || !take_char(s, ':'))
		return false;
	/* What is in an object without a name is not the record's own. */
	*ret_slot = depth == 1 || (depth == 2 && part.n > 0) ? slot_of(s, part, *ret_key) : VALUES;
	return true;
}

/*
 * A program writes the same keys in the same order, line by line: what stands here is first held
 * against what stood in the same place of the line before, in one comparison.
 */
static inline bool take_known_key(struct scan *s, struct records_json_known *known,
				  struct words *ret_key, uint8_t *ret_slot)
{
	const char *start = s->at;
	size_t length;

	if (known->length > 0 && (size_t)(s->end - start) >= known->length &&
	    memcmp(start, known->text, known->length) == 0) {
		s->at += known->length;
		*ret_key = (struct words){ start + known->key_at, known->key_length };
		*ret_slot = known->slot;
		return true;
	}
	if (!take_key(s, (struct words){ "", 0 }, 1, ret_key, ret_slot))
		return false;
	length = (size_t)(s->at - start);
	known->length = 0;
	if (length <= sizeof(known->text)) {
		memcpy(known->text, start, length);
		known->length = (uint8_t)length;
		known->key_at = (uint8_t)(ret_key->at - start);
		known->key_length = (uint8_t)ret_key->n;
		known->slot = *ret_slot;
	}
	return true;
}

static bool take_object(struct scan *s, struct words part, int depth)
{
	struct words key;
	uint8_t slot;
	int n = 0;

	if (!take_char(s, '{'))
		return false;
	if (take_char(s, '}'))
		return true;
	do {
		bool taken = depth == 1 && s->known && n < RECORDS_JSON_KNOWN
				     ? take_known_key(s, &s->known[n++], &key, &slot)
				     : take_key(s, part, depth, &key, &slot);

		if (!taken || !take_value(s, key, slot, depth))
			return false;
	} while (take_char(s, ','));
	return take_char(s, '}');
}

static enum record_verdict zeek_record(struct records *r, const struct words *f,
				       struct sighting *ret)
{
	enum record_verdict verdict;
	int responder;

	if (f[ZEEK_PATH].at && !words_are(f[ZEEK_PATH], "conn"))
		return RECORD_OTHER;
	if (!words_are(f[PROTOCOL], "tcp"))
		return RECORD_OTHER;
	responder = records_zeek_responder(f[ZEEK_HISTORY], f[ZEEK_STATE]);
	if (responder < 0)
		return RECORD_OTHER;
	if (!f[ZEEK_TIME].at || (!words_epoch(f[ZEEK_TIME], &ret->time_ns) &&
				 !words_time(f[ZEEK_TIME], false, &ret->time_ns)))
		return record_bad(r, "ts", f[ZEEK_TIME]);
	verdict = responder ? records_ends(r, f[ZEEK_DST], f[ZEEK_DPORT], f[ZEEK_SRC],
					   f[ZEEK_SPORT], ret)
			    : records_ends(r, f[ZEEK_SRC], f[ZEEK_SPORT], f[ZEEK_DST],
					   f[ZEEK_DPORT], ret);
	ret->marks = responder ? 0 : MARK_SPLIT_HANDSHAKE;
	if (f[ZEEK_SERVICE].at && memmem(f[ZEEK_SERVICE].at, f[ZEEK_SERVICE].n, "ftp-data", 8))
		ret->marks |= MARK_FTP_DATA;
	return verdict;
}

/* "1b"; absent where nothing was sent. */
static bool read_hex(struct words w, uint8_t *ret_flags)
{
	unsigned value = 0;

	if (w.at && !words_hex(w, &value))
		return false;
	*ret_flags = (uint8_t)value;
	return true;
}

static enum record_verdict eve_record(struct records *r, const struct words *f,
				      struct sighting *ret)
{
	struct words start = f[EVE_START].at ? f[EVE_START] : f[EVE_TIME];
	uint8_t to_server, to_client;
	enum record_verdict verdict;
	int responder;

	if (!words_are(f[EVE_TYPE], "flow") || !words_equal_caseless(f[PROTOCOL], "tcp"))
		return RECORD_OTHER;
	if (!read_hex(f[EVE_TO_SERVER], &to_server))
		return record_bad(r, "tcp_flags_ts", f[EVE_TO_SERVER]);
	if (!read_hex(f[EVE_TO_CLIENT], &to_client))
		return record_bad(r, "tcp_flags_tc", f[EVE_TO_CLIENT]);
	responder = records_responder(to_server, to_client, true);
	if (responder < 0)
		return responder == -1 ? RECORD_OTHER : RECORD_UNDECIDED;
	if (!start.at || !words_time(start, false, &ret->time_ns))
		return record_bad(r, "flow.start", start);
	verdict =
		responder
			? records_ends(r, f[EVE_DST], f[EVE_DPORT], f[EVE_SRC], f[EVE_SPORT], ret)
			: records_ends(r, f[EVE_SRC], f[EVE_SPORT], f[EVE_DST], f[EVE_DPORT], ret);
	ret->marks = f[EVE_APPLICATION].at && words_are(f[EVE_APPLICATION], "ftp-data")
			     ? MARK_FTP_DATA
			     : 0;
	return verdict;
}

static enum record_verdict our_record(struct records *r, const struct words *f,
				      struct sighting *ret)
{
	char marks[MARKS_TEXT_MAX] = "";
	const char *unknown;

	if (!f[OUR_TIME].at || !words_time(f[OUR_TIME], false, &ret->time_ns))
		return record_bad(r, "time", f[OUR_TIME]);
	ret->marks = 0;
	if (f[OUR_MARKS].at) {
		if (f[OUR_MARKS].n >= sizeof(marks))
			return record_bad(r, "marks", f[OUR_MARKS]);
		memcpy(marks, f[OUR_MARKS].at, f[OUR_MARKS].n);
		if (!marks_parse(marks, &ret->marks, &unknown))
			return record_bad(r, "marks", f[OUR_MARKS]);
		ret->marks &= MARK_STORED_ALL;
	}
	return records_ends(r, f[OUR_SRC], f[OUR_SPORT], f[OUR_DST], f[OUR_DPORT], ret);
}

bool records_json_are(struct words line)
{
	struct records r;
	struct scan s = { .at = line.at, .end = line.at + line.n, .length_at = r.json_length_at };

	records_json_prepare(&r);
	return take_object(&s, (struct words){ "", 0 }, 1) &&
	       (s.found[EVE_TYPE].at || s.found[OUR_SRC].at || s.found[ZEEK_SRC].at ||
		s.found[ZEEK_PATH].at);
}

static enum record_verdict json_line(struct records *r, struct words line, struct sighting *ret);

static const struct records_format json_zeek = { .name = "Zeek conn.log, JSON", .line = json_line };
static const struct records_format json_eve = { .name = "Suricata EVE", .line = json_line };
static const struct records_format json_ours = { .name = N_("sekimori's records, JSON"),
						 .line = json_line };
const struct records_format records_json = { .name = "JSON", .line = json_line };

static enum record_verdict json_line(struct records *r, struct words line, struct sighting *ret)
{
	struct scan s = { .at = line.at,
			  .end = line.at + line.n,
			  .length_at = r->json_length_at,
			  .known = r->json_known };
	const struct records_format *format;
	enum record_verdict verdict;

	if (!take_object(&s, (struct words){ "", 0 }, 1))
		return record_bad(r, _("no JSON object"), line);
	skip_blanks(&s);
	if (s.at != s.end)
		return record_bad(r, _("behind the JSON object"),
				  (struct words){ s.at, (size_t)(s.end - s.at) });
	if (s.found[EVE_TYPE].at) {
		format = &json_eve;
		verdict = eve_record(r, s.found, ret);
	} else if (s.found[OUR_SRC].at) {
		format = &json_ours;
		verdict = our_record(r, s.found, ret);
	} else if (s.found[ZEEK_SRC].at || s.found[ZEEK_PATH].at) {
		format = &json_zeek;
		verdict = zeek_record(r, s.found, ret);
	} else {
		return record_bad(r, _("no record of a connection"), line);
	}
	if (r->format == &records_json)
		r->format = format;
	return verdict;
}
