/*
 * Numbers and places in the headers that every program over these bytes agrees on: link types,
 * EtherTypes, protocol and port numbers, offsets, TCP flags. Constants and functions of plain
 * numbers only, and only <stdbool.h> and <stdint.h>, so that a program for the kernel can take it
 * too.
 */
#ifndef SEKIMORI_DECODE_WIRE_H
#define SEKIMORI_DECODE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/* www.tcpdump.org/linktypes.html; the second raw and loop numbers are what other systems write. */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_BSD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_CISCO_HDLC = 104,
	LINK_IEEE802_11 = 105,
	LINK_LOOP = 108,
	LINK_ENC = 109,
	LINK_LINUX_SLL = 113,
	LINK_PRISM = 119,
	LINK_RADIOTAP = 127,
	LINK_AVS = 163,
	LINK_PPP_PPPD = 166,
	LINK_PPP_WITH_DIR = 204,
	LINK_CISCO_HDLC_WITH_DIR = 205,
	LINK_MPLS = 219,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_NFLOG = 239,
	LINK_LINUX_SLL2 = 276,
};

enum ethertype {
	ETHERTYPE_LENGTH_MAX = 1500, /* up to here it is the length of an 802.3 frame */
	ETHERTYPE_MIN = 1536,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_ERSPAN_3 = 0x22eb,
	ETHERTYPE_TRILL = 0x22f3,
	ETHERTYPE_BATMAN = 0x4305,
	ETHERTYPE_BRIDGED = 0x6558, /* an Ethernet frame in a tunnel */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_WCCP = 0x883e,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_LLC = 0x8870, /* 802.3 too long for a length */
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_ERSPAN = 0x88be,
	ETHERTYPE_MACSEC = 0x88e5,
	ETHERTYPE_ITAG = 0x88e7,
	ETHERTYPE_FABRICPATH = 0x8903,
	ETHERTYPE_CISCO_CMD = 0x8909,
	ETHERTYPE_VNTAG = 0x8926,
	ETHERTYPE_ETAG = 0x893f,
	ETHERTYPE_NSH = 0x894f,
	ETHERTYPE_VLAN_9100 = 0x9100,
	ETHERTYPE_VLAN_9200 = 0x9200,
};

enum ip_protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_MOBILE = 55,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_IPIP = 94,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_ENCAP = 98,
	PROTOCOL_L2TP = 115,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
	PROTOCOL_ETHERNET = 143,
};

enum udp_port {
	PORT_GTP_U = 2152,
	PORT_TEREDO = 3544,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_GENEVE = 6081,
	PORT_VXLAN_LINUX = 8472,
};

#define ETHERNET_ADDRESSES_BYTES 12 /* then the EtherType */
#define ETHERNET_HEADER_BYTES    14
#define VLAN_TAG_BYTES           4 /* the tag control, then the next EtherType */

#define IPV4_HEADER_BYTES    20 /* without options */
#define IPV4_TOTAL_LENGTH_AT 2
#define IPV4_FRAGMENT_AT     6
#define IPV4_MORE_FRAGMENTS  0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_PROTOCOL_AT     9
#define IPV4_SRC_AT          12
#define IPV4_DST_AT          16

#define IPV6_HEADER_BYTES      40
#define IPV6_PAYLOAD_LENGTH_AT 4
#define IPV6_NEXT_HEADER_AT    6
#define IPV6_SRC_AT            8
#define IPV6_DST_AT            24

#define TCP_SEQ_AT         4
#define TCP_ACK_AT         8
#define TCP_DATA_OFFSET_AT 12
#define TCP_FLAGS_AT       13
#define TCP_FLAGS_END      14 /* a header captured up to here says all that is needed */
#define TCP_HEADER_BYTES   20 /* without options */

enum tcp_flags {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
	TCP_ECE = 64,
	TCP_CWR = 128,
};

/* SYN and ACK set, RST and FIN clear; whatever the ECN bits say (RFC 3168; AccECN, RFC 9768). */
static inline bool tcp_flags_are_synack(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == (TCP_SYN | TCP_ACK);
}

/* SYN alone of SYN, ACK, RST and FIN. */
static inline bool tcp_flags_are_syn(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

#endif
