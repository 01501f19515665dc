/* ASN.1's basic encoding (X.690), as far as SNMP, LDAP, Kerberos and SPNEGO use it: definite
 * lengths, tags of one byte. */
#ifndef SEKIMORI_IDENTIFY_BER_H
#define SEKIMORI_IDENTIFY_BER_H

#include "base/macros.h"
#include "identify/span.h"

#define BER_BOOLEAN    0x01
#define BER_INTEGER    0x02
#define BER_OCTETS     0x04
#define BER_OID        0x06
#define BER_ENUMERATED 0x0a
#define BER_SEQUENCE   0x30
#define BER_SET        0x31

#define BER_OID_TEXT_MAX 128

/*
 * Takes the next element off C: its tag and what is in it. An element of which less has come than
 * its length says gives what there is, with the overrun of C set. False at the end, or where there
 * is no element.
 */
must_check bool ber_take(struct cursor *c, uint8_t *ret_tag, struct cursor *ret_inside);

/* The same, where the tag must be that one. */
must_check bool ber_enter(struct cursor *c, uint8_t tag, struct cursor *ret_inside);

/* An integer or enumeration of at most eight bytes. */
must_check bool ber_number(struct cursor *c, uint8_t tag, int64_t *ret_number);

must_check bool ber_octets(struct cursor *c, uint8_t tag, struct span *ret_octets);

/* "1.3.6.1.2.1"; cut where it is too long. */
void ber_oid_print(struct span oid, char ret_text[BER_OID_TEXT_MAX]);

#endif
