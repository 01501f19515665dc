/*
 * The questions of version detection: what is said to a port to make its service tell what it is.
 * Each is made from its protocol's specification. Pure functions; nothing is kept.
 */
#ifndef SEKIMORI_SCAN_PROBE_H
#define SEKIMORI_SCAN_PROBE_H

#include "base/addr.h"
#include "base/buffer.h"

struct probe_target {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
};

/* Appends the question to B. */
typedef void probe_ask_fn(struct buffer *b, const struct probe_target *target);

#define PROBE_PORTS_MAX 14

struct probe {
	const char *protocol;            /* whose reader reads the answer (identify/reading.h) */
	probe_ask_fn *ask;               /* NULL: the service speaks first */
	uint16_t ports[PROBE_PORTS_MAX]; /* where it usually is; up to the first 0 */
	uint16_t tls_ports[PROBE_PORTS_MAX]; /* the same, within TLS */
	bool anywhere;                       /* asked of ports where anything may be */
};

/* In the order in which ports are asked where anything may be. */
extern const struct probe tcp_probes[], udp_probes[];
extern const size_t tcp_probes_count, udp_probes_count;

/* The usual one of a port, NULL when it has none; *ret_tls when that is within TLS. */
const struct probe *probe_usual(uint8_t protocol, uint16_t port, bool *ret_tls);
const struct probe *probe_named(uint8_t protocol, const char *name);

probe_ask_fn ask_http, ask_rtsp, ask_sip, ask_redis, ask_memcached, ask_memcached_udp, ask_mqtt;
probe_ask_fn ask_amqp, ask_x11, ask_rdp, ask_ssdp, ask_tftp, ask_quic, ask_ntp, ask_ntp_control;
probe_ask_fn ask_postgresql, ask_mongodb, ask_smb, ask_dns_tcp, ask_dns_udp, ask_mdns, ask_netbios;
probe_ask_fn ask_ldap, ask_kerberos_tcp, ask_kerberos_udp, ask_snmp, ask_snmp_engine;
probe_ask_fn ask_xmpp, ask_zookeeper, ask_spamd, ask_sunrpc_tcp, ask_sunrpc_udp, ask_stun,
	ask_mumble;
probe_ask_fn ask_openvpn_tcp, ask_openvpn_udp, ask_coap, ask_ajp13, ask_socks5, ask_epmd;
probe_ask_fn ask_ident, ask_distcc, ask_zabbix, ask_git;

/* What follows in a conversation that has begun (scan/dialogue.h). */
void say_smb_session(struct buffer *b);
void say_ldap_starttls(struct buffer *b);
void say_mysql_tls(struct buffer *b);
void say_postgresql_start(struct buffer *b);

#endif
