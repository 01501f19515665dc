#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "identify/fingerprint_gram_internal.h"

#define LITERAL_MAX 512 /* bytes of a pattern's literals that are looked at */
#define NESTED_MAX  32

/* Pieces of text that every match holds, in the order of the pattern; a run ends at an `ends`. */
struct literals {
	const char *at;
	unsigned char bytes[LITERAL_MAX];
	bool ends[LITERAL_MAX]; /* the run ends before this byte */
	size_t n;
	bool broken; /* what comes next is not beside the last byte */
};

/* A group whose ")" is still to come. */
struct open_group {
	size_t n;   /* literals before it */
	bool empty; /* matches without its literals: a choice, or a look around */
};

static unsigned small(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32U : c;
}

static uint16_t gram_bit(unsigned a, unsigned b, unsigned c)
{
	uint32_t hash = (a | b << 8 | c << 16) * 0x9e3779b1U;

	return (uint16_t)(hash >> 17 ? hash >> 17 : 1);
}

static void literal_add(struct literals *l, unsigned char c)
{
	if (l->n == LITERAL_MAX) {
		l->broken = true;
		return;
	}
	l->bytes[l->n] = (unsigned char)small(c);
	l->ends[l->n++] = l->broken;
	l->broken = false;
}

/* Looks at a quantifier and goes past it. Returns false when what it belongs to may be missing. */
static bool quantifier_passes(struct literals *l)
{
	bool needed = true, any = false;

	for (;;) {
		if (*l->at == '*' || *l->at == '?')
			needed = false;
		else if (*l->at == '{' && strtoul(l->at + 1, NULL, 10) == 0)
			needed = false;
		else if (*l->at != '+' && *l->at != '{')
			break;
		/* "+?" is no less than "+": what follows the first one only says how it goes on. */
		any = true;
		l->at += *l->at == '{' ? strcspn(l->at, "}") + 1 : 1;
	}
	if (any)
		l->broken = true;
	return needed;
}

static void skip_class(struct literals *l)
{
	l->at++;
	l->at += *l->at == '^';
	while (*l->at && *l->at != ']') {
		if (!strncmp(l->at, "[:", 2))
			l->at = strstr(l->at, ":]") ? strstr(l->at, ":]") + 2 : l->at + 2;
		else
			l->at += *l->at == '\\' && l->at[1] ? 2 : 1;
	}
	l->at += *l->at == ']';
	l->broken = true;
}

/* What an escape stands for when that is one byte, and past it; otherwise -1. */
static int escape_byte(struct literals *l)
{
	unsigned char c = (unsigned char)l->at[1];

	l->at += c ? 2 : 1;
	if (ispunct(c))
		return c;
	if (c == 'n' || c == 'r' || c == 't')
		return c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
	if (c == 'x' && *l->at != '{') {
		char digits[3] = { 0 };

		for (int i = 0; i < 2 && isxdigit((unsigned char)*l->at); i++)
			digits[i] = *l->at++;
		return (int)strtoul(digits, NULL, 16);
	}
	if (*l->at == '{' && strchr("xpPkg", c))
		l->at += strcspn(l->at, "}") + (strchr(l->at, '}') != NULL);
	else if (*l->at == '<' && strchr("kg", c))
		l->at += strcspn(l->at, ">") + (strchr(l->at, '>') != NULL);
	else if (*l->at == '\'' && strchr("kg", c))
		l->at += strcspn(l->at + 1, "'") + 1 + (strchr(l->at + 1, '\'') != NULL);
	else if (c == 'c')
		l->at += *l->at != 0;
	else if (isdigit(c))
		l->at += strspn(l->at, "0123456789");
	return -1;
}

static void take_byte(struct literals *l, int c)
{
	size_t n = l->n;

	/* A byte of a longer character may be missing together with its others. */
	if (c < 0 || c >= 0x80) {
		(void)quantifier_passes(l);
		l->broken = true;
		return;
	}
	literal_add(l, (unsigned char)c);
	if (!quantifier_passes(l)) {
		l->n = n;
		l->broken = true;
	}
}

/* Past what begins a group. Returns false for one of a kind whose inside says nothing. */
static bool group_begins(struct literals *l)
{
	static const char options[] = "imsx-";
	const char *p = l->at + 1;

	l->at = p;
	if (*p != '?' || !p[1])
		return true;
	l->at += 2;
	if (p[1] == ':' || p[1] == '>')
		return true;
	if ((p[1] == '<' && p[2] != '=' && p[2] != '!') || p[1] == '\'') {
		l->at += strcspn(l->at, ">'");
		l->at += *l->at != 0;
		return true;
	}
	if (p[1] == '(')
		l->at += strcspn(l->at, ")") + (strchr(l->at, ')') != NULL);
	if (!strchr(options, p[1]))
		return false;
	l->at = p + 1 + strspn(p + 1, options);
	l->at += *l->at == ':';
	/* Blanks and comments are none of the text with x. */
	return !memchr(p, 'x', (size_t)(l->at - p));
}

/* The literals of a pattern; none when it is too deep, or a choice as a whole. */
static void literals_find(struct literals *l)
{
	struct open_group groups[NESTED_MAX + 1] = { 0 };
	int depth = 0;

	while (*l->at) {
		switch (*l->at) {
		case '(':
			if (++depth > NESTED_MAX) {
				l->n = 0;
				return;
			}
			groups[depth].n = l->n;
			groups[depth].empty = !group_begins(l);
			l->broken = true;
			break;
		case ')':
			l->at++;
			if (!quantifier_passes(l) || groups[depth].empty)
				l->n = groups[depth].n;
			depth -= depth > 0;
			l->broken = true;
			break;
		case '|':
			groups[depth].empty = true;
			l->broken = true;
			l->at++;
			break;
		case '[':
			skip_class(l);
			(void)quantifier_passes(l);
			break;
		case '\\':
			take_byte(l, escape_byte(l));
			break;
		case '.':
		case '^':
		case '$':
			l->at++;
			take_byte(l, -1);
			break;
		default:
			l->at++;
			take_byte(l, (unsigned char)l->at[-1]);
		}
	}
	if (groups[0].empty)
		l->n = 0;
}

void fingerprint_grams_of_pattern(const char *pattern, struct fingerprint_grams *ret_grams)
{
	struct literals l = { .at = pattern };
	uint16_t bits[LITERAL_MAX];
	size_t n = 0;

	literals_find(&l);
	for (size_t i = 2; i < l.n; i++)
		if (!l.ends[i] && !l.ends[i - 1])
			bits[n++] = gram_bit(l.bytes[i - 2], l.bytes[i - 1], l.bytes[i]);
	for (size_t i = 0; i < GRAMS_MAX; i++) /* spread over all of them */
		ret_grams->bit[i] = n ? bits[i * (n - 1) / (GRAMS_MAX - 1)] : 0;
}

void fingerprint_grams_of_text(const char *text, size_t length,
			       struct fingerprint_text_grams *ret_grams)
{
	const unsigned char *p = (const unsigned char *)text;

	/* Two characters beyond ASCII count as its letters k and s (KELVIN SIGN, LONG S). */
	bool all = memmem(text, length, "\xe2\x84\xaa", 3) || memmem(text, length, "\xc5\xbf", 2);

	memset(ret_grams, all ? 0xff : 0, sizeof(*ret_grams));
	ret_grams->words[0] |= 1;
	for (size_t i = 2; i < length; i++) {
		uint16_t bit = gram_bit(small(p[i - 2]), small(p[i - 1]), small(p[i]));

		ret_grams->words[bit / 64] |= 1ULL << bit % 64;
	}
}
