#ifndef SEKIMORI_CATALOGUE_SCANS_INTERNAL_H
#define SEKIMORI_CATALOGUE_SCANS_INTERNAL_H

/* The kept_scan tables, made where they are missing; a transaction of its own. */
extern const char scans_schema[];

#endif
