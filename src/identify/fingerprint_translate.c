/*
 * Ruby's regular expressions (Onigmo, doc/RE) in PCRE2's syntax. What both write alike is copied.
 * What means something else is written anew: \h, \v, \u, (?m), an option that ends with its group,
 * {,n}, {n}?, {n}+, classes within classes. What only one of them knows is refused.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/i18n.h"
#include "identify/fingerprint_internal.h"

#define GROUPS_MAX 100
#define CLASS_MAX  8

struct translation {
	const char *at;
	struct buffer *out;
	struct diagnosis *d;
	bool utf, named;
	int depth;
	size_t atom;                       /* where the last one begins in OUT */
	size_t group_out[GROUPS_MAX + 1];  /* where a group begins in OUT */
	const char *group[GROUPS_MAX + 1]; /* and in the pattern */
	bool extended[GROUPS_MAX + 1];     /* (?x) is on */
	int extra[GROUPS_MAX + 1]; /* groups that were opened for an option, to be closed with it */
};

static void put(struct translation *t, const char *text)
{
	buffer_put(t->out, text, strlen(text));
}

/* Copies up to UNTIL and past it. */
static void copy_to(struct translation *t, const char *until)
{
	buffer_put(t->out, t->at, (size_t)(until - t->at));
	t->at = until;
}

static int refuse(struct translation *t, const char *what)
{
	return diagnose(t->d, ERR_DAMAGED, "%s: \"%.40s\"", what, t->at);
}

static int translate_unicode(struct translation *t)
{
	const char *digits = t->at + 2;
	size_t n;

	if (*digits == '{') {
		digits++;
		n = strspn(digits, "0123456789abcdefABCDEF");
		if (n < 1 || n > 6 || digits[n] != '}')
			return refuse(t, _("one character is wanted"));
		t->at = digits + n + 1;
	} else {
		n = strspn(digits, "0123456789abcdefABCDEF");
		if (n < 4)
			return refuse(t, _("four hexadecimal digits are wanted"));
		n = 4;
		t->at = digits + 4;
	}
	t->utf = true;
	put(t, "\\x{");
	buffer_put(t->out, digits, n);
	put(t, "}");
	return 0;
}

/* \p{Alnum} is [[:alnum:]] here; names of Unicode's categories and scripts are the same. */
static int translate_property(struct translation *t, bool in_class)
{
	static const char *const posix[] = { "alnum", "alpha", "blank", "cntrl", "digit",
					     "graph", "lower", "print", "punct", "space",
					     "upper", "word",  "xdigit" };
	const char *name = t->at + 3, *end = t->at[2] == '{' ? strchr(name, '}') : NULL;
	bool negative = t->at[1] == 'P';

	if (!end)
		return refuse(t, _("a property in braces is wanted"));
	if (*name == '^') {
		negative = !negative;
		name++;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(posix); i++) {
		if (strlen(posix[i]) != (size_t)(end - name) ||
		    strncasecmp(posix[i], name, (size_t)(end - name)) != 0)
			continue;
		put(t, in_class ? "[:" : "[[:");
		put(t, negative ? "^" : "");
		put(t, posix[i]);
		put(t, in_class ? ":]" : ":]]");
		t->at = end + 1;
		return 0;
	}
	t->utf = true;
	put(t, negative ? "\\P{" : "\\p{");
	t->at = name;
	copy_to(t, end + 1);
	return 0;
}

static int translate_escape(struct translation *t, bool in_class)
{
	unsigned char c = (unsigned char)t->at[1];

	switch (c) {
	case '\0':
		return refuse(t, _("too short"));
	case 'h':
		put(t, in_class ? "0-9a-fA-F" : "[0-9a-fA-F]");
		break;
	case 'H':
		if (in_class)
			return refuse(t, _("not in a class"));
		put(t, "[^0-9a-fA-F]");
		break;
	case 'v':
		put(t, "\\x0b");
		break;
	case 'u':
		return translate_unicode(t);
	case 'p':
	case 'P':
		return translate_property(t, in_class);
	case 'C':
	case 'M':
	case 'y':
	case 'Y':
		return refuse(t, _("not supported"));
	default:
		/* What PCRE2 alone knows (\Q, \N, \E, …) are letters like any other in Ruby. */
		if (c >= 0x80 || strchr("ijlmoqyEFIJLNOQTUVY", c) ||
		    (in_class && strchr("ABGKRXZgkz", c)))
			t->at++;
		else
			put(t, "\\");
		if (c < 0x80 && t->at[0] == '\\')
			t->at++;
		copy_to(t, t->at + 1);
		return 0;
	}
	t->at += 2;
	return 0;
}

/* Past the "[" of a class, to past its "]". An inner class becomes part of the outer one. */
static int translate_class(struct translation *t)
{
	int depth = 1, error = 0;

	copy_to(t, t->at + 1);
	if (*t->at == '^')
		copy_to(t, t->at + 1);
	if (*t->at == ']') {
		put(t, "\\");
		copy_to(t, t->at + 1);
	}
	while (depth && !error) {
		if (!*t->at)
			return refuse(t, _("a class has no end"));
		if (*t->at == '\\') {
			error = translate_escape(t, true);
		} else if (!strncmp(t->at, "&&", 2)) {
			return refuse(t, _("what classes have in common is not supported"));
		} else if (!strncmp(t->at, "[:", 2) && strstr(t->at, ":]")) {
			copy_to(t, strstr(t->at, ":]") + 2);
		} else if (*t->at == '[') {
			if (t->at[1] == '^' || ++depth > CLASS_MAX)
				return refuse(t, _("such a class in a class is not supported"));
			t->at++;
		} else if (*t->at == ']' && --depth) {
			t->at++;
		} else {
			t->utf = t->utf || *t->at & 0x80;
			copy_to(t, t->at + 1);
		}
	}
	return error;
}

/* "(?imx-imx)" or "(?imx-imx:". Ruby's m is the s of everybody else. */
static int translate_options(struct translation *t)
{
	const char *end = t->at + 2 + strspn(t->at + 2, "imx-");
	bool on = true, extended = t->extended[t->depth];
	size_t begin;

	if (end == t->at + 2 || (*end != ')' && *end != ':'))
		return refuse(t, _("no group of this kind"));
	begin = t->out->length;
	put(t, "(?");
	for (const char *p = t->at + 2; p < end; p++) {
		if (*p == '-')
			on = false;
		if (*p == 'x')
			extended = on;
		buffer_put_u8(t->out, *p == 'm' ? 's' : (uint8_t)*p);
	}
	put(t, ":");
	t->at = end + 1;
	if (*end == ':') {
		if (++t->depth > GROUPS_MAX)
			return refuse(t, _("too many groups in groups"));
		t->extra[t->depth] = 0;
		t->group_out[t->depth] = begin;
		t->group[t->depth] = end; /* of its own options: nothing to be said of it */
	} else {
		t->extra[t->depth]++;
	}
	t->extended[t->depth] = extended;
	return 0;
}

static int translate_group(struct translation *t)
{
	static const char *const alike[] = { "(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!" };
	const char *p = t->at;
	size_t n = 1;

	if (p[1] == '*')
		return refuse(t, _("nothing to repeat"));
	if (p[1] == '?') {
		n = 0;
		for (size_t i = 0; i < ARRAY_LENGTH(alike); i++)
			if (!strncmp(p, alike[i], strlen(alike[i])))
				n = strlen(alike[i]);
		if (!strncmp(p, "(?#", 3)) {
			t->at = strchr(p, ')');
			if (!t->at) {
				t->at = p;
				return refuse(t, _("a comment has no end"));
			}
			t->at++;
			return 0;
		}
		if (!n && (p[2] == '<' || p[2] == '\'')) {
			t->named = true;
			n = 3;
		}
		/* (?(1)…) and (?(<name>)…): the condition goes along. */
		if (!n && p[2] == '(' && (isdigit((unsigned char)p[3]) || p[3] == '<') &&
		    strchr(p, ')'))
			n = (size_t)(strchr(p, ')') + 1 - p);
		if (!n)
			return translate_options(t);
	}
	if (++t->depth > GROUPS_MAX)
		return refuse(t, _("too many groups in groups"));
	t->extra[t->depth] = 0;
	t->extended[t->depth] = t->extended[t->depth - 1];
	t->group[t->depth] = p;
	t->group_out[t->depth] = t->out->length;
	copy_to(t, p + n);
	return 0;
}

/*
 * Is this "(.+)*", the atom one character, and the group all there is of it? One round then does
 * what any number do, and captures the same: a place where the last round could end is reached by
 * the first one before. "?" for "*" spares the tries of all the ways to cut a text into rounds, two
 * to the power of its length.
 */
static bool is_star_of_plus(const char *group, const char *end)
{
	const char *p = group + 1;

	if (!strncmp(p, "?:", 2))
		p += 2;
	if (*p == '.')
		p++;
	else if (*p == '\\' && p[1] && strchr("dDwWsS", p[1]))
		p += 2;
	else
		return false;
	return *p == '+' && p + 1 == end && end[1] == '*' && !strchr("*+?{", end[2] ? end[2] : ' ');
}

static int translate_group_end(struct translation *t)
{
	bool one_round;

	if (!t->depth)
		return refuse(t, _("a group ends that never began"));
	for (; t->extra[t->depth]; t->extra[t->depth]--)
		put(t, ")");
	one_round = is_star_of_plus(t->group[t->depth], t->at);
	t->atom = t->group_out[t->depth--];
	copy_to(t, t->at + 1);
	if (one_round) {
		put(t, "?");
		t->at++;
	}
	return 0;
}

/* The last atom and its quantifier become a group, which AGAIN repeats. */
static void enclose(struct translation *t, const char *again)
{
	static const char group[] = "(?:";
	size_t n = strlen(group);

	put(t, group);
	if (t->out->failed)
		return;
	memmove(t->out->bytes + t->atom + n, t->out->bytes + t->atom, t->out->length - n - t->atom);
	memcpy(t->out->bytes + t->atom, group, n);
	put(t, again);
	t->at++;
}

/* {n}, {n,}, {,n}, {n,m}; any other brace is a character. */
static void translate_interval(struct translation *t)
{
	const char *p = t->at + 1;
	size_t low = strspn(p, "0123456789"), high = 0;
	bool comma = p[low] == ',';

	if (comma)
		high = strspn(p + low + 1, "0123456789");
	if (p[low + comma + high] != '}' || !(low + high)) {
		t->atom = t->out->length;
		put(t, "\\");
		copy_to(t, t->at + 1);
		return;
	}
	put(t, low ? "{" : "{0");
	t->at = p;
	copy_to(t, p + low + comma + high + 1);
	if (*t->at == '?' && !comma) /* not lazy, as with others: there, or not there */
		enclose(t, ")?");
	else if (*t->at == '+') /* not possessive, as with others: once more, or not */
		enclose(t, ")+");
}

/* A character, which may be several bytes. */
static void translate_character(struct translation *t)
{
	const char *end = t->at + 1;

	while (*t->at & 0x80 && (*end & 0xc0) == 0x80)
		end++;
	t->utf = t->utf || *t->at & 0x80;
	copy_to(t, end);
}

static int translate_one(struct translation *t)
{
	if (!strchr("*+?{)", *t->at))
		t->atom = t->out->length;
	switch (*t->at) {
	case '\\':
		return translate_escape(t, false);
	case '[':
		return translate_class(t);
	case '(':
		return translate_group(t);
	case ')':
		return translate_group_end(t);
	case '{':
		translate_interval(t);
		return 0;
	case '#':
		if (t->extended[t->depth]) {
			t->at += strcspn(t->at, "\n");
			return 0;
		}
	}
	translate_character(t);
	return 0;
}

int fingerprint_regex_translate(const char *pattern, struct buffer *ret_text, bool *ret_utf,
				bool *ret_named, struct diagnosis *d)
{
	struct translation t = { .at = pattern, .out = ret_text, .d = d };
	int error = 0;

	while (*t.at && !error)
		error = translate_one(&t);
	if (!error && t.depth)
		error = refuse(&t, _("a group has no end"));
	for (; t.extra[0]; t.extra[0]--)
		put(&t, ")");
	buffer_put_u8(t.out, 0);
	if (t.out->failed)
		return -ENOMEM;
	if (error)
		return error;
	*ret_utf = t.utf;
	*ret_named = t.named;
	return 0;
}
