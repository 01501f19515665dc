#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/i18n.h"
#include "import/json_internal.h"

#define NAME_MAX_BYTES 32 /* longer names mean nothing here */

enum frame_kind {
	FRAME_THING,
	FRAME_PART,
	FRAME_LIST, /* of things, parts or texts, as its name says */
	FRAME_IGNORED,
};

struct frame {
	enum frame_kind kind;
	char key[NAME_MAX_BYTES]; /* of an object: the one that was read last */
	size_t key_length;
	char name[NAME_MAX_BYTES]; /* under which it stands in the object around it */
	size_t name_length;
};

struct json_things {
	struct telling *t;
	struct diagnosis *d;
	struct frame frames[JSON_DEPTH_LIMIT];
	int depth;
	struct json_thing things[JSON_DEPTH_LIMIT];
	int n_things;
	struct json_waiting waiting;
	enum json_tool tool;
};

static const struct {
	const char *tool, *format;
} tools[] = {
	[TOOL_UNKNOWN] = { NULL, "json" },
	[TOOL_NAABU] = { "naabu", "naabu json" },
	[TOOL_MASSCAN] = { "masscan", "masscan json" },
	[TOOL_CENSYS] = { "censys", "censys json" },
	[TOOL_SHODAN] = { "shodan", "shodan json" },
	[TOOL_OURS] = { "sekimori", "sekimori json" },
};

int json_things_new(struct telling *t, struct diagnosis *d, struct json_things **ret)
{
	struct json_things *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->t = t;
	j->d = d;
	*ret = j;
	return 0;
}

void json_things_begin(struct json_things *j)
{
	while (j->n_things > 0)
		json_thing_finish(&j->things[--j->n_things]);
	j->depth = 0;
}

void json_things_free(struct json_things *j)
{
	if (!j)
		return;
	json_things_begin(j);
	free(j);
}

int json_things_depth(const struct json_things *j)
{
	return j->depth;
}

void json_things_whole(struct json_things *j)
{
	j->t->run->ended = true;
}

bool json_things_known(const struct json_things *j)
{
	/* Nothing at all ("[]") is a scan that found nothing. */
	return j->tool != TOOL_UNKNOWN || j->t->run->ports > 0 ||
	       (j->t->run->ended && j->t->run->skipped == 0 && !j->t->run->format);
}

static struct words key_of(const struct frame *f)
{
	return (struct words){ f->key, f->key_length };
}

static struct words name_of(const struct frame *f)
{
	return (struct words){ f->name, f->name_length };
}

/* An object within a list stands under the list's name. */
static enum frame_kind kind_of(const struct json_things *j, const struct frame *around,
			       struct words name, bool is_object)
{
	bool in_thing =
		around->kind == FRAME_THING || (around->kind == FRAME_LIST && j->depth >= 2 &&
						j->frames[j->depth - 2].kind == FRAME_THING);

	if (!in_thing && !(around->kind == FRAME_PART && !is_object))
		return FRAME_IGNORED;
	if (!is_object)
		return around->kind == FRAME_LIST ? FRAME_IGNORED : FRAME_LIST;
	/* masscan's "data" and "port" of other tools are parts as objects, and things in lists. */
	if (json_name_is_thing(name) &&
	    (around->kind == FRAME_LIST || (!words_are(name, "data") && !words_are(name, "ports"))))
		return FRAME_THING;
	return FRAME_PART;
}

int json_things_open(struct json_things *j, bool is_object)
{
	struct frame *f, *around = j->depth > 0 ? &j->frames[j->depth - 1] : NULL;
	struct words name = { "", 0 };

	if (j->depth == JSON_DEPTH_LIMIT) {
		return diagnose(j->d, ERR_LIMIT, _("objects within objects, more than %d deep"),
				JSON_DEPTH_LIMIT);
	}
	f = &j->frames[j->depth];
	f->key_length = 0;
	f->kind = FRAME_THING;
	if (around) {
		name = around->kind == FRAME_LIST ? name_of(around) : key_of(around);
		f->kind = kind_of(j, around, name, is_object);
		if (around->kind == FRAME_THING)
			json_field_open(&j->things[j->n_things - 1], name, is_object, &j->tool);
	}
	memcpy(f->name, name.at, name.n);
	f->name_length = name.n;
	j->depth++;
	if (f->kind == FRAME_THING)
		json_thing_init(&j->things[j->n_things++], &j->waiting);
	return 0;
}

int json_things_key(struct json_things *j, struct words key)
{
	struct frame *f = &j->frames[j->depth - 1];

	/* A name that is too long is none of those that are known. */
	f->key_length = key.n <= NAME_MAX_BYTES ? key.n : 0;
	memcpy(f->key, key.at, f->key_length);
	return 0;
}

int json_things_scalar(struct json_things *j, enum json_scalar kind, struct words value)
{
	struct frame *f = j->depth > 0 ? &j->frames[j->depth - 1] : NULL;
	struct words part = { "", 0 }, key;
	struct json_thing *thing;

	if (!f || j->n_things == 0 || f->kind == FRAME_IGNORED || kind == JSON_NULL)
		return 0;
	thing = &j->things[j->n_things - 1];
	key = f->kind == FRAME_LIST ? name_of(f) : key_of(f);
	if (f->kind == FRAME_LIST && j->frames[j->depth - 2].kind == FRAME_THING &&
	    words_are(key, "protocols"))
		return json_thing_add_word(thing, value);
	if (f->kind == FRAME_LIST && j->frames[j->depth - 2].kind == FRAME_THING &&
	    words_are(key, "ports"))
		return json_thing_add_bare(thing, value);
	if (f->kind == FRAME_THING && kind == JSON_NUMBER && words_are(key, "ports") &&
	    words_are(name_of(f), "not_listed"))
		return words_number(value, &thing->n_ports) ? 0 : ERR_DAMAGED;
	if (f->kind == FRAME_PART)
		part = name_of(f);
	else if (f->kind == FRAME_LIST && j->frames[j->depth - 2].kind == FRAME_PART)
		part = name_of(&j->frames[j->depth - 2]);
	return json_field_take(thing, part, key, kind, value, &j->tool, j->t, j->d);
}

static int tell_format(struct json_things *j)
{
	struct scan_file_run *run = j->t->run;

	run->format = tools[j->tool].format;
	if (run->tool || !tools[j->tool].tool)
		return 0;
	return telling_set(&run->tool, words_of(tools[j->tool].tool));
}

/* A port to the listener, or to whom it is within. Takes O's service over. */
static int tell_port(struct json_things *j, struct json_thing *thing, struct json_thing *around,
		     struct port_outcome *o)
{
	int error = 0;

	thing->has_told = true;
	if (!thing->has_addr && around)
		return json_thing_wait(around, o);
	if (thing->has_addr) {
		o->host = thing->addr;
		error = telling_port(j->t, o);
	} else {
		j->t->run->skipped++;
	}
	service_finish(&o->service);
	return error;
}

/* Ports within that had no address of their own. */
static int tell_waiting(struct json_things *j, struct json_thing *thing, struct json_thing *around)
{
	size_t n = thing->n_waiting;
	int error = 0;

	json_thing_forget_waiting(thing);
	for (size_t i = 0; i < n; i++) {
		struct port_outcome *o = &thing->waiting[i];

		if (!o->time_ns)
			o->time_ns = thing->o.time_ns;
		if (error == 0)
			error = tell_port(j, thing, around, o);
		else
			service_finish(&o->service);
	}
	return error;
}

/* Numbers alone: nothing says of what protocol. */
static int tell_bare(struct json_things *j, struct json_thing *thing, struct json_thing *around)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < thing->n_bare; i++) {
		struct port_outcome o = { .port = thing->bare[i],
					  .protocol = 6,
					  .state = PORT_OPEN,
					  .time_ns = thing->o.time_ns };

		error = tell_port(j, thing, around, &o);
	}
	return error;
}

static int tell_ports(struct json_things *j, struct json_thing *thing, struct json_thing *around)
{
	int error = 0;

	if (thing->has_port && (thing->bad_state || thing->bad_protocol))
		j->t->run->skipped++;
	else if (thing->has_port)
		error = tell_port(j, thing, around, &thing->o);
	if (error == 0)
		error = tell_waiting(j, thing, around);
	if (error == 0 && !thing->has_told)
		error = tell_bare(j, thing, around);
	if (around && thing->has_told)
		around->has_told = true;
	return error;
}

static int tell_thing(struct json_things *j, struct json_thing *thing, struct json_thing *around)
{
	struct scan_file_host host = {
		.addr = thing->addr,
		.up = HOST_UP,
		.name = thing->host_name,
	};
	int error;

	if (thing->n_ports > 0 && thing->n_ports <= 65536 && !thing->bad_state && around &&
	    around->has_addr)
		return telling_rest(j->t, around->addr, thing->o.protocol, thing->o.state,
				    (uint32_t)thing->n_ports);
	error = tell_ports(j, thing, around);
	/* Of things within things the outer one is the host. */
	if (error == 0 && thing->has_addr && (!around || !around->has_addr))
		error = telling_host(j->t, &host);
	return error;
}

int json_things_close(struct json_things *j)
{
	struct frame *f = &j->frames[--j->depth];
	struct json_thing *thing, *around;
	int error;

	if (f->kind != FRAME_THING)
		return 0;
	thing = &j->things[--j->n_things];
	around = j->n_things > 0 ? &j->things[j->n_things - 1] : NULL;
	error = tell_format(j);
	if (error == 0 && !around && j->tool == TOOL_OURS && thing->o.service.version)
		error = telling_set(&j->t->run->version, words_of(thing->o.service.version));
	if (error == 0)
		error = tell_thing(j, thing, around);
	json_thing_finish(thing);
	return error;
}
