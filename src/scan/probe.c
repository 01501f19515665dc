#include "scan/probe.h"

#include <string.h>

const struct probe tcp_probes[] = {
	{ "http",
	  ask_http,
	  { 80, 81, 631, 3000, 5000, 8000, 8008, 8080, 8081, 8088, 8888, 9090, 5985, 2375 },
	  { 443, 8443, 9443, 4443, 5986, 2376, 5001, 6443, 10000 },
	  true },
	{ "rtsp", ask_rtsp, { 554, 8554 }, { 322 }, true },
	{ "redis", ask_redis, { 6379, 16379, 26379 }, { 6380 }, true },
	{ "postgresql", ask_postgresql, { 5432, 5433 }, { 0 }, true },
	{ "ldap", ask_ldap, { 389, 3268 }, { 636, 3269 }, true },
	{ "smb", ask_smb, { 445, 139 }, { 0 }, true },
	{ "mongodb", ask_mongodb, { 27017, 27018, 27019 }, { 0 }, true },
	{ "mqtt", ask_mqtt, { 1883 }, { 8883 }, true },
	{ "amqp", ask_amqp, { 5672 }, { 5671 }, true },
	{ "memcached", ask_memcached, { 11211 }, { 0 }, true },
	{ "domain", ask_dns_tcp, { 53 }, { 853 }, true },
	{ "rdp", ask_rdp, { 3389 }, { 0 }, true },
	{ "x11", ask_x11, { 6000, 6001, 6002, 6003, 6004, 6005 }, { 0 }, true },
	{ "sip", ask_sip, { 5060 }, { 5061 }, true },
	{ "kerberos", ask_kerberos_tcp, { 88, 464 }, { 0 }, true },
	{ "xmpp-client", ask_xmpp, { 5222, 5269 }, { 5223 }, false },
	{ "zookeeper", ask_zookeeper, { 2181 }, { 0 }, false },
	{ "spamd", ask_spamd, { 783 }, { 0 }, false },
	{ "sunrpc", ask_sunrpc_tcp, { 111 }, { 0 }, false },
	{ "stun", ask_stun, { 3478 }, { 5349 }, false },
	{ "openvpn", ask_openvpn_tcp, { 1194 }, { 0 }, false },
	{ "ajp13", ask_ajp13, { 8009 }, { 0 }, true },
	{ "socks5", ask_socks5, { 1080 }, { 0 }, false },
	{ "epmd", ask_epmd, { 4369 }, { 0 }, false },
	{ "ident", ask_ident, { 113 }, { 0 }, false },
	{ "distccd", ask_distcc, { 3632 }, { 0 }, false },
	{ "zabbix-agent", ask_zabbix, { 10050 }, { 0 }, false },
	{ "git", ask_git, { 9418 }, { 0 }, false },
	{ "mumble", NULL, { 0 }, { 64738 }, false },
	{ "sieve", NULL, { 4190 }, { 0 }, false },
	{ "ssh", NULL, { 22, 2222, 830 }, { 0 }, false },
	{ "ftp", NULL, { 21, 2121 }, { 990 }, false },
	{ "smtp", NULL, { 25, 587, 2525 }, { 465 }, false },
	{ "pop3", NULL, { 110 }, { 995 }, false },
	{ "imap", NULL, { 143 }, { 993 }, false },
	{ "nntp", NULL, { 119 }, { 563 }, false },
	{ "telnet", NULL, { 23, 2323 }, { 992 }, false },
	{ "vnc", NULL, { 5900, 5901, 5902, 5903 }, { 0 }, false },
	{ "mysql", NULL, { 3306, 3307, 33060 }, { 0 }, false },
	{ "rsync", NULL, { 873 }, { 874 }, false },
};
const size_t tcp_probes_count = ARRAY_LENGTH(tcp_probes);

const struct probe udp_probes[] = {
	{ "domain", ask_dns_udp, { 53 }, { 0 }, true },
	{ "snmp", ask_snmp, { 161, 1161 }, { 0 }, true },
	{ "snmp", ask_snmp_engine, { 161, 1161 }, { 0 }, true },
	{ "ntp", ask_ntp_control, { 123 }, { 0 }, true },
	{ "ntp", ask_ntp, { 123 }, { 0 }, true },
	{ "sip", ask_sip, { 5060 }, { 0 }, true },
	{ "tftp", ask_tftp, { 69 }, { 0 }, true },
	{ "kerberos", ask_kerberos_udp, { 88, 464 }, { 0 }, true },
	{ "ldap", ask_ldap, { 389 }, { 0 }, true },
	{ "memcached", ask_memcached_udp, { 11211 }, { 0 }, true },
	{ "quic", ask_quic, { 443, 80, 8443, 784, 853 }, { 0 }, true },
	{ "stun", ask_stun, { 3478 }, { 0 }, true },
	{ "openvpn", ask_openvpn_udp, { 1194 }, { 0 }, true },
	{ "coap", ask_coap, { 5683 }, { 0 }, true },
	{ "sunrpc", ask_sunrpc_udp, { 111 }, { 0 }, true },
	{ "mumble", ask_mumble, { 64738 }, { 0 }, false },
	{ "ssdp", ask_ssdp, { 1900 }, { 0 }, false },
	{ "mdns", ask_mdns, { 5353 }, { 0 }, false },
	{ "netbios-ns", ask_netbios, { 137 }, { 0 }, false },
};
const size_t udp_probes_count = ARRAY_LENGTH(udp_probes);

static bool has_port(const uint16_t ports[PROBE_PORTS_MAX], uint16_t port)
{
	for (int i = 0; i < PROBE_PORTS_MAX && ports[i]; i++)
		if (ports[i] == port)
			return true;
	return false;
}

const struct probe *probe_usual(uint8_t protocol, uint16_t port, bool *ret_tls)
{
	const struct probe *list = protocol == 6 ? tcp_probes : udp_probes;
	size_t n = protocol == 6 ? tcp_probes_count : udp_probes_count;

	for (size_t i = 0; i < n; i++) {
		bool tls = has_port(list[i].tls_ports, port);

		if (!tls && !has_port(list[i].ports, port))
			continue;
		*ret_tls = tls;
		return &list[i];
	}
	*ret_tls = false;
	return NULL;
}

const struct probe *probe_named(uint8_t protocol, const char *name)
{
	const struct probe *list = protocol == 6 ? tcp_probes : udp_probes;
	size_t n = protocol == 6 ? tcp_probes_count : udp_probes_count;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].protocol, name))
			return &list[i];
	return NULL;
}
