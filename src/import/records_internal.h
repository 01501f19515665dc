/* What the readers of records share: one line in, a verdict out. */
#ifndef SEKIMORI_IMPORT_RECORDS_INTERNAL_H
#define SEKIMORI_IMPORT_RECORDS_INTERNAL_H

#include "import/input_internal.h"
#include "import/records.h"
#include "import/words_internal.h"

#define RECORDS_COLUMNS_MAX 128 /* of a line; further ones are not looked at */

#define RECORDS_JSON_KEY_MAX 16 /* no wanted key is longer */
#define RECORDS_JSON_KNOWN   40 /* keys of a line that are remembered */

/* A key as it stood in the line before, from the comma or brace to behind its colon. */
struct records_json_known {
	uint8_t length; /* 0: nothing is remembered */
	uint8_t key_at, key_length;
	uint8_t slot; /* what it is the key of */
	char text[28];
};

enum record_verdict {
	RECORD_SIGHTING,
	RECORD_FOREIGN,
	RECORD_OTHER,
	RECORD_UNDECIDED,
	RECORD_MALFORMED, /* `bad` says what */
	RECORD_NONE,      /* no record: a header, a comment, an empty line */
	RECORD_ERROR,     /* `error`, and words: the file cannot be read on */
};

/* What a reader looks for among the columns. */
enum record_column {
	COLUMN_TIME,
	COLUMN_DATE,
	COLUMN_HOUR,
	COLUMN_SRC,
	COLUMN_SPORT,
	COLUMN_DST,
	COLUMN_DPORT,
	COLUMN_PROTOCOL,
	COLUMN_FLAGS,   /* Zeek's history, argus' state, nfdump's flags */
	COLUMN_DIR,     /* argus */
	COLUMN_SERVICE, /* Zeek */
	COLUMN_STATE,   /* Zeek's, where it has no history */
	COLUMN_REPLIES, /* nfdump: packets of the other direction */
	COLUMNS
};

struct records;

struct records_format {
	const char *name;
	char separator;
	const char *const
		*columns[2]; /* names by enum record_column, two sets of them; NULL: it has none */
	const char *bare; /* the header of a file that comes without one; NULL: it must have one */
	unsigned needed;  /* bits of enum record_column */
	enum record_verdict (*line)(struct records *r, struct words line, struct sighting *ret);
};

extern const struct records_format records_zeek, records_argus, records_nfdump, records_six,
	records_json;

struct records {
	struct input in;
	const struct records_format *format; /* NULL: an empty file */
	struct records_options options;
	struct records_account account;
	/* What parts columns, where each is, and of a line its text. */
	char separator;
	int place[COLUMNS];
	int last_place;
	struct words field[COLUMNS];
	bool ended; /* the rest is no records (nfdump's summary) */
	/* The last hour of the six fields: millions share it. */
	char hour_text[24];
	size_t hour_length;
	uint64_t hour_ns;
	const char *bad_column;
	struct words bad_value;
	int error;
	struct diagnosis words;
	uint8_t json_length_at[RECORDS_JSON_KEY_MAX + 2]; /* of records_json.c */
	struct records_json_known json_known[RECORDS_JSON_KNOWN];
	char line_copy[256]; /* of a line that is not taken as it stands */
};

static inline enum record_verdict record_bad(struct records *r, const char *column,
					     struct words value)
{
	r->bad_column = column;
	r->bad_value = value;
	return RECORD_MALFORMED;
}

/* Is it a line of FORMAT without a header: a time, two addresses and two ports where they belong?
 */
bool records_bare_is(const struct records_format *format, struct words line);

/* Reads the columns of a header. Returns 0 or ERR_FORMAT, when one that is needed is not there. */
must_check int records_take_header(struct records *r, const struct records_format *format,
				   struct words header, struct diagnosis *d);

/* Does the header hold all that FORMAT needs? */
bool records_header_is(const struct records_format *format, struct words header);

/* Splits a line. False when it has fewer columns than are needed. */
bool records_split(struct records *r, struct words line);

/* Address and ports of the SYN+ACK's sender and of its peer, from two pairs of fields. */
enum record_verdict records_ends(struct records *r, struct words host, struct words port,
				 struct words peer, struct words peer_port, struct sighting *ret);

/*
 * Who of two ends answered SYN+ACK, from the flags that each sent in all (bits of RFC 9293)? 1 the
 * destination, 0 the source, -1 nobody, -2 it cannot be told. SRC_BEGAN: the source is known to
 * have begun.
 */
int records_responder(uint8_t src_flags, uint8_t dst_flags, bool src_began);

/*
 * Who of Zeek's two ends sent SYN+ACK, from the letters of `history` or, where there are none, from
 * `conn_state`: 1 the responder, 0 the originator (a split handshake), -1 nobody.
 */
int records_zeek_responder(struct words history, struct words state);

/* Before the first line of JSON. */
void records_json_prepare(struct records *r);

/* Is a line a JSON object that begins as one of these records? */
bool records_json_are(struct words line);

#endif
