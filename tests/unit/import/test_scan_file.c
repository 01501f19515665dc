/* Scan results of each format, as small as they can be: what they tell, event by event. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "build_config.h"
#include "unit.h"

static void nmap_xml(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
	scan_reads(
		NMAP("<scaninfo type=\"syn\" protocol=\"tcp\" numservices=\"4\" services=\"1-3,5\"/>\n"
		     "<hosthint><status state=\"up\"/><address addr=\"192.0.2.99\" addrtype=\"ipv4\"/></hosthint>"
		     "<host><status state=\"down\"/><address addr=\"2001:db8::1\" addrtype=\"ipv6\"/></host>" NMAP_HOST(
			     "<ports><extraports state=\"closed\" count=\"2\"><extrareasons reason=\"resets\""
			     " count=\"2\" proto=\"tcp\" ports=\"1-2\"/></extraports>"
			     "<port protocol=\"tcp\" portid=\"22\"><state state=\"open\" reason=\"syn-ack\""
			     " reason_ttl=\"63\"/><service name=\"ssh\" product=\"OpenSSH\" version=\"9.2\""
			     " extrainfo=\"protocol 2.0\" ostype=\"Linux\" hostname=\"h\" devicetype=\"router\""
			     " tunnel=\"ssl\"><cpe>cpe:/a:openbsd:openssh:9.2p1~x</cpe><cpe>cpe:/o:linux:linux_kernel</cpe>"
			     "</service><script id=\"banner\" output=\"SSH-2.0\"/></port>"
			     "<port protocol=\"udp\" portid=\"53\"><state state=\"open|filtered\" reason=\"no-response\"/>"
			     "</port><port protocol=\"ip\" portid=\"6\"><state state=\"open\"/></port></ports>") "<runstats>"
														 "<finished time=\"110\" exit=\"success\"/></runstats>"),
		"covered 6 1-3,5\n"
		"host 2001:db8::1 down 0 \n"
		"rest 192.0.2.18 6 closed 2\n"
		"port 192.0.2.18 22 6 open syn-ack 63 103 ssh|OpenSSH|9.2|protocol 2.0|h|Linux|router|"
		"cpe:2.3:a:openbsd:openssh:9.2p1\\~x:*:*:*:*:*:*:* cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*|tls|SSH-2.0\n"
		"port 192.0.2.18 53 17 open|filtered no-response 0 103 |||||||||\n"
		"host 192.0.2.18 up 101 www\n"
		"run nmap xml|nmap|7.93|nmap -sS|100|110|ended|1\n");
	/* Old versions: no reason, no protocol of the rest; interrupted. */
	scan_reads(
		"<nmaprun scanner=\"nmap\" start=\"5\"><host><status state=\"up\"/><address addr=\"192.0.2.1\"/>"
		"<ports><extraports state=\"filtered\" count=\"998\"/><extraports state=\"unknown\" count=\"1\"/>"
		"<port protocol=\"tcp\" portid=\"80\"><state state=\"closed\"/></port></ports></host></nmaprun>",
		"rest 192.0.2.1 6 filtered 998\n"
		"port 192.0.2.1 80 6 closed - 0 5 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"run nmap xml|nmap|||5|0||0\n");
	/* Both protocols, and the rest does not say of which. */
#define OLD(scaninfo)                                                                              \
	"<nmaprun scanner=\"nmap\" start=\"5\">" scaninfo                                          \
	"<host><status state=\"up\"/><address addr=\"192.0.2.1\"/><ports>"                         \
	"<extraports state=\"open|filtered\" count=\"9\"><extrareasons reason=\"no-responses\""    \
	" count=\"9\"/></extraports><extraports state=\"closed\" count=\"8\"/></ports></host></nmaprun>"
#define OLD_END "host 192.0.2.1 up 0 \nrun nmap xml|nmap|||5|0||0\n"
	scan_reads(
		OLD("<scaninfo protocol=\"tcp\" services=\"\"/><scaninfo protocol=\"udp\" services=\"\"/>"),
		"rest 192.0.2.1 17 open|filtered 9\nrest 192.0.2.1 6 closed 8\n" OLD_END);
	scan_reads(OLD("<scaninfo protocol=\"udp\" services=\"\"/>"),
		   "rest 192.0.2.1 17 open|filtered 9\nrest 192.0.2.1 17 closed 8\n" OLD_END);
	scan_reads(OLD("<scaninfo protocol=\"tcp\" services=\"\"/>"),
		   "rest 192.0.2.1 6 open|filtered 9\nrest 192.0.2.1 6 closed 8\n" OLD_END);
}

static void masscan_xml(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
	scan_reads(
		"<?xml version=\"1.0\"?>\n<!-- masscan v1.0 scan -->\n"
		"<nmaprun scanner=\"masscan\" start=\"9\" version=\"1.0-BETA\" xmloutputversion=\"1.03\">\n"
		"<scaninfo type=\"syn\" protocol=\"tcp\" />\n"
		"<host endtime=\"10\"><address addr=\"192.0.2.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\""
		" portid=\"80\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"53\"/></port></ports></host>\n"
		"<host endtime=\"11\"><address addr=\"192.0.2.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\""
		" portid=\"80\"><state state=\"open\" reason=\"else\" reason_ttl=\"53\"/><service name=\"http\""
		" banner=\"HTTP/1.1 200 OK\"></service></port></ports></host>\n"
		"<runstats><finished time=\"12\"/></runstats></nmaprun>\n",
		"port 192.0.2.1 80 6 open syn-ack 53 10 |||||||||\n"
		"host 192.0.2.1 unknown 0 \n"
		"port 192.0.2.1 80 6 open - 53 11 http|||||||||HTTP/1.1 200 OK\n"
		"host 192.0.2.1 unknown 0 \n"
		"run masscan xml|masscan|1.0-BETA||9|12|ended|0\n");
}

#define ITEM(port, name, protocol, plugin, output)                                                 \
	"<ReportItem port=\"" port "\" svc_name=\"" name "\" protocol=\"" protocol                 \
	"\" severity=\"0\" pluginID=\"" plugin                                                     \
	"\" pluginName=\"x\"><description>d</description><plugin_output>" output                   \
	"</plugin_output></ReportItem>\n"
#define NESSUS(policy, items)                                                                      \
	"<?xml version=\"1.0\" ?>\n<NessusClientData_v2><Policy><policyName>p</policyName>"        \
	"<Preferences><ServerPreferences>" policy "</ServerPreferences></Preferences></Policy>"    \
	"<Report name=\"r\" xmlns:cm=\"http://www.nessus.org/cm\"><ReportHost name=\"www\">"       \
	"<HostProperties><tag name=\"HOST_END\">Mon Jul  1 11:40:48 2013</tag>"                    \
	"<tag name=\"host-ip\">192.0.2.18</tag>"                                                   \
	"<tag name=\"host-fqdn\">www.example.org</tag>"                                            \
	"<tag name=\"HOST_START_TIMESTAMP\">1372678391</tag></HostProperties>\n" items             \
	"</ReportHost></Report></NessusClientData_v2>\n"
#define PREFERENCE(name, value)                                                                    \
	"<preference><name>" name "</name><value>" value "</value></preference>"

static void nessus(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
	scan_reads(
		NESSUS(PREFERENCE("TARGET", "192.0.2.0/24, www.example.org") PREFERENCE(
			       "port_range", "1-1024,T:8080,U:53,161") PREFERENCE("other", "1"),
		       ITEM("0", "general", "tcp", "19506",
			    "Nessus version : 10.4.2\nPort range : 1-9\n")
			       ITEM("80", "http?", "tcp", "11219",
				    "Port 80/tcp was found to be open")
				       ITEM("80", "www", "tcp", "22964",
					    "A TLSv1.2 server answered on this port.")
					       ITEM("80", "www", "tcp", "10107",
						    "The remote web server type is :\n\nnginx/1.22")
						       ITEM("80", "www", "tcp", "22964",
							    "A web server") ITEM("53", "dns", "udp",
										 "11002", "DNS")
							       ITEM("0", "general", "icmp", "10114",
								    "")),
		"target 192.0.2.0/24\n"
		"target www.example.org\n"
		"covered 6 1-1024\n"
		"covered 6 8080\n"
		"covered 17 53,161\n"
		"port 192.0.2.18 80 6 open - 0 1372678848 http||||||||tls|The remote web server type is :\n\nnginx/1.22\n"
		"port 192.0.2.18 53 17 open - 0 1372678848 domain|||||||||DNS\n"
		"host 192.0.2.18 up 1372678391 www.example.org\n"
		"run nessus|nessus|10.4.2||1372678391|1372678848|ended|0\n");
	/* A list that is Nessus' own tells nothing; a host without an address is passed over. */
	scan_reads(
		"<NessusClientData_v2><Policy>" PREFERENCE(
			"port_range", "default") "</Policy><Report>"
						 "<ReportHost name=\"a.example.org\">" ITEM(
							 "80", "www", "tcp", "11219",
							 "") "</ReportHost>"
							     "<ReportHost name=\"192.0.2.1\">" ITEM(
								     "80", "www", "tcp", "11219",
								     "") "</ReportHost></Report>"
									 "</NessusClientData_v2>",
		"port 192.0.2.1 80 6 open - 0 0 http|||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"run nessus|nessus|||0|0|ended|2\n");
	/* A host that was not finished, whose address is its name. */
	scan_reads(
		"<NessusClientData_v2><Report><ReportHost name=\"192.0.2.1\"><HostProperties>"
		"<tag name=\"HOST_START_TIMESTAMP\">7</tag><tag name=\"HOST_END_TIMESTAMP\"></tag><tag name=\"host-ip\"/>"
		"</HostProperties>" ITEM("80", "www", "tcp", "11219",
					 "") "</ReportHost></Report></NessusClientData_v2>",
		"port 192.0.2.1 80 6 open - 0 7 http|||||||||\n"
		"host 192.0.2.1 up 7 \n"
		"run nessus|nessus|||7|0|ended|0\n");
}

static void nessus_v1(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
#define V1_ITEM(port)                                                                              \
	"<ReportItem><port>" port "</port><severity>1</severity><pluginID>1</pluginID>"            \
	"<data>x (9/tcp)</data></ReportItem>\n"
	scan_reads(
		"<?xml version=\"1.0\" ?><NessusClientData>\n<Targets><Target><value>x</value></Target></Targets><Report>"
		"<ReportName>r</ReportName><ReportHost><HostName>192.0.2.1</HostName>"
		"<startTime>Mon Jul  1 11:30:48 2013</startTime><stopTime>Mon Jul  1 11:40:48 2013</stopTime>\n" V1_ITEM(
			"general/tcp") V1_ITEM("ssh (22/tcp)") V1_ITEM("unknown (22/tcp)")
			V1_ITEM("domain? (53/udp)") V1_ITEM(
				"x (1/icmp)") "</ReportHost>"
					      "<ReportHost><HostName>www.example.org</HostName>" V1_ITEM(
						      "www (80/tcp)") "</ReportHost></Report></NessusClientData>",
		"port 192.0.2.1 22 6 open - 0 1372678848 ssh|||||||||\n"
		"port 192.0.2.1 22 6 open - 0 1372678848 |||||||||\n"
		"port 192.0.2.1 53 17 open - 0 1372678848 domain|||||||||\n"
		"host 192.0.2.1 up 1372678248 \n"
		"run nessus|nessus|||0|0|ended|2\n");
	scan_refuses(
		"<NessusClientData><Report><ReportHost><HostName>192.0.2.1</HostName>\n" V1_ITEM(
			"x (65536/tcp)"),
		ERR_DAMAGED, "line 2: <port text=\"65536\">", "");
}

static void nexpose(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
	scan_reads(
		"<NexposeReport version=\"1.0\"><scans><scan id=\"1\" startTime=\"20131127T050242739\""
		" endTime=\"20131127T115513233\" status=\"finished\"/></scans><nodes>"
		"<node address=\"192.0.2.1\" status=\"alive\"><names><name>a</name><name>b</name></names>"
		"<tests><test id=\"x\"/></tests><endpoints>"
		"<endpoint protocol=\"tcp\" port=\"22\" status=\"open\"><services><service name=\"SSH\"><fingerprints>"
		"<fingerprint certainty=\"0.50\" product=\"no\" version=\"1\"/>"
		"<fingerprint certainty=\"0.90\" product=\"Dropbear\" version=\"0.51\"/></fingerprints></service></services>"
		"</endpoint><endpoint protocol=\"udp\" port=\"1812\" status=\"open\"><services><service"
		" name=\"radius (RADIUS authentication protocol (RFC 2138))\"/></services></endpoint>"
		"<endpoint protocol=\"tcp\" port=\"23\" status=\"closed\"/></endpoints></node>"
		"<node address=\"192.0.2.2\" status=\"dead\"/></nodes></NexposeReport>",
		"port 192.0.2.1 22 6 open - 0 1385553313 ssh|Dropbear|0.51|||||||\n"
		"port 192.0.2.1 1812 17 open - 0 1385553313 radius|||||||||\n"
		"port 192.0.2.1 23 6 closed - 0 1385553313 |||||||||\n"
		"host 192.0.2.1 up 0 a\n"
		"host 192.0.2.2 down 0 \n"
		"run nexpose xml|nexpose|||1385528562|1385553313|ended|0\n");
	/* Its simple form. */
	scan_reads(
		"<NeXposeSimpleXML version=\"1.0\">\n<generated>20131127T115513233</generated><devices>"
		"<device address=\"192.0.2.1\" id=\"7\"><fingerprint certainty=\"0.80\"><product>Linux</product></fingerprint>"
		"<vulnerabilities></vulnerabilities><services><service name=\"SSH\" port=\"22\" protocol=\"tcp\">"
		"<fingerprint certainty=\"0.90\"><description>x</description><vendor></vendor><product>OpenSSH</product>"
		"<version>9.2</version></fingerprint><vulnerabilities><vulnerability id=\"v\"/></vulnerabilities></service>"
		"<service name=\"HTTPS\" port=\"443\" protocol=\"tcp\"/><service name=\"NTP\" port=\"000\" protocol=\"udp\"/>"
		"</services></device><device address=\"x\"><services><service name=\"HTTP\" port=\"80\" protocol=\"tcp\"/>"
		"</services></device></devices></NeXposeSimpleXML>",
		"port 192.0.2.1 22 6 open - 0 1385553313 ssh|OpenSSH|9.2|||||||\n"
		"port 192.0.2.1 443 6 open - 0 1385553313 https||||||||tls|\n"
		"host 192.0.2.1 up 0 \n"
		"run nexpose xml|nexpose|||0|1385553313|ended|3\n");
}

static void grepable(void **state)
{
	(void)state;
	scan_reads(
		"# Nmap 7.93 scan initiated Mon Feb 18 01:42:06 2019 as: nmap -v -oG - 192.0.2.0/24\n"
		"# Ports scanned: TCP(4;22,80-81,443) UDP(0;) SCTP(0;) PROTOCOLS(0;)\n"
		"Host: 192.0.2.18 (www)\tStatus: Up\n"
		"Host: 192.0.2.18 (www)\tPorts: 22/open/tcp//ssh//OpenSSH 9.2, x (protocol 2.0)/, "
		"443/filtered/tcp//ssl|http//Apache 2.4|1/, 6/open/ip//tcp///\tIgnored State: closed (2)\tOS: Linux\n"
		"Host: 192.0.2.19 ()\tStatus: Down\r\n"
		"# Nmap done at Mon Feb 18 01:42:24 2019 -- 2 IP addresses (1 host up) scanned in 17.70 seconds\n",
		"covered 6 22,80-81,443\n"
		"host 192.0.2.18 up 0 www\n"
		"port 192.0.2.18 22 6 open - 0 1550454126 ssh|OpenSSH 9.2, x (protocol 2.0)||||||||\n"
		"port 192.0.2.18 443 6 filtered - 0 1550454126 http|Apache 2.4/1|||||||tls|\n"
		"rest 192.0.2.18 6 closed 2\n"
		"host 192.0.2.19 down 0 \n"
		"run nmap grepable|nmap|7.93|nmap -v -oG - 192.0.2.0/24|1550454126|1550454144|ended|1\n");
	/* Ours has another name in the same places. */
	scan_reads(
		"# sekimori 0.1.0 scan initiated Mon Feb 18 01:42:06 2019 as: sekimori scan 192.0.2.18\n"
		"Host: 192.0.2.18 ()\tPorts: 22/open/tcp//ssh///\tIgnored State: closed (3)\n"
		"# sekimori done at Mon Feb 18 01:42:24 2019 -- 1 IP address (1 host up) scanned in 17.70 seconds\n",
		"port 192.0.2.18 22 6 open - 0 1550454126 ssh|||||||||\nrest 192.0.2.18 6 closed 3\n"
		"run nmap grepable|sekimori|0.1.0|sekimori scan 192.0.2.18|1550454126|1550454144|ended|0\n");
	scan_reads(
		"# Masscan 1.3.2 scan initiated Thu Nov 26 01:00:00 2026\n# Ports scanned: TCP(1;80) UDP(0;)\n"
		"Timestamp: 1591010771\tHost: 192.0.2.1 ()\tPorts: 80/open/tcp//http//\n# Masscan done at Thu Nov 26 01:00:10 2026\n",
		"covered 6 80\n"
		"port 192.0.2.1 80 6 open - 0 1591010771 http|||||||||\n"
		"run masscan grepable|masscan|1.3.2||1795654800|1795654810|ended|0\n");
	/* It numbers UDP's ports from 65536 and SCTP's from 131072 on; a ping has no port; a banner
	 * does not say of which protocol. */
	scan_reads(
		"# Masscan 1.3.2 scan initiated Thu Nov 26 01:00:00 2026\n"
		"# Ports scanned: TCP(2;22-22,80-80,) UDP(2;65589-65590,) SCTP(1;131073-131073,) PROTOCOLS(0;)\n"
		"Timestamp: 7\tHost: 192.0.2.1 ()\tPorts: 53/open/udp//domain//\n"
		"Timestamp: 7\tHost: 192.0.2.1 ()\tPorts: 0/up/arp////\n"
		"Host: 192.0.2.1 ()\tPort: 22\tService: ssh\tBanner: SSH-2.0-x\n",
		"covered 6 22\ncovered 6 80\ncovered 17 53-54\ncovered 132 1\n"
		"port 192.0.2.1 53 17 open - 0 7 domain|||||||||\n"
		"run masscan grepable|masscan|1.3.2||1795654800|0||1\n");
	scan_refuses("# Masscan 1.3.2 scan initiated Thu Nov 26 01:00:00 2026\n"
		     "# Ports scanned: TCP(0;) UDP(1;53-53,)\n",
		     ERR_DAMAGED, "line 2: no range of ports: \"53\"", "");
	/* Only UDP; a name that was guessed. */
	scan_reads(
		"Host: 192.0.2.1 ()\tPorts: 53/open/udp//domain?///\tIgnored State: closed (7)\n",
		"port 192.0.2.1 53 17 open - 0 0 domain|||||||||\nrest 192.0.2.1 17 closed 7\n"
		"run nmap grepable||||0|0||0\n");
}

static void masscan_list(void **state)
{
	(void)state;
	scan_reads(
		"#masscan\nopen tcp 80 192.0.2.1 1591010771\nclosed tcp 81 192.0.2.1 1591010772\n"
		"open udp 53 2001:db8::1 1591010773\nopen icmp 0 192.0.2.1 1591010774\nup arp 0 192.0.2.1 5\n"
		"banner tcp 80 192.0.2.1 1591010775 http HTTP/1.1 200 OK\n# end\n",
		"port 192.0.2.1 80 6 open - 0 1591010771 |||||||||\n"
		"port 192.0.2.1 81 6 closed - 0 1591010772 |||||||||\n"
		"port 2001:db8::1 53 17 open - 0 1591010773 |||||||||\n"
		"port 192.0.2.1 80 6 open - 0 1591010775 http|||||||||HTTP/1.1 200 OK\n"
		"run masscan list|masscan|||0|0|ended|2\n");
	scan_reads(
		"Discovered open port 80/tcp on 192.0.2.1                                    \n"
		"Discovered open port 53/udp on 2001:db8::1\nDiscovered open port 0/icmp on 192.0.2.1\n",
		"port 192.0.2.1 80 6 open - 0 0 |||||||||\n"
		"port 2001:db8::1 53 17 open - 0 0 |||||||||\n"
		"run masscan output||||0|0||1\n");
	scan_refuses("Discovered open port 80/tcp\n", ERR_DAMAGED, "line 1: no line of a list", "");
}

#define MASSCAN                                                                                    \
	"{   \"ip\": \"192.0.2.1\",   \"timestamp\": \"1591010771\", \"ports\": [ {\"port\": 80, " \
	"\"proto\": \"tcp\", \"status\": \"open\", \"reason\": \"syn-ack\", \"ttl\": 48} ] }"
#define MASSCAN_EVENTS                                                                             \
	"port 192.0.2.1 80 6 open syn-ack 48 1591010771 |||||||||\nhost 192.0.2.1 up 0 \n"

static void masscan_json(void **state)
{
	(void)state;
	if (!HAVE_YAJL)
		skip();
	scan_reads("[\n" MASSCAN "\n,\n" MASSCAN "\n]\n",
		   MASSCAN_EVENTS MASSCAN_EVENTS "run masscan json|masscan|||0|0|ended|0\n");
	/* Two that are no JSON as a whole. */
	scan_reads(MASSCAN ",\n" MASSCAN ",\n{finished: 1}\n",
		   MASSCAN_EVENTS MASSCAN_EVENTS "run masscan json|masscan|||0|0|ended|0\n");
	scan_reads("[\n" MASSCAN ",\n]\n",
		   MASSCAN_EVENTS "run masscan json|masscan|||0|0|ended|0\n");
	/* -oD, and a banner. */
	scan_reads(
		"{\"ip\":\"192.0.2.1\",\"timestamp\":\"1591010771\",\"port\":80,\"proto\":\"tcp\",\"rec_type\":\"status\","
		"\"data\":{\"status\":\"closed\",\"reason\":\"rst\",\"ttl\":57}}\n"
		"{\"ip\":\"192.0.2.1\",\"timestamp\":\"1591010772\",\"ports\":[{\"port\":22,\"proto\":\"tcp\",\"service\":"
		"{\"name\":\"ssh\",\"banner\":\"SSH-2.0-x\"}}]}\n",
		"port 192.0.2.1 80 6 closed reset 57 1591010771 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"port 192.0.2.1 22 6 open - 0 1591010772 ssh|||||||||SSH-2.0-x\n"
		"host 192.0.2.1 up 0 \n"
		"run masscan json|masscan|||0|0||0\n");
	/* Pings, which have no port. */
	scan_reads(
		"[\n{ \"ip\": \"192.0.2.1\", \"timestamp\": \"7\", \"ports\": [ {\"port\": 0, \"proto\": \"icmp\", "
		"\"status\": \"open\", \"reason\": \"none\", \"ttl\": 64} ] }\n,\n"
		"{\"ip\":\"192.0.2.1\",\"timestamp\":\"7\",\"port\":0,\"proto\":\"arp\",\"rec_type\":\"status\","
		"\"data\":{\"status\":\"up\"}}\n,\n" MASSCAN "\n]\n",
		"host 192.0.2.1 up 0 \nhost 192.0.2.1 up 0 \n" MASSCAN_EVENTS
		"run masscan json|masscan|||0|0|ended|2\n");
	/* Nothing tells whose it is. */
	scan_reads("[]", "run ||||0|0|ended|0\n");
}

static void our_json(void **state)
{
	/* A name is not looked up. */
	static const char *const no_ranges[] = { "www.example.org", "192.0.2.9-192.0.2.1",
						 "192.0.2.0/33" };

	(void)state;
	if (!HAVE_YAJL)
		skip();
	scan_reads(
		"{\"tool\": \"sekimori\", \"version\": \"0.1.0\", \"arguments\": \"sekimori scan 192.0.2.18\",\n"
		"\"vantage\": \"v\", \"started\": \"2019-01-24T00:00:00.000Z\", \"ended\": \"2019-01-24T00:00:09.000Z\",\n"
		"\"complete\": true, \"addresses\": 1, \"method\": \"connect\", \"tcp_ports\": \"1-3,22\", \"udp_ports\": \"53\",\n"
		"\"hosts\": [{\"address\": \"192.0.2.18\", \"name\": \"www\", \"reason\": \"syn-ack\", \"ports\": [\n"
		"{\"port\": 22, \"protocol\": \"tcp\", \"state\": \"open\", \"reason\": \"syn-ack\", \"ttl\": 63,"
		" \"time\": \"2019-01-24T09:00:01.000+09:00\", \"service\": \"ssh\", \"probed\": true, \"product\": \"OpenSSH\","
		" \"version\": \"9.2\", \"extra_info\": \"protocol 2.0\", \"hostname\": \"h\", \"os\": \"Linux\", \"device\": \"d\","
		" \"cpe\": [\"cpe:2.3:a:openbsd:openssh:9.2\"], \"tls\": true}],\n"
		"\"not_listed\": [{\"protocol\": \"tcp\", \"state\": \"closed\", \"reason\": \"reset\", \"ports\": 3}]}],\n"
		"\"down\": [\"192.0.2.17\", \"192.0.2.19-192.0.2.20\", \"2001:db8::/64\"]}\n",
		"covered 6 1-3,22\n"
		"covered 17 53\n"
		"rest 192.0.2.18 6 closed 3\n"
		"port 192.0.2.18 22 6 open syn-ack 63 1548288001 ssh|OpenSSH|9.2|protocol 2.0|h|Linux|d|"
		"cpe:2.3:a:openbsd:openssh:9.2|tls|\n"
		"host 192.0.2.18 up 0 www\n"
		"down 192.0.2.17 192.0.2.17\n"
		"down 192.0.2.19 192.0.2.20\n"
		"down 2001:db8:: 2001:db8::ffff:ffff:ffff:ffff\n"
		"run sekimori json|sekimori|0.1.0|sekimori scan 192.0.2.18|1548288000|1548288009|ended|0\n");
	for (size_t i = 0; i < ARRAY_LENGTH(no_ranges); i++) {
		char text[128];
		struct events e;

		(void)snprintf(text, sizeof(text), "{\"tool\": \"sekimori\", \"down\": [\"%s\"]}",
			       no_ranges[i]);
		e = scan_events(text, strlen(text), true);
		assert_int_equal(e.error, ERR_DAMAGED);
		assert_non_null(strstr(e.d.text, no_ranges[i]));
		free(e.text);
	}
}

static void naabu(void **state)
{
	(void)state;
	if (!HAVE_YAJL)
		skip();
	scan_reads(
		"{\"host\":\"www.example.org\",\"ip\":\"192.0.2.1\",\"timestamp\":\"2026-07-31T00:00:00.5Z\",\"port\":3000,"
		"\"protocol\":\"tcp\",\"tls\":true}\n"
		"{\"ip\":\"192.0.2.1\",\"port\":{\"Port\":53,\"Protocol\":1,\"TLS\":false}}\n"
		"{\"host\":\"192.0.2.2\",\"port\":80,\"tls\":false}\n",
		"port 192.0.2.1 3000 6 open - 0 1785456000 ||||||||tls|\n"
		"host 192.0.2.1 up 0 www.example.org\n"
		"port 192.0.2.1 53 17 open - 0 0 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"port 192.0.2.2 80 6 open - 0 0 |||||||||\n"
		"host 192.0.2.2 up 0 \n"
		"run naabu json|naabu|||0|0||0\n");
	/* A name that was not resolved; another old form; what it knows from nmap. */
	scan_reads(
		"{\"host\":\"www.example.org\",\"ip\":\"\",\"port\":80,\"tls\":false}\n"
		"{\"ip\":\"192.0.2.1\",\"port\":{\"Port\":53,\"Protocol\":\"udp\",\"TLS\":false}}\n"
		"{\"ip\":\"192.0.2.1\",\"port\":22,\"protocol\":\"tcp\",\"tls\":false,\"device_type\":\"d\","
		"\"extra_info\":\"e\",\"name\":\"ssh\",\"os_type\":\"Linux\",\"product\":\"OpenSSH\",\"tunnel\":\"ssl\","
		"\"version\":\"9.2\",\"cpes\":[\"cpe:/a:openbsd:openssh:9.2\"]}\n",
		"port 192.0.2.1 53 17 open - 0 0 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"port 192.0.2.1 22 6 open - 0 0 ssh|OpenSSH|9.2|e||Linux|d|cpe:2.3:a:openbsd:openssh:9.2:*:*:*:*:*:*:*|tls|\n"
		"host 192.0.2.1 up 0 \n"
		"run naabu json|naabu|||0|0||1\n");
}

static void naabu_text(void **state)
{
	(void)state;
	scan_reads(
		"192.0.2.1:80\r\n192.0.2.1:443 [cloudflare]\n2001:db8::1:22\n[2001:db8::1]:23\nwww.example.org:80\n",
		"port 192.0.2.1 80 6 open - 0 0 |||||||||\n"
		"port 192.0.2.1 443 6 open - 0 0 |||||||||\n"
		"port 2001:db8::1 22 6 open - 0 0 |||||||||\n"
		"port 2001:db8::1 23 6 open - 0 0 |||||||||\n"
		"run naabu list|naabu|||0|0||1\n");
	scan_refuses("192.0.2.1:80\nhello\n", ERR_DAMAGED, "line 2: \"hello\"",
		     "port 192.0.2.1 80 6 open - 0 0 |||||||||\n");
	scan_refuses("192.0.2.1:80\n192.0.2.1:65536\n", ERR_DAMAGED, "line 2: \"65536\"",
		     "port 192.0.2.1 80 6 open - 0 0 |||||||||\n");
	scan_reads("host,ip,port,protocol,tls,cdn,cdn-name,timestamp,mac_address\n"
		   ",192.0.2.1,80,tcp,false,false,,2023-03-12 18:07:18.395422 +0000 UTC,\n"
		   "host,ip,port,protocol,tls,cdn,cdn-name,timestamp,mac_address\n"
		   "www,192.0.2.2,53,udp,true,false,,x,\nwww.example.org,,80,tcp,false,false,,,\n",
		   "port 192.0.2.1 80 6 open - 0 1678644438 |||||||||\n"
		   "port 192.0.2.2 53 17 open - 0 0 ||||||||tls|\n"
		   "run naabu csv|naabu|||0|0||1\n");
	/* Until 2.1, without a protocol. */
	scan_reads("host,ip,port,timestamp\n,192.0.2.1,80,\n",
		   "port 192.0.2.1 80 6 open - 0 0 |||||||||\nrun naabu csv|naabu|||0|0||0\n");
}

static void shodan(void **state)
{
	(void)state;
	if (!HAVE_YAJL)
		skip();
	/* A host, whose address comes behind its services; then a line of a download; then a
	 * search. */
	scan_reads(
		"{\"data\": [{\"port\": 443, \"transport\": \"tcp\", \"timestamp\": \"2023-03-12T18:07:18.395422\","
		" \"_shodan\": {\"module\": \"https\", \"options\": {\"port\": 1}}, \"ip\": 3221225985, \"product\": \"nginx\","
		" \"version\": \"1.22\", \"cpe23\": [\"cpe:2.3:a:f5:nginx:1.22\"], \"ssl\": {\"version\": \"no\"},"
		" \"http\": {\"host\": \"9.9.9.9\", \"port\": 1}, \"data\": \"HTTP\\u0000\\ud83d\\ude00\", \"os\": null,"
		" \"vulns\": {\"CVE\": {\"ports\": [{\"port\": 7}]}}}],"
		" \"ports\": [443, 80], \"hostnames\": [\"www\", \"w2\"], \"ip_str\": \"192.0.2.1\"}\n"
		"{\"ip_str\": \"2001:db8::1\", \"port\": 53, \"transport\": \"udp\", \"data\": \"x\","
		" \"_shodan\": {\"module\": \"dns-udp\"}}\n"
		"{\"total\": 1, \"matches\": [{\"ip_str\": \"192.0.2.3\", \"port\": 22, \"info\": \"i\"}]}",
		"port 192.0.2.1 443 6 open - 0 1678644438 http|nginx|1.22|||||cpe:2.3:a:f5:nginx:1.22|tls|HTTP\n"
		"host 192.0.2.1 up 0 \n"
		"host 192.0.2.1 up 0 www\n"
		"port 2001:db8::1 53 17 open - 0 0 dns|||||||||x\n"
		"host 2001:db8::1 up 0 \n"
		"port 192.0.2.3 22 6 open - 0 0 |||i||||||\n"
		"host 192.0.2.3 up 0 \n"
		"run shodan json|shodan|||0|0||0\n");
	/* The address as a number; its short forms, where numbers of ports are all there is. */
	scan_reads(
		"{\"ip\": 3221225986, \"port\": 25, \"data\": \"220\"}\n"
		"{\"cpes\":[],\"hostnames\":[\"a\"],\"ip\":\"192.0.2.1\",\"ports\":[80,443],\"tags\":[],\"vulns\":[]}\n"
		"{\"ip\": 3221225987, \"ip_str\": \"192.0.2.4\", \"ports\": [\"53\"], \"last_update\": \"2023-03-12T18:07:18\"}\n"
		"{\"ip_str\": \"192.0.2.1\", \"ports\": [53, 80], \"data\": [{\"ip_str\": \"192.0.2.1\", \"port\": 53,"
		" \"transport\": \"udp\"}]}\n"
		"{\"ip_str\": \"192.0.2.5\", \"ports\": [], \"data\": []}\n",
		"port 192.0.2.2 25 6 open - 0 0 |||||||||220\n"
		"host 192.0.2.2 up 0 \n"
		"port 192.0.2.1 80 6 open - 0 0 |||||||||\n"
		"port 192.0.2.1 443 6 open - 0 0 |||||||||\n"
		"host 192.0.2.1 up 0 a\n"
		"port 192.0.2.4 53 6 open - 0 1678644438 |||||||||\n"
		"host 192.0.2.4 up 0 \n"
		"port 192.0.2.1 53 17 open - 0 0 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"host 192.0.2.5 up 0 \n"
		"run shodan json|shodan|||0|0||0\n");
}

static void censys(void **state)
{
	(void)state;
	if (!HAVE_YAJL)
		skip();
	/* v2, alone and as a search; v3; v1. */
	scan_reads(
		"{\"code\": 200, \"status\": \"OK\", \"result\": {\"services\": [{\"port\": 443, \"service_name\": \"HTTP\","
		" \"extended_service_name\": \"HTTPS\", \"transport_protocol\": \"TCP\", \"observed_at\":"
		" \"2023-03-12T18:07:18.3Z\", \"tls\": {\"version\": \"x\"}, \"software\": [{\"vendor\": \"f5\", \"product\":"
		" \"nginx\", \"version\": \"1.22\", \"uniform_resource_identifier\": \"cpe:2.3:a:f5:nginx:1.22\"},"
		" {\"product\": \"second\"}], \"http\": {\"response\": {\"port\": 1}}},"
		" {\"port\": 443, \"transport_protocol\": \"QUIC\"}], \"ip\": \"192.0.2.1\"}}\n"
		"{\"result\": {\"hits\": [{\"ip\": \"192.0.2.2\", \"services\": [{\"port\": 22, \"transport_protocol\":"
		" \"TCP\"}]}]}}\n"
		"{\"host\": {\"ip\": \"192.0.2.3\", \"services\": [{\"port\": 80, \"protocol\": \"HTTP\","
		" \"transport_protocol\": \"tcp\", \"scan_time\": \"2025-01-01T00:00:00Z\"}]}}\n"
		"{\"ip\": \"192.0.2.4\", \"protocols\": [\"443/https\", \"53/dns\", \"x\"], \"updated_at\":"
		" \"2019-01-24T00:00:00+00:00\"}\n",
		"port 192.0.2.1 443 6 open - 0 1678644438 http|nginx|1.22|||||cpe:2.3:a:f5:nginx:1.22|tls|\n"
		"port 192.0.2.1 443 17 open - 0 0 |||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"port 192.0.2.2 22 6 open - 0 0 |||||||||\n"
		"host 192.0.2.2 up 0 \n"
		"port 192.0.2.3 80 6 open - 0 1735689600 http|||||||||\n"
		"host 192.0.2.3 up 0 \n"
		"port 192.0.2.4 443 6 open - 0 1548288000 https||||||||tls|\n"
		"port 192.0.2.4 53 17 open - 0 1548288000 dns|||||||||\n"
		"host 192.0.2.4 up 0 \n"
		"run censys json|censys|||0|0||0\n");
	/* The platform's search and its view; the form of data sets; a protocol without ports. */
	scan_reads(
		"{\"result\": {\"hits\": [{\"host_v1\": {\"resource\": {\"ip\": \"192.0.2.1\", \"services\": [{\"port\": 22,"
		" \"protocol\": \"SSH\", \"transport_protocol\": \"tcp\"}, {\"port\": 4, \"transport_protocol\":"
		" \"unknown\"}]}, \"extensions\": {}}}], \"total_hits\": 1}}\n"
		"{\"result\": {\"resource\": {\"services\": [{\"port\": 80, \"transport_protocol\": \"quic\"}], \"ip\":"
		" \"2001:db8::1\"}}}\n"
		"{\"host_identifier\": {\"ipv4\": \"192.0.2.2\", \"ipv6\": null}, \"services\": [{\"port\": 25,"
		" \"transport\": \"TCP\"}]}\n",
		"port 192.0.2.1 22 6 open - 0 0 ssh|||||||||\n"
		"host 192.0.2.1 up 0 \n"
		"port 2001:db8::1 80 17 open - 0 0 |||||||||\n"
		"host 2001:db8::1 up 0 \n"
		"port 192.0.2.2 25 6 open - 0 0 |||||||||\n"
		"host 192.0.2.2 up 0 \n"
		"run censys json|censys|||0|0||1\n");
}

/* Ports that wait for an address are bounded in all, however deep they lie. */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nmap_xml),     cmocka_unit_test(masscan_xml),
		cmocka_unit_test(nessus),       cmocka_unit_test(nexpose),
		cmocka_unit_test(masscan_json), cmocka_unit_test(naabu),
		cmocka_unit_test(naabu_text),   cmocka_unit_test(nessus_v1),
		cmocka_unit_test(shodan),       cmocka_unit_test(censys),
		cmocka_unit_test(our_json),     cmocka_unit_test(grepable),
		cmocka_unit_test(masscan_list),
	};

	if (zone_set("UTC", NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
