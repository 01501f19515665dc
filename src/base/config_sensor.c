/* The section [sensor] of the configuration. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_internal.h"
#include "base/i18n.h"

static const char separators[] = " ,\t";

void config_sensor_finish(struct config_sensor *s)
{
	for (size_t i = 0; i < s->n_interfaces; i++)
		free(s->interfaces[i]);
	free(s->interfaces);
	free(s->driver);
	free(s->user);
	memset(s, 0, sizeof(*s));
}

/* As the kernel has them, and no control characters: it is printed. */
static bool is_interface(const char *name)
{
	if (!*name || strlen(name) >= IF_NAMESIZE)
		return false;
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 127 || *c == '/')
			return false;
	}
	return true;
}

int config_add_interface(struct config_sensor *s, const char *name, struct diagnosis *d)
{
	char **grown;

	if (!is_interface(name))
		return diagnose(d, ERR_USAGE, _("\"%s\" is no interface's name"), name);
	for (size_t i = 0; i < s->n_interfaces; i++) {
		if (!strcmp(s->interfaces[i], name))
			return diagnose(d, ERR_USAGE, _("the interface %s is named twice"), name);
	}
	grown = realloc(s->interfaces, (s->n_interfaces + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->interfaces = grown;
	grown[s->n_interfaces] = strdup(name);
	return grown[s->n_interfaces++] ? 0 : -ENOMEM;
}

static int take_interfaces(struct config_sensor *s, const char *value, struct diagnosis *d)
{
	char *copy = strdup(value), *rest = copy, *word;
	int error = copy ? 0 : -ENOMEM;

	while (!error && (word = strsep(&rest, separators))) {
		if (*word)
			error = config_add_interface(s, word, d);
	}
	free(copy);
	return error;
}

/* A number and one of the units, the first of which may be left away. */
struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit bytes[] = { { "", 1 },           { "K", 1ULL << 10 }, { "M", 1ULL << 20 },
				     { "G", 1ULL << 30 }, { "T", 1ULL << 40 }, { NULL, 0 } };
static const struct unit days[] = { { "days", 1 },    { "day", 1 },     { "", 1 },
				    { "weeks", 7 },   { "week", 7 },    { "month", 31 },
				    { "months", 31 }, { "years", 366 }, { "year", 366 },
				    { NULL, 0 } };
static const struct unit seconds[] = {
	{ "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { NULL, 0 }
};

static int take_number(const char *name, const char *value, const struct unit *units,
		       uint64_t least, uint64_t most, uint64_t *ret_n, struct diagnosis *d)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (end == value || *value == '-' || *value == '+' || errno)
		goto bad;
	end += strspn(end, " \t");
	for (; units->name; units++) {
		if (strcmp(end, units->name) != 0)
			continue;
		if (n > most / units->factor || n * units->factor < least)
			break;
		*ret_n = n * units->factor;
		return 0;
	}
bad:
	return diagnose(d, ERR_USAGE, _("\"%s\" is no value for \"%s\" in [sensor]"), value, name);
}

/* "for ever" is 0. */
static int take_days(const char *name, const char *value, uint32_t *ret_days, struct diagnosis *d)
{
	uint64_t n = 0;
	int error = strcmp(value, "for ever") == 0
			    ? 0
			    : take_number(name, value, days, 1, 36600, &n, d);

	if (!error)
		*ret_days = (uint32_t)n;
	return error;
}

static int take_switch(const char *name, const char *value, bool *ret_on, struct diagnosis *d)
{
	bool on = !strcmp(value, "yes");

	if (!on && strcmp(value, "no") != 0)
		return diagnose(d, ERR_USAGE, _("\"%s\" in [sensor] is yes or no, not \"%s\""),
				name, value);
	*ret_on = on;
	return 0;
}

static int take_text(const char *name, const char *value, char **text, struct diagnosis *d)
{
	char *copy;

	if (!*value)
		return diagnose(d, ERR_USAGE, _("\"%s\" in [sensor] says nothing"), name);
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

int config_take_sensor(struct config_sensor *s, const char *name, const char *value,
		       struct diagnosis *d)
{
	uint64_t n = 0;
	int error;

	if (!strcmp(name, "interfaces"))
		return take_interfaces(s, value, d);
	if (!strcmp(name, "driver"))
		return take_text(name, value, &s->driver, d);
	if (!strcmp(name, "user"))
		return take_text(name, value, &s->user, d);
	if (!strcmp(name, "consume"))
		return take_switch(name, value, &s->consume, d);
	if (!strcmp(name, "memory"))
		return take_number(name, value, bytes, 64ULL << 20, 1ULL << 44, &s->memory_bytes,
				   d);
	if (!strcmp(name, "max_disk"))
		return take_number(name, value, bytes, 1ULL << 20, 1ULL << 60, &s->max_disk_bytes,
				   d);
	if (!strcmp(name, "keep_records"))
		return take_days(name, value, &s->keep_record_days, d);
	if (!strcmp(name, "keep_summaries"))
		return take_days(name, value, &s->keep_summary_days, d);
	if (!strcmp(name, "silent")) {
		error = take_number(name, value, seconds, 1, 86400, &n, d);
		if (!error)
			s->silent_s = (uint32_t)n;
		return error;
	}
	return diagnose(d, ERR_USAGE, _("unknown setting \"%s\" in [sensor]"), name);
}
