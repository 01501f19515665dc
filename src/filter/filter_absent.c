/*
 * A build without XDP. Nobody gets a filter, so nobody can ask anything of one; the rest stands
 * here so that callers need not know how the program was built.
 */
#include "base/i18n.h"

#include "filter/filter.h"
#include "filter/filter_internal.h"

int filter_open(const struct filter_settings *settings, struct filter **ret_filter,
		struct diagnosis *d)
{
	(void)settings;
	(void)ret_filter;
	return diagnose(d, ERR_UNSUPPORTED, _("kernel filter: built without libbpf or clang"));
}

int filter_configure(struct filter *f, const struct filter_settings *settings)
{
	(void)f;
	(void)settings;
	return ERR_UNSUPPORTED;
}

int filter_attach(struct filter *f, unsigned index, enum filter_mode mode, struct diagnosis *d)
{
	(void)f;
	(void)index;
	(void)mode;
	(void)d;
	return ERR_UNSUPPORTED;
}

int filter_attach_socket(struct filter *f, int fd, struct diagnosis *d)
{
	(void)f;
	(void)fd;
	(void)d;
	return ERR_UNSUPPORTED;
}

void filter_detach(struct filter *f)
{
	(void)f;
}

int filter_read(struct filter *f, const struct filter_handlers *handlers, int most)
{
	(void)f;
	(void)handlers;
	(void)most;
	return ERR_UNSUPPORTED;
}

void filter_tick(struct filter *f, uint64_t now_ns)
{
	(void)f;
	(void)now_ns;
}

void filter_counts_read(const struct filter *f, struct filter_counts *ret_counts)
{
	(void)f;
	(void)ret_counts;
}

void filter_close(struct filter *f)
{
	(void)f;
}

int filter_program(const struct filter *f)
{
	(void)f;
	return -1;
}

uint64_t filter_seed(const struct filter *f)
{
	(void)f;
	return 0;
}

void filter_set_seed(struct filter *f, uint64_t seed)
{
	(void)f;
	(void)seed;
}

int filter_program_passing(void)
{
	return ERR_UNSUPPORTED;
}
