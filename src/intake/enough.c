#include "intake/enough_internal.h"

static bool networks_cover(const struct prefix_set *have, const struct prefix_set *wanted)
{
	for (size_t i = 0; i < wanted->n_ranges; i++) {
		size_t k = 0;

		while (k < have->n_ranges &&
		       (addr_compare_numeric(have->ranges[k].first, wanted->ranges[i].first) > 0 ||
			addr_compare_numeric(have->ranges[k].last, wanted->ranges[i].last) < 0))
			k++;
		if (k == have->n_ranges)
			return false;
	}
	return true;
}

/* Not its blocks: that would be reading all of it. */
static int check_part(struct archive *a, const char *batch, const char *name)
{
	struct part *p;
	int error = batch_open_part(a, batch, name, &p, NULL);

	if (error < 0)
		return error;
	error = part_load_dictionaries(p, NULL);
	part_close(p);
	return error;
}

static int check_parts(struct archive *a, const char *batch, const struct batch_manifest *m,
		       bool *ret_whole)
{
	int error = 0;

	for (size_t i = 0; i < m->n_parts && !error; i++)
		error = check_part(a, batch, m->parts[i].name);
	/* What a newer version wrote is not damaged. */
	*ret_whole = !error || error == ERR_UNSUPPORTED;
	return catalogue_is_damage(error) ? 0 : error;
}

/* Adds the batch's networks to KNEW, as far as they can be told. */
static int judge(const struct intake_request *ask, const struct catalogue_capture *k,
		 bool *ret_enough, struct prefix_set *knew)
{
	struct batch_manifest m;
	bool whole = false;
	int error = batch_read_manifest(ask->archive, k->batch, &m, NULL);

	*ret_enough = false;
	if (error < 0)
		return catalogue_is_damage(error) ? 0 : error;
	if (!k->damaged && networks_cover(&m.networks, &ask->config->networks)) {
		error = check_parts(ask->archive, k->batch, &m, &whole);
		*ret_enough = whole;
	}
	if (!error)
		error = prefix_set_add_all(knew, &m.networks);
	batch_manifest_finish(&m);
	return error;
}

int enough_judge(const struct intake_request *ask, const struct catalogue_capture *list,
		 size_t count, bool *ret_enough, struct prefix_set *ret_networks)
{
	struct prefix_set knew;
	bool all = true;
	int error = prefix_set_add_all(ret_networks, &ask->config->networks);

	prefix_set_init(&knew);
	for (size_t i = 0; i < count && !error; i++) {
		error = judge(ask, &list[i], &ret_enough[i], &knew);
		all = all && ret_enough[i];
	}
	if (!error && !all)
		error = prefix_set_add_all(ret_networks, &knew);
	prefix_set_finish(&knew);
	return error;
}
