/*
 * The XML of a file of fingerprints, by expat, in one pass. A document type is refused, and with it
 * every entity of its own: nothing is fetched, nothing grows.
 */
#include <ctype.h>
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"
#include "identify/fingerprint_internal.h"

#define ATTRIBUTES_MAX 128  /* names and values of an example */
#define CERTAINTY      0.85 /* Recog's, where a fingerprint does not say */
#define PREFERENCE     0.10 /* Recog's, where a file does not say */

enum place {
	IN_NOTHING,
	IN_FINGERPRINTS,
	IN_FINGERPRINT,
	IN_DESCRIPTION,
	IN_EXAMPLE,
	IN_PARAM,
	IN_OTHER, /* not of the format: passed over, with all that is in it */
};

struct pending {
	const char *text;
	size_t length;
	const char **attributes;
	int line;
};

struct reader {
	XML_Parser parser;
	const char *path;
	fingerprint_example_fn *example;
	void *arg;
	struct fingerprint_file *file;
	struct fingerprint *at; /* the one that is being read */
	enum place places[FINGERPRINT_DEPTH_MAX];
	int depth;
	struct buffer text;    /* of a description or an example */
	struct buffer pattern; /* of the fingerprint, translated */
	struct fingerprint_param params[FINGERPRINT_PARAMS_MAX];
	size_t n_params;
	uint32_t captures;
	struct pending *pending;
	size_t n_pending, pending_room;
	struct fingerprint_words pending_words;
	int error;
	struct diagnosis *d;
};

static void give_up(struct reader *r, int error)
{
	if (!r->error)
		r->error = error;
	XML_StopParser(r->parser, XML_FALSE);
}

static int line_of(const struct reader *r)
{
	return (int)XML_GetCurrentLineNumber(r->parser);
}

static void refuse(struct reader *r, const char *what, const char *value)
{
	give_up(r, diagnose(r->d, ERR_DAMAGED, "%s:%d: %s: \"%.80s\"", r->path, line_of(r), what,
			    value));
}

static const char *keep(struct reader *r, const char *text)
{
	const char *kept = fingerprint_words_keep(&r->file->words, text, strlen(text));

	if (!kept)
		give_up(r, -ENOMEM);
	return kept;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return NULL;
}

/* A number from 0 to 1, or OTHERWISE where there is none. */
static double fraction(struct reader *r, const char *text, double otherwise)
{
	char *end;
	double x;

	if (!text)
		return otherwise;
	x = strtod(text, &end);
	if (end == text || *end || !(x >= 0 && x <= 1)) {
		refuse(r, _("not a number from 0 to 1"), text);
		return otherwise;
	}
	return x;
}

static void fingerprints_begin(struct reader *r, const char **attributes)
{
	const char *key = attribute(attributes, "matches");
	const char *protocol = attribute(attributes, "protocol");

	r->file->preference = fraction(r, attribute(attributes, "preference"), PREFERENCE);
	if (key)
		r->file->key = keep(r, key);
	if (!protocol)
		return;
	r->file->protocol = keep(r, protocol);
	for (char *p = (char *)r->file->protocol; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* Room for one more; both arrays grow alike. */
static bool file_make_room(struct fingerprint_file *f)
{
	size_t room = f->room;
	void *grown = array_make_room(f->grams, f->n, &room, sizeof(*f->grams));

	if (!grown)
		return false;
	f->grams = grown;
	room = f->room;
	grown = array_make_room(f->fingerprints, f->n, &room, sizeof(*f->fingerprints));
	if (!grown)
		return false;
	f->fingerprints = grown;
	f->room = room;
	return true;
}

static void fingerprint_begin(struct reader *r, const char **attributes)
{
	const char *pattern = attribute(attributes, "pattern");
	struct fingerprint_file *f = r->file;
	struct diagnosis why = { "" };
	int captures;

	if (!file_make_room(f)) {
		give_up(r, -ENOMEM);
		return;
	}
	r->at = &f->fingerprints[f->n];
	*r->at = (struct fingerprint){ .line = line_of(r) };
	r->n_params = 0;
	r->at->certainty = fraction(r, attribute(attributes, "certainty"), CERTAINTY);
	if (!pattern) {
		refuse(r, _("a fingerprint without a pattern"), "");
		return;
	}
	captures = fingerprint_regex_compile(pattern, attribute(attributes, "flags"), &r->pattern,
					     &r->at->regex, &why);
	if (captures == ERR_DAMAGED)
		refuse(r, why.text, pattern);
	else if (captures < 0)
		give_up(r, captures);
	if (captures < 0)
		return;
	r->captures = (uint32_t)captures;
	f->captures = MAX(f->captures, r->captures);
	r->at->regex.text = keep(r, (const char *)r->pattern.bytes);
	fingerprint_grams_of_pattern((const char *)r->pattern.bytes, &f->grams[f->n]);
	f->n++; /* freed with the others from here */
}

static bool param_position(struct reader *r, const char *text, uint32_t *ret_pos)
{
	char *end;
	unsigned long pos;

	if (!text || !isdigit((unsigned char)*text)) {
		refuse(r, _("a param without its pos"), text ? text : "");
		return false;
	}
	pos = strtoul(text, &end, 10);
	if (*end || pos > r->captures) {
		refuse(r, _("the pattern has no such capture"), text);
		return false;
	}
	*ret_pos = (uint32_t)pos;
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), length = strlen(end);

	return n >= length && !strcmp(text + n - length, end);
}

static void param_begin(struct reader *r, const char **attributes)
{
	const char *name = attribute(attributes, "name"), *value = attribute(attributes, "value");
	struct fingerprint_param p = { 0 };
	size_t at = 0;

	if (!name || !*name) {
		refuse(r, _("a param without its name"), name ? name : "");
		return;
	}
	if (!param_position(r, attribute(attributes, "pos"), &p.pos))
		return;
	if (!p.pos && !value) {
		refuse(r, _("a param without its value"), name);
		return;
	}
	while (at < r->n_params && strcmp(r->params[at].name, name) != 0)
		at++;
	if (at == FINGERPRINT_PARAMS_MAX) {
		refuse(r, _("too many params"), name);
		return;
	}
	p.name = keep(r, name);
	p.value = p.pos ? NULL : keep(r, value);
	p.temporary = !strncmp(name, "_tmp.", 5);
	p.cpe = ends_with(name, ".cpe23");
	if (r->error)
		return;
	r->params[at] = p; /* as in Recog, the last of a name counts */
	r->n_params += at == r->n_params;
}

static void example_begin(struct reader *r, const char **attributes)
{
	struct pending *p = array_make_room(r->pending, r->n_pending, &r->pending_room, sizeof(*p));
	size_t n = 0;

	if (p)
		r->pending = p;
	while (attributes[n])
		n++;
	if (n > ATTRIBUTES_MAX) {
		refuse(r, _("too many attributes"), attributes[0]);
		return;
	}
	if (!p || !(p[r->n_pending].attributes = calloc(n + 1, sizeof(char *)))) {
		give_up(r, -ENOMEM);
		return;
	}
	p += r->n_pending++;
	p->line = line_of(r);
	p->text = NULL;
	for (size_t i = 0; i < n; i++) {
		p->attributes[i] = fingerprint_words_keep(&r->pending_words, attributes[i],
							  strlen(attributes[i]));
		if (!p->attributes[i])
			give_up(r, -ENOMEM);
	}
}

static enum place place_of(enum place parent, const char *name)
{
	static const struct {
		enum place parent;
		const char *name;
		enum place place;
	} known[] = {
		{ IN_NOTHING, "fingerprints", IN_FINGERPRINTS },
		{ IN_FINGERPRINTS, "fingerprint", IN_FINGERPRINT },
		{ IN_FINGERPRINT, "description", IN_DESCRIPTION },
		{ IN_FINGERPRINT, "example", IN_EXAMPLE },
		{ IN_FINGERPRINT, "param", IN_PARAM },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (known[i].parent == parent && !strcmp(known[i].name, name))
			return known[i].place;
	return IN_OTHER;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;
	enum place place = place_of(r->depth ? r->places[r->depth - 1] : IN_NOTHING, name);

	if (r->error)
		return;
	if (r->depth == FINGERPRINT_DEPTH_MAX) {
		refuse(r, _("too many elements in elements"), name);
		return;
	}
	if (!r->depth && place == IN_OTHER) {
		give_up(r,
			diagnose(r->d, ERR_FORMAT, _("%s: not a file of fingerprints (\"%.40s\")"),
				 r->path, name));
		return;
	}
	r->places[r->depth++] = place;
	if (place == IN_FINGERPRINTS)
		fingerprints_begin(r, attributes);
	else if (place == IN_FINGERPRINT)
		fingerprint_begin(r, attributes);
	else if (place == IN_PARAM)
		param_begin(r, attributes);
	else if (place == IN_EXAMPLE && r->example)
		example_begin(r, attributes);
	if (place == IN_DESCRIPTION || place == IN_EXAMPLE)
		buffer_clear(&r->text);
}

static void on_text(void *arg, const char *text, int length)
{
	struct reader *r = arg;
	enum place place = r->depth ? r->places[r->depth - 1] : IN_NOTHING;

	if (place == IN_DESCRIPTION || (place == IN_EXAMPLE && r->example))
		buffer_put(&r->text, text, (size_t)length);
	if (r->text.failed)
		give_up(r, -ENOMEM);
}

static bool blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One blank between its words, none around them. */
static void description_end(struct reader *r)
{
	uint8_t *p = r->text.bytes;
	size_t n = 0;

	for (size_t i = 0; i < r->text.length; i++)
		if (!blank(p[i]))
			p[n++] = p[i];
		else if (n && p[n - 1] != ' ')
			p[n++] = ' ';
	n -= n && p[n - 1] == ' ';
	r->at->description = fingerprint_words_keep(&r->file->words, (const char *)p, n);
	if (!r->at->description)
		give_up(r, -ENOMEM);
}

/* Where an example's text is in a file of its own: FOLDER/FILE's name without ".xml"/NAME. */
static int example_load(struct reader *r, const char *name, struct buffer *ret_bytes)
{
	size_t length = strlen(r->path);
	struct buffer path;
	int error;

	if (strchr(name, '/'))
		return -EINVAL;
	length -= ends_with(r->path, ".xml") ? 4 : 0;
	buffer_init(&path);
	buffer_put(&path, r->path, length);
	buffer_put_u8(&path, '/');
	buffer_put(&path, name, strlen(name) + 1);
	error = path.failed ? -ENOMEM
			    : fingerprint_bytes_load((const char *)path.bytes,
						     FINGERPRINT_FILE_MAX_BYTES, ret_bytes);
	buffer_finish(&path);
	return error;
}

static void example_end(struct reader *r)
{
	struct pending *p = &r->pending[r->n_pending - 1];
	const char *encoding = attribute(p->attributes, "_encoding");
	const char *name = attribute(p->attributes, "_filename");
	struct buffer decoded;
	int error = 0;

	buffer_init(&decoded);
	if (name) {
		error = example_load(r, name, &decoded);
		if (error == -ENOMEM)
			give_up(r, error);
		else if (error)
			refuse(r, _("the example's file cannot be read"), name);
	} else if (!encoding) {
		buffer_put(&decoded, r->text.bytes, r->text.length);
	} else if (strcmp(encoding, "base64") != 0) {
		refuse(r, _("no encoding of an example"), encoding);
	} else if (!fingerprint_base64_decode((const char *)r->text.bytes, r->text.length,
					      &decoded)) {
		refuse(r, _("not base64"), "");
	}
	p->length = decoded.length;
	p->text = fingerprint_words_keep(&r->pending_words, (const char *)decoded.bytes,
					 decoded.length);
	if (decoded.failed || !p->text)
		give_up(r, -ENOMEM);
	buffer_finish(&decoded);
}

/* Names in braces, as /\{([^\s{}]+)\}/ finds them, must be params. */
static bool names_known(struct reader *r, struct fingerprint_param *p)
{
	const char *at = p->value;

	while (at && (at = strchr(at, '{'))) {
		size_t n = strcspn(++at, "{} \t\r\n\v\f"), i = 0;

		if (!n || at[n] != '}')
			continue;
		while (i < r->n_params &&
		       (strlen(r->params[i].name) != n || strncmp(r->params[i].name, at, n) != 0))
			i++;
		if (i == r->n_params) {
			refuse(r, _("a value names a param that is not there"), p->value);
			return false;
		}
		p->has_names = true;
	}
	return true;
}

static void pending_clear(struct reader *r)
{
	for (size_t i = 0; i < r->n_pending; i++)
		free(r->pending[i].attributes);
	r->n_pending = 0;
	fingerprint_words_finish(&r->pending_words);
}

/* To whoever asked for examples; that there is none is told, too. */
static void examples_tell(struct reader *r)
{
	int error = 0;

	if (r->example && !r->n_pending)
		error = r->example(r->arg, r->file, r->file->n - 1, NULL);
	for (size_t i = 0; i < r->n_pending && !error; i++) {
		const struct pending *p = &r->pending[i];
		const struct fingerprint_written example = { p->text, p->length, p->attributes,
							     p->line };

		error = r->example(r->arg, r->file, r->file->n - 1, &example);
	}
	if (error)
		give_up(r, error);
	pending_clear(r);
}

static void fingerprint_end(struct reader *r)
{
	for (size_t i = 0; i < r->n_params; i++)
		if (!names_known(r, &r->params[i]))
			return;
	if (!r->at->description) {
		refuse(r, _("a fingerprint without a description"), "");
		return;
	}
	r->at->params = calloc(MAX(r->n_params, 1), sizeof(*r->params));
	if (!r->at->params) {
		give_up(r, -ENOMEM);
		return;
	}
	memcpy(r->at->params, r->params, r->n_params * sizeof(*r->params));
	r->at->n_params = r->n_params;
	examples_tell(r);
}

static void on_end(void *arg, const char *name)
{
	struct reader *r = arg;
	enum place place;

	(void)name;
	if (r->error)
		return;
	place = r->places[--r->depth];
	if (place == IN_DESCRIPTION)
		description_end(r);
	else if (place == IN_EXAMPLE && r->example)
		example_end(r);
	else if (place == IN_FINGERPRINT)
		fingerprint_end(r);
}

static void on_doctype(void *arg, const char *name, const char *system, const char *public, int own)
{
	(void)system;
	(void)public;
	(void)own;
	refuse(arg, _("a document type is not taken"), name);
}

/* The name of its file, without folder and end. */
static const char *key_of_path(struct fingerprint_file *f, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return fingerprint_words_keep(&f->words, name,
				      strlen(name) - (ends_with(name, ".xml") ? 4 : 0));
}

static int parse(struct reader *r, const void *bytes, size_t length)
{
	if (!r->file || !r->parser)
		return -ENOMEM;
	r->file->key = key_of_path(r->file, r->path);
	r->file->path = fingerprint_words_keep(&r->file->words, r->path, strlen(r->path));
	if (!r->file->key || !r->file->path)
		return -ENOMEM;
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (XML_Parse(r->parser, bytes, (int)length, XML_TRUE) == XML_STATUS_OK || r->error)
		return r->error;
	if (XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)
		return -ENOMEM;
	return diagnose(r->d, ERR_DAMAGED, "%s:%d: %s", r->path, line_of(r),
			XML_ErrorString(XML_GetErrorCode(r->parser)));
}

int fingerprint_file_read(const char *path, const void *bytes, size_t length,
			  fingerprint_example_fn *example, void *arg,
			  struct fingerprint_file **ret_file, struct diagnosis *d)
{
	struct reader *r;
	int error;

	if (length > FINGERPRINT_FILE_MAX_BYTES)
		return diagnose(d, ERR_DAMAGED, _("%s: too large for a file of fingerprints"),
				path);
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct reader){ .path = path, .example = example, .arg = arg, .d = d };
	r->parser = XML_ParserCreate(NULL);
	r->file = calloc(1, sizeof(*r->file));
	buffer_init(&r->text);
	buffer_init(&r->pattern);
	error = parse(r, bytes, length);
	if (error)
		fingerprint_file_free(r->file);
	else
		*ret_file = r->file;
	pending_clear(r);
	free(r->pending);
	buffer_finish(&r->text);
	buffer_finish(&r->pattern);
	if (r->parser)
		XML_ParserFree(r->parser);
	free(r);
	return error;
}

void fingerprint_file_free(struct fingerprint_file *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		fingerprint_regex_finish(&f->fingerprints[i].regex);
		free(f->fingerprints[i].params);
	}
	free(f->fingerprints);
	free(f->grams);
	fingerprint_words_finish(&f->words);
	free(f);
}
