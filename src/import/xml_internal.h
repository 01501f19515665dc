/* XML as a stream of elements: expat, with bounds, and without any declaration of a document's own.
 */
#ifndef SEKIMORI_IMPORT_XML_INTERNAL_H
#define SEKIMORI_IMPORT_XML_INTERNAL_H

#include "import/telling_internal.h"

#define XML_TEXT_MAX  ((size_t)1 << 20) /* of an element whose text is kept */
#define XML_DEPTH_MAX 64

struct xml;

/* A kind of file, known by its root element. Handlers return 0 or a negative error, with words in D
 * or none: the line is put before them. */
struct xml_dialect {
	const char *root, *format;
	void *(*new)(void);
	int (*start)(struct xml *x, const char *name, const char *const *attributes);
	int (*end)(struct xml *x, const char *name);
	int (*done)(struct xml *x); /* the root has ended; may be NULL */
	void (*free)(void *state);
};

extern const struct xml_dialect xml_nmap, xml_nessus, xml_nessus1, xml_nexpose, xml_nexpose_simple;

struct xml {
	struct telling *t;
	void *state; /* the dialect's */
	int depth;   /* the root's is 1 */
	struct diagnosis *d;
	/* Text of the element that asked for it (and of those in it), from its start to its end. */
	char *text;
	size_t text_length;
	bool text_cut;
	int collecting; /* depth of that element; 0: none */

	const struct xml_dialect *dialect;
	void *parser;
	int error;
	uint64_t fed, noticed; /* bytes given to the parser; of them, at the last event */
};

/* From a start handler: keep this element's text. At its end handler it is x->text. */
void xml_collect(struct xml *x);
struct words xml_text(const struct xml *x);

/* NULL when there is none. */
const char *xml_attribute(const char *const *attributes, const char *name);

/* The attribute as words; empty when there is none. */
struct words xml_words(const char *const *attributes, const char *name);

/* ERR_DAMAGED: that attribute has a value that makes no sense. */
int xml_bad_value(struct xml *x, const char *element, const char *attribute, struct words value);

/* Nexpose's "20131127T050242739": in the scanner's own zone, which is taken for the site's. 0:
 * none. */
uint64_t xml_nexpose_time(struct words w);

/* Its names of services: "radius (RADIUS authentication protocol (RFC 2138))", "HTTP", "<unknown>".
 */
must_check int xml_nexpose_name(struct service *s, struct words name);

#endif
