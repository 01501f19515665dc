#include "identify/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void service_init(struct service *s)
{
	memset(s, 0, sizeof(*s));
}

void service_finish(struct service *s)
{
	free(s->name);
	free(s->product);
	free(s->version);
	free(s->extra_info);
	free(s->hostname);
	free(s->os);
	free(s->device);
	for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++)
		free(s->cpe[i]);
	free(s->evidence);
	free(s->certificate);
	service_init(s);
}

int service_keep(struct service *s, const uint8_t *bytes, size_t length)
{
	size_t n = MIN(length, (size_t)SERVICE_EVIDENCE_MAX);
	uint8_t *copy;

	if (!n)
		return 0;
	copy = malloc(n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, n);
	free(s->evidence);
	s->evidence = copy;
	s->evidence_bytes = n;
	return 0;
}

int service_set(char **field, const char *text, size_t length)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *raw, *out, *to;

	if (*field || !length || !*text)
		return 0;
	raw = strndup(text, length);
	out = raw ? malloc(strlen(raw) * 3 + 1) : NULL;
	if (!out) {
		free(raw);
		return -ENOMEM;
	}
	to = out;
	for (const char *at = raw; *at;) {
		int n = text_utf8_length(at);

		memcpy(to, n ? at : replacement, n ? (size_t)n : 3);
		to += n ? n : 3;
		at += n ? n : 1;
	}
	*to = '\0';
	free(raw);
	*field = out;
	return 0;
}
