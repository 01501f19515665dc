#include "identify/service.h"

#include <stdlib.h>
#include <string.h>

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
