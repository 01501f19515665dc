#include "base/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_internal.h"
#include "base/i18n.h"
#include "base/zone.h"

#include "build_config.h"

#if HAVE_INIH
#include <ini.h>
#endif

/*
 * Ports that serve the public often enough that a connection from port 20, or beside an FTP
 * session, says nothing against them. Scanners knock from source port 20 on exactly these.
 * Documented in docs/sekimori.conf.example.
 */
static const char default_served_ports[] =
	"1-1023 1080 1194 1433 1521 1723 1883 2049 2082 2083 2086 2087 2222 3000 3128 3306 3389 4443 5000 5060 5061 "
	"5222 5432 5601 5672 5900 5901 5985 5986 6379 7001 7443 8000 8008 8080 8081 8083 8086 8088 8443 8444 8883 8888 "
	"9000 9090 9092 9100 9200 9443 10000 11211 27017";

static const char default_control_ports[] = "21";

static const char separators[] = " ,\t";

int port_set_parse(const char *text, struct port_set *ret_set, struct diagnosis *d)
{
	struct port_set set = { 0 };
	const char *at = text + strspn(text, separators);

	while (*at) {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;

		if (end == at || *at == '-' || *at == '+')
			goto bad;
		if (*end == '-') {
			const char *second = end + 1;

			last = strtoul(second, &end, 10);
			if (end == second || *second < '0' || *second > '9')
				goto bad;
		}
		if (!strchr(separators, *end) || last > 65535 || first > last)
			goto bad;
		for (unsigned long port = first; port <= last; port++)
			set.words[port / 64] |= 1ULL << (port % 64);
		at = end + strspn(end, separators);
	}
	*ret_set = set;
	return 0;
bad:
	return diagnose(d, ERR_USAGE, _("\"%.40s\" is not a list of ports (22, 80, 8000-8100)"),
			at);
}

void config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	prefix_set_init(&c->networks);
	c->sensor.memory_bytes = CONFIG_MEMORY_BYTES;
	c->sensor.silent_s = CONFIG_SILENT_S;
	if (port_set_parse(default_served_ports, &c->served_ports, NULL) < 0 ||
	    port_set_parse(default_control_ports, &c->control_ports, NULL) < 0)
		abort(); /* our own constants */
}

void config_finish(struct config *c)
{
	prefix_set_finish(&c->networks);
	for (size_t i = 0; i < c->n_excluded; i++)
		free(c->excluded[i].reason);
	for (size_t i = 0; i < c->n_hosts; i++) {
		free(c->hosts[i].name);
		free(c->hosts[i].owner);
		free(c->hosts[i].department);
	}
	for (size_t i = 0; i < c->n_holidays; i++)
		free(c->holidays[i].name);
	for (size_t i = 0; i < c->n_maxmind; i++)
		free(c->maxmind[i]);
	free(c->maxmind);
	for (size_t i = 0; i < c->n_lists; i++) {
		free(c->lists[i].name);
		free(c->lists[i].path);
	}
	free(c->lists);
	free(c->libloc);
	free(c->excluded);
	config_forget_scanners(c);
	free(c->hosts);
	free(c->holidays);
	config_sensor_finish(&c->sensor);
	free(c->timezone);
	free(c->store);
	memset(c, 0, sizeof(*c));
}

int config_add_excluded(struct config *c, const char *prefix, const char *reason,
			struct diagnosis *d)
{
	struct config_excluded *grown, e;
	int error = prefix_parse(prefix, &e.prefix, d);

	if (error < 0)
		return error;
	grown = realloc(c->excluded, (c->n_excluded + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->excluded = grown;
	e.reason = strdup(reason);
	if (!e.reason)
		return -ENOMEM;
	c->excluded[c->n_excluded++] = e;
	return 0;
}

const char *config_excluded_reason(const struct config *c, struct net_addr host)
{
	for (size_t i = 0; i < c->n_excluded; i++) {
		if (prefix_contains(c->excluded[i].prefix, host))
			return c->excluded[i].reason;
	}
	return NULL;
}

void config_forget_scanners(struct config *c)
{
	for (size_t i = 0; i < c->n_scanners; i++)
		free(c->scanners[i].name);
	free(c->scanners);
	c->scanners = NULL;
	c->n_scanners = 0;
	prefix_set_finish(&c->scanner_networks);
}

int config_add_scanner(struct config *c, const char *prefix, const char *name, struct diagnosis *d)
{
	struct config_scanner *grown, s;
	int error = prefix_parse(prefix, &s.prefix, d);

	if (error < 0)
		return error;
	grown = realloc(c->scanners, (c->n_scanners + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->scanners = grown;
	error = prefix_set_add(&c->scanner_networks, s.prefix);
	if (error < 0)
		return error;
	s.name = strdup(name);
	if (!s.name)
		return -ENOMEM;
	c->scanners[c->n_scanners++] = s;
	return 0;
}

static const char *const peers_names[] = { [CONFIG_PEERS_ALL] = "all",
					   [CONFIG_PEERS_SCANNERS] = "scanners",
					   [CONFIG_PEERS_OTHERS] = "others" };

const char *config_peers_name(enum config_peers peers)
{
	return peers_names[peers];
}

bool config_peers_parse(const char *text, enum config_peers *ret_peers)
{
	for (size_t i = 0; i < ARRAY_LENGTH(peers_names); i++) {
		if (!strcmp(text, peers_names[i])) {
			*ret_peers = (enum config_peers)i;
			return true;
		}
	}
	return false;
}

const char *config_scanner_name(const struct config *c, struct net_addr peer)
{
	if (!prefix_set_contains(&c->scanner_networks, peer))
		return NULL;
	for (size_t i = 0; i < c->n_scanners; i++) {
		if (prefix_contains(c->scanners[i].prefix, peer))
			return c->scanners[i].name;
	}
	return NULL;
}

#if HAVE_INIH

struct reading {
	struct config *config;
	const char *path;
	struct diagnosis *d;
	FILE *file;
	int error; /* the first one: its line is what inih reports */
	bool served_seen, control_seen;
	int line, too_long; /* lines so far; the first that is longer than inih takes */
};

static int add_networks(struct config *c, const char *value, struct diagnosis *d)
{
	char *copy = strdup(value), *rest = copy, *word;
	int error = copy ? 0 : -ENOMEM;

	while (!error && (word = strsep(&rest, separators))) {
		struct net_prefix p;

		if (!*word)
			continue;
		error = prefix_parse(word, &p, d);
		if (!error)
			error = prefix_set_add(&c->networks, p);
	}
	free(copy);
	return error;
}

static int replace_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* A path in the file is meant from the file's own folder. Returns NULL when out of memory. */
static char *path_beside(const struct reading *r, const char *value)
{
	const char *slash = strrchr(r->path, '/');
	char *path = NULL;
	int n = asprintf(&path, "%.*s%s", *value == '/' || !slash ? 0 : (int)(slash - r->path + 1),
			 r->path, value);

	return n < 0 ? NULL : path;
}

static int read_beside(struct reading *r, const char *value,
		       int (*read)(struct config *c, const char *path, struct diagnosis *d))
{
	char *path = path_beside(r, value);
	int error = path ? read(r->config, path, r->d) : -ENOMEM;

	free(path);
	return error;
}

static int take_site(struct reading *r, const char *name, const char *value)
{
	if (!strcmp(name, "networks"))
		return add_networks(r->config, value, r->d);
	if (!strcmp(name, "timezone")) {
		return zone_exists(value)
			       ? replace_text(&r->config->timezone, value)
			       : diagnose(
					 r->d, ERR_USAGE,
					 _("\"%s\" is not a timezone of the tz database (try Asia/Tokyo)"),
					 value);
	}
	if (!strcmp(name, "store")) {
		return *value ? replace_text(&r->config->store, value)
			      : diagnose(r->d, ERR_USAGE, _("\"store\" names no folder"));
	}
	if (!strcmp(name, "hosts"))
		return read_beside(r, value, config_hosts_read);
	if (!strcmp(name, "holidays"))
		return read_beside(r, value, config_holidays_read);
	return diagnose(r->d, ERR_USAGE, _("unknown setting \"%s\" in [site]"), name);
}

/* The first time it replaces the default; after that, or in lines that go on, it adds. */
static int take_ports(struct port_set *set, bool *seen, const char *value, struct diagnosis *d)
{
	struct port_set said = { { 0 } };
	int error = port_set_parse(value, &said, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < ARRAY_LENGTH(said.words); i++)
		set->words[i] = said.words[i] | (*seen ? set->words[i] : 0);
	*seen = true;
	return 0;
}

static int take_ftp(struct reading *r, const char *name, const char *value)
{
	if (!strcmp(name, "served_ports"))
		return take_ports(&r->config->served_ports, &r->served_seen, value, r->d);
	if (!strcmp(name, "control_ports"))
		return take_ports(&r->config->control_ports, &r->control_seen, value, r->d);
	return diagnose(r->d, ERR_USAGE, _("unknown setting \"%s\" in [ftp]"), name);
}

static int add_maxmind(struct config *c, char *path)
{
	char **grown = path ? realloc(c->maxmind, (c->n_maxmind + 1) * sizeof(*grown)) : NULL;

	if (!grown) {
		free(path);
		return -ENOMEM;
	}
	c->maxmind = grown;
	c->maxmind[c->n_maxmind++] = path;
	return 0;
}

/* The files are opened when they are needed, by those who do. */
static int take_places(struct reading *r, const char *name, const char *value)
{
	if (!strcmp(name, "maxmind")) {
		return *value ? add_maxmind(r->config, path_beside(r, value))
			      : diagnose(r->d, ERR_USAGE, _("\"maxmind\" names no file"));
	}
	if (!strcmp(name, "libloc")) {
		free(r->config->libloc);
		r->config->libloc = *value ? path_beside(r, value) : strdup("");
		return r->config->libloc ? 0 : -ENOMEM;
	}
	return diagnose(r->d, ERR_USAGE, _("unknown setting \"%s\" in [places]"), name);
}

static int take_list(struct reading *r, const char *name, const char *value)
{
	struct config *c = r->config;
	struct config_list *grown = realloc(c->lists, (c->n_lists + 1) * sizeof(*grown));
	struct config_list l;

	if (!grown)
		return -ENOMEM;
	c->lists = grown;
	if (!*value)
		return diagnose(r->d, ERR_USAGE, _("\"%s\" in [lists] names no file"), name);
	l = (struct config_list){ strdup(name), path_beside(r, value) };
	if (!l.name || !l.path) {
		free(l.name);
		free(l.path);
		return -ENOMEM;
	}
	c->lists[c->n_lists++] = l;
	return 0;
}

static int take_scan(struct reading *r, const char *name, const char *value)
{
	bool on = !strcmp(value, "yes");

	if (strcmp(name, "verify_new") != 0)
		return diagnose(r->d, ERR_USAGE, _("unknown setting \"%s\" in [scan]"), name);
	if (!on && strcmp(value, "no") != 0) {
		return diagnose(r->d, ERR_USAGE, _("\"%s\" in [scan] is yes or no, not \"%s\""),
				name, value);
	}
	r->config->verify_new = on;
	return 0;
}

static int lacks_words(struct reading *r, const char *section, const char *name)
{
	return diagnose(r->d, ERR_USAGE, _("\"%s\" in [%s] lacks \"= words\""), name, section);
}

static int take_address_line(struct reading *r, const char *section, const char *name,
			     const char *value)
{
	struct net_addr addr;

	if (!*value)
		return lacks_words(r, section, name);
	if (!strcmp(section, "excluded"))
		return config_add_excluded(r->config, name, value, r->d);
	if (!strcmp(section, "scanners"))
		return config_add_scanner(r->config, name, value, r->d);
	if (!addr_parse(name, &addr))
		return diagnose(r->d, ERR_USAGE, _("\"%s\" in [hosts] is not an address"), name);
	return config_add_host(r->config, addr, value, "", "");
}

/* inih ends a name at the first ':' as well as at '=': an IPv6 address is put together again here.
 */
static int take_ipv6_line(struct reading *r, const char *section, const char *name,
			  const char *value)
{
	char *line = NULL, *equals, *end, *text;
	int error;

	if (asprintf(&line, "%s:%s", name, value) < 0)
		return -ENOMEM;
	equals = strchr(line, '=');
	if (!equals) {
		error = lacks_words(r, section, line);
		goto out;
	}
	text = equals + 1 + strspn(equals + 1, " \t");
	for (end = equals; end > line && strchr(" \t", end[-1]);)
		end--;
	*end = '\0';
	error = take_address_line(r, section, line, text);
out:
	free(line);
	return error;
}

/* The first group of an IPv6 address, as inih leaves it. */
static bool is_ipv6_group(const char *name)
{
	return strlen(name) <= 4 && name[strspn(name, "0123456789abcdefABCDEF")] == '\0';
}

static int take_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	int error;

	if (r->error < 0)
		return 1; /* only the first mistake is told */
	if (!strcmp(section, "site")) {
		error = take_site(r, name, value);
	} else if (!strcmp(section, "ftp")) {
		error = take_ftp(r, name, value);
	} else if (!strcmp(section, "sensor")) {
		error = config_take_sensor(&r->config->sensor, name, value, r->d);
	} else if (!strcmp(section, "scan")) {
		error = take_scan(r, name, value);
	} else if (!strcmp(section, "places")) {
		error = take_places(r, name, value);
	} else if (!strcmp(section, "lists")) {
		error = take_list(r, name, value);
	} else if (!strcmp(section, "holidays")) {
		error = *value ? config_add_holiday(r->config, name, value, r->d)
			       : lacks_words(r, section, name);
	} else if (strcmp(section, "excluded") != 0 && strcmp(section, "hosts") != 0 &&
		   strcmp(section, "scanners") != 0) {
		error = diagnose(r->d, ERR_USAGE, _("unknown section [%s]"), section);
	} else if (is_ipv6_group(name)) {
		error = take_ipv6_line(r, section, name, value);
	} else {
		error = take_address_line(r, section, name, value);
	}
	r->error = error;
	return error >= 0;
}

/* fgets for inih, which would take the rest of a long line for another one. A comment may be long.
 */
static char *read_line(char *line, int room, void *user)
{
	struct reading *r = user;
	size_t n;
	int c;

	if (!fgets(line, room, r->file))
		return NULL;
	r->line++;
	n = strlen(line);
	if (n + 1 < (size_t)room || line[n - 1] == '\n')
		return line;
	while ((c = fgetc(r->file)) != EOF && c != '\n')
		;
	if (!strchr("#;", line[strspn(line, " \t")]) && !r->too_long)
		r->too_long = r->line;
	return line;
}

int config_read(struct config *c, const char *path, struct diagnosis *d)
{
	struct reading r = { .config = c, .path = path, .d = d };
	int line;

	r.file = fopen(path, "re");
	if (!r.file)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	line = ini_parse_stream(read_line, &r, take_line, &r);
	(void)fclose(r.file);
	config_sort_hosts(c);
	config_sort_holidays(c);
	if (r.too_long && (!line || r.too_long <= line)) {
		return diagnose(
			d, ERR_USAGE,
			_("%s:%d: the line is too long; it may go on in the next one, indented"),
			path, r.too_long);
	}
	if (r.error < 0 && r.error != ERR_USAGE)
		return diagnose_prefix(d, r.error, "%s:%d", path, line);
	if (line > 0 && r.error == 0) {
		return diagnose(d, ERR_USAGE, _("%s:%d: neither [section] nor name = value"), path,
				line);
	}
	if (line != 0)
		return diagnose_prefix(d, ERR_USAGE, "%s:%d", path, line);
	return 0;
}

#else

int config_read(struct config *c, const char *path, struct diagnosis *d)
{
	(void)c;
	return diagnose(d, ERR_UNSUPPORTED,
			_("%s: this build reads no configuration file (it lacks libinih)"), path);
}

#endif
