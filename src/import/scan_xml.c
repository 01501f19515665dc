#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "import/xml_internal.h"

#include "build_config.h"

#if HAVE_EXPAT
#include <expat.h>

#define TOKEN_MAX  ((uint64_t)4 << 20) /* one tag, with its attributes */
#define MEMORY_MAX ((size_t)40 << 20)  /* of the parser */

/*
 * The parser keeps every name of an element or attribute that it has met, and attributes of a tag
 * beside each other: a file of nothing but names would take all memory. Its allocations are
 * counted, in the thread that parses.
 */
static _Thread_local size_t memory_used;

union block {
	size_t bytes;
	max_align_t align;
};

static bool may_use(size_t more)
{
	return more <= MEMORY_MAX && memory_used <= MEMORY_MAX - more;
}

static void *counted_malloc(size_t bytes)
{
	union block *b = may_use(bytes) ? malloc(sizeof(*b) + bytes) : NULL;

	if (!b)
		return NULL;
	b->bytes = bytes;
	memory_used += bytes;
	return b + 1;
}

static void counted_free(void *at)
{
	union block *b = at;

	if (!b)
		return;
	memory_used -= b[-1].bytes;
	free(b - 1);
}

static void *counted_realloc(void *at, size_t bytes)
{
	union block *b = at, *grown;
	size_t before;

	if (!b)
		return counted_malloc(bytes);
	before = b[-1].bytes;
	if (bytes > before && !may_use(bytes - before))
		return NULL;
	grown = realloc(b - 1, sizeof(*b) + bytes);
	if (!grown)
		return NULL;
	grown->bytes = bytes;
	memory_used += bytes - before;
	return grown + 1;
}

static const XML_Memory_Handling_Suite counted = { counted_malloc, counted_realloc, counted_free };

static const struct xml_dialect *const dialects[] = { &xml_nmap, &xml_nessus, &xml_nessus1,
						      &xml_nexpose, &xml_nexpose_simple };

/* Keeps the first error and stops; the line is put before what the dialect said. */
static void stop(struct xml *x, int error)
{
	if (x->error < 0)
		return;
	x->error = error;
	if (error == ERR_DAMAGED || error == ERR_FORMAT || error == ERR_LIMIT) {
		diagnose_prefix(x->d, error, _("line %lu"),
				(unsigned long)XML_GetCurrentLineNumber(x->parser));
	}
	(void)XML_StopParser(x->parser, XML_FALSE);
}

static int choose_dialect(struct xml *x, const char *root)
{
	char shown[WORDS_SHOWN_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(dialects); i++) {
		if (strcmp(root, dialects[i]->root) == 0)
			x->dialect = dialects[i];
	}
	if (!x->dialect) {
		return diagnose(x->d, ERR_FORMAT, _("<%s> is XML of no scanner that is known here"),
				words_show(words_of(root), shown));
	}
	x->t->run->format = x->dialect->format;
	x->state = x->dialect->new ();
	return x->state ? 0 : -ENOMEM;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct xml *x = user;
	int error = 0;

	x->noticed = x->fed;
	if (x->error < 0)
		return;
	if (++x->depth > XML_DEPTH_MAX)
		error = diagnose(x->d, ERR_LIMIT, _("elements within elements, more than %d deep"),
				 XML_DEPTH_MAX);
	if (error == 0 && x->depth == 1)
		error = choose_dialect(x, name);
	if (error == 0)
		error = x->dialect->start(x, name, (const char *const *)attributes);
	if (error < 0)
		stop(x, error);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct xml *x = user;
	int error;

	x->noticed = x->fed;
	if (x->error < 0)
		return;
	error = x->dialect->end(x, name);
	if (x->collecting == x->depth)
		x->collecting = 0;
	x->depth--;
	if (error == 0 && x->depth == 0 && x->dialect->done)
		error = x->dialect->done(x);
	if (error < 0)
		stop(x, error);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int length)
{
	struct xml *x = user;
	size_t n = (size_t)length;

	x->noticed = x->fed;
	if (!x->collecting)
		return;
	if (x->text_length + n > XML_TEXT_MAX) {
		n = XML_TEXT_MAX - x->text_length;
		x->text_cut = true;
	}
	memcpy(x->text + x->text_length, text, n);
	x->text_length += n;
}

/* No scanner writes one: entities, default attributes, other files are all for harm. */
static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
			       const XML_Char *public, int has_internal_subset)
{
	struct xml *x = user;

	(void)name;
	(void)system;
	(void)public;
	if (has_internal_subset) {
		stop(x,
		     diagnose(
			     x->d, ERR_FORMAT,
			     _("declares a document type of its own, which no scanner does; its entities"
			       " are neither read nor opened")));
	}
}

static void XMLCALL on_comment(void *user, const XML_Char *text)
{
	struct xml *x = user;

	(void)text;
	x->noticed = x->fed;
}

static void XMLCALL on_instruction(void *user, const XML_Char *target, const XML_Char *data)
{
	(void)target;
	on_comment(user, data);
}

void xml_collect(struct xml *x)
{
	x->collecting = x->depth;
	x->text_length = 0;
	x->text_cut = false;
}

struct words xml_text(const struct xml *x)
{
	return (struct words){ x->text, x->text_length };
}

const char *xml_attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2) {
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	}
	return NULL;
}

struct words xml_words(const char *const *attributes, const char *name)
{
	const char *value = xml_attribute(attributes, name);

	return words_of(value ? value : "");
}

int xml_bad_value(struct xml *x, const char *element, const char *attribute, struct words value)
{
	char shown[WORDS_SHOWN_MAX];

	return diagnose(x->d, ERR_DAMAGED, _("<%s %s=\"%s\"> makes no sense"), element, attribute,
			words_show(value, shown));
}

static int parser_error(struct xml *x)
{
	enum XML_Error error = XML_GetErrorCode(x->parser);

	if (error == XML_ERROR_NO_MEMORY) {
		return diagnose(x->d, ERR_LIMIT,
				_("line %lu: its names and tags take more than %d MiB of memory"),
				(unsigned long)XML_GetCurrentLineNumber(x->parser),
				(int)(MEMORY_MAX >> 20));
	}
	return diagnose(x->d, ERR_DAMAGED, _("line %lu, column %lu: %s"),
			(unsigned long)XML_GetCurrentLineNumber(x->parser),
			(unsigned long)XML_GetCurrentColumnNumber(x->parser) + 1,
			XML_ErrorString(error));
}

/* Gives the parser what there is. Returns 1, 0 at the end, or a negative error. */
static int feed(struct xml *x, struct input *in)
{
	size_t n = input_left(in);
	struct diagnosis damage = { "" };
	int more = n > 0 ? 1 : input_more(in, &damage);
	enum XML_Status status;

	if (more < 0)
		return diagnose(x->d, more, "%s", damage.text);
	n = input_left(in);
	x->fed += n;
	status = XML_Parse(x->parser, in->buffer + in->at, (int)n, more == 0);
	input_take(in, n);
	if (x->error < 0)
		return x->error;
	if (status == XML_STATUS_ERROR)
		return parser_error(x);
	if (x->fed - x->noticed > TOKEN_MAX) {
		return diagnose(
			x->d, ERR_LIMIT, _("line %lu: one element's tag is longer than %d MiB"),
			(unsigned long)XML_GetCurrentLineNumber(x->parser), (int)(TOKEN_MAX >> 20));
	}
	return more;
}

static int parse(struct xml *x, struct input *in)
{
	int status;

	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	XML_SetCommentHandler(x->parser, on_comment);
	XML_SetProcessingInstructionHandler(x->parser, on_instruction);
	do {
		status = feed(x, in);
	} while (status > 0);
	return status;
}

int scan_xml_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	struct xml x = { .t = t, .d = d };
	int error = -ENOMEM;

	x.text = malloc(XML_TEXT_MAX);
	x.parser = XML_ParserCreate_MM(NULL, &counted, NULL);
	if (x.text && x.parser) {
		error = parse(&x, in);
	} else {
		diagnose(d, error, "%s", error_text(error));
	}
	if (x.state)
		x.dialect->free(x.state);
	if (x.parser)
		XML_ParserFree(x.parser);
	free(x.text);
	return error;
}

#else

int scan_xml_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	(void)in;
	(void)t;
	return diagnose(d, ERR_UNSUPPORTED, _("XML: this build lacks %s"), "libexpat");
}

#endif
