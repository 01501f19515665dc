/* Checking a store: findings, and the two halves of the work. */
#ifndef SEKIMORI_CATALOGUE_VERIFY_INTERNAL_H
#define SEKIMORI_CATALOGUE_VERIFY_INTERNAL_H

#include "catalogue/catalogue_internal.h"

struct check {
	struct catalogue *catalogue;
	catalogue_finding_fn fn;
	void *user;
	int findings;
};

/* Says one thing that is wrong. */
void check_found(struct check *k, const char *format, ...) printf_like(2, 3);

/*
 * Every file of every batch. What is wrong is found; 0 or what keeps the check from going on, which
 * is -ENOMEM.
 */
must_check int check_archive(struct check *k, struct diagnosis *d);

/* The derived tables against a count of the whole archive, made for it in memory. */
must_check int check_counts(struct check *k, struct diagnosis *d);

#endif
