#include "import/records.h"

#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "capture/stream.h"
#include "import/records_internal.h"

/* A line of six columns of which the fourth and the last are ports: the table without a header. */
static bool is_six(struct words line)
{
	struct words part;
	uint16_t port;
	int columns = 0;

	while (words_split(&line, ',', &part)) {
		columns++;
		if (part.n > 1 && part.at[0] == '"' && part.at[part.n - 1] == '"')
			part = (struct words){ part.at + 1, part.n - 2 };
		if ((columns == 4 || columns == 6) && !words_port(part, &port))
			return false;
	}
	return columns == 6;
}

static int recognise_six(struct records *r, struct words line, struct diagnosis *d)
{
	struct sighting ignored;
	char shown[WORDS_SHOWN_MAX];
	int error;

	if (!is_six(line)) {
		return diagnose(d, ERR_FORMAT,
				_("begins with \"%s\": records of no tool that is known here"),
				words_show(line, shown));
	}
	r->format = &records_six;
	r->separator = r->format->separator;
	error = records_take_header(r, r->format, words_of("date,hour,saddr,sport,daddr,dport"), d);
	/* Without the month no line can be read: that is said at once. */
	if (error == 0 && records_six.line(r, line, &ignored) == RECORD_ERROR)
		error = diagnose(d, r->error, "%s", r->words.text);
	return error;
}

/* The first line says what the file is. Returns 1 when it is a header, which is read then; 0 or a
 * negative error. */
static int recognise(struct records *r, struct words line, struct diagnosis *d)
{
	static const struct records_format *const by_header[] = { &records_six, &records_nfdump,
								  &records_argus };
	static const struct records_format *const bare[] = { &records_nfdump, &records_zeek };

	if (line.at[0] == '#' || line.at[0] == '{') {
		r->format = line.at[0] == '#' ? &records_zeek : &records_json;
		r->separator = r->format->separator;
		records_json_prepare(r);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(by_header); i++) {
		int error;

		if (!records_header_is(by_header[i], line))
			continue;
		r->format = by_header[i];
		r->separator = r->format->separator;
		error = records_take_header(r, r->format, line, d);
		return error < 0 ? error : 1;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bare); i++) {
		if (!records_bare_is(bare[i], line))
			continue;
		r->format = bare[i];
		r->separator = r->format->separator;
		return records_take_header(r, r->format, words_of(r->format->bare), d);
	}
	return recognise_six(r, line, d);
}

/* The next line, without taking it. Returns 1, 0 at the end, or a negative error. */
static int peek_line(struct input *in, struct words *ret_line, size_t *ret_bytes,
		     struct diagnosis *d)
{
	const char *end;
	int more = 1;

	do {
		end = memchr(in->buffer + in->at, '\n', input_left(in));
	} while (!end && (more = input_more(in, d)) > 0);
	/* Damage behind what is there is told when that has been read. */
	if (more < 0 && (more == ERR_LIMIT || input_left(in) == 0))
		return more;
	if (input_left(in) == 0)
		return 0;
	ret_line->at = in->buffer + in->at;
	ret_line->n = end ? (size_t)(end - ret_line->at) : input_left(in);
	*ret_bytes = ret_line->n + (end != NULL);
	if (ret_line->n > 0 && ret_line->at[ret_line->n - 1] == '\r')
		ret_line->n--;
	return 1;
}

static int begin(struct records *r, struct diagnosis *d)
{
	for (;;) {
		struct words line;
		size_t bytes;
		int status = peek_line(&r->in, &line, &bytes, d);

		if (status <= 0)
			return status;
		if (line.n > 0) {
			status = recognise(r, line, d);
			if (status <= 0)
				return status;
		}
		input_take(&r->in, bytes);
		r->in.line++;
		if (line.n > 0)
			return 0;
	}
}

int records_open(const char *path, const struct records_options *options,
		 struct records **ret_records, struct diagnosis *d)
{
	struct records *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	r->options = *options;
	error = input_open(&r->in, path, d);
	if (error == 0)
		error = begin(r, d);
	if (error < 0) {
		records_close(r);
		return error;
	}
	*ret_records = r;
	return 0;
}

static void keep_bad(struct records *r)
{
	struct records_account *a = &r->account;
	char shown[WORDS_SHOWN_MAX];

	a->malformed++;
	if (a->n_bad == RECORDS_BAD_MAX)
		return;
	diagnose(&a->bad[a->n_bad++], ERR_DAMAGED, _("line %llu: %s: \"%s\""),
		 (unsigned long long)r->in.line, r->bad_column, words_show(r->bad_value, shown));
}

/* Counts a line. Returns whether it gave a sighting, or a negative error. */
static int account_for(struct records *r, enum record_verdict verdict)
{
	struct records_account *a = &r->account;

	if (verdict == RECORD_NONE)
		return 0;
	if (verdict == RECORD_ERROR)
		return r->error;
	a->records++;
	switch (verdict) {
	case RECORD_SIGHTING:
		a->sightings++;
		return 1;
	case RECORD_FOREIGN:
		a->foreign++;
		return 0;
	case RECORD_UNDECIDED:
		a->undecided++;
		return 0;
	case RECORD_MALFORMED:
		keep_bad(r);
		return 0;
	default:
		a->other++;
		return 0;
	}
}

/* Damage is told once what came before it is handed out. */
static int read_line(struct records *r, struct sighting *ret)
{
	struct words line;
	int status = input_line(&r->in, &line.at, &line.n, &r->words);

	if (status == ERR_LIMIT && r->in.error == 0) {
		status = account_for(r, record_bad(r, _("too long"), words_of("")));
		return status < 0 ? status : 2;
	}
	if (status <= 0) {
		r->ended = true;
		r->error = status;
		return status;
	}
	if (line.n == 0)
		return 2;
	status = account_for(r, r->format->line(r, line, ret));
	if (status < 0)
		diagnose_prefix(&r->words, status, _("line %llu"), (unsigned long long)r->in.line);
	return status == 0 ? 2 : status;
}

int records_read(struct records *r, struct sighting *ret_sightings, size_t capacity,
		 struct diagnosis *d)
{
	size_t n = 0;

	while (n < capacity && r->format && !r->ended) {
		int status = read_line(r, &ret_sightings[n]);

		if (status < 0) {
			r->ended = true;
			r->error = status;
		} else if (status == 1) {
			n++;
		} else if (status == 0) {
			break;
		}
	}
	if (n == 0 && r->error < 0)
		return diagnose(d, r->error, "%s", r->words.text);
	return (int)n;
}

const struct records_account *records_account(const struct records *r)
{
	return &r->account;
}

const char *records_format(const struct records *r)
{
	return r->format ? _(r->format->name) : NULL;
}

uint64_t records_bytes_read(const struct records *r)
{
	return capture_stream_from_file(r->in.stream);
}

void records_close(struct records *r)
{
	if (!r)
		return;
	input_close(&r->in);
	free(r);
}
