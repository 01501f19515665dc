#!/usr/bin/env python3
"""Makes corpus/import anew: a file of each tool's, as small as it can be, and spoilt ones."""
import gzip
import json
import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus/import'

NMAP = '''<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.93 scan initiated as: nmap -sS -sU -sV 192.0.2.0/24 -->
<nmaprun scanner="nmap" args="nmap -sS -sU -sV 192.0.2.0/24" start="1548288000" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="3" services="22,80-81"/>
<scaninfo type="udp" protocol="udp" numservices="1" services="53"/>
<hosthint><status state="up" reason="arp-response"/><address addr="192.0.2.18" addrtype="ipv4"/></hosthint>
<host><status state="down" reason="no-response"/><address addr="192.0.2.17" addrtype="ipv4"/></host>
<host starttime="1548288001" endtime="1548288003"><status state="up" reason="reset"/>
<address addr="192.0.2.18" addrtype="ipv4"/><address addr="00:11:22:33:44:55" addrtype="mac"/>
<hostnames><hostname name="www.example.org" type="PTR"/></hostnames>
<ports><extraports state="closed" count="1"><extrareasons reason="resets" count="1" proto="tcp" ports="81"/></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="63"/><service name="ssh"
 product="OpenSSH" version="9.2p1" extrainfo="protocol 2.0" ostype="Linux" method="probed" conf="10">
<cpe>cpe:/a:openbsd:openssh:9.2p1</cpe><cpe>cpe:/o:linux:linux_kernel</cpe></service>
<script id="banner" output="SSH-2.0-OpenSSH_9.2p1"/></port>
<port protocol="tcp" portid="80"><state state="filtered" reason="admin-prohibited" reason_ttl="62"/></port>
<port protocol="udp" portid="53"><state state="open|filtered" reason="no-response"/><service name="domain"/></port>
</ports></host>
<runstats><finished time="1548288010" elapsed="10" exit="success"/><hosts up="1" down="1" total="2"/></runstats>
</nmaprun>
'''
GREPABLE = '''# Nmap 7.93 scan initiated Thu Jan 24 09:00:00 2019 as: nmap -v -oG - 192.0.2.18
# Ports scanned: TCP(4;22,80-81,443) UDP(0;) SCTP(0;) PROTOCOLS(0;)
Host: 192.0.2.18 (www)\tStatus: Up
Host: 192.0.2.18 (www)\tPorts: 22/open/tcp//ssh//OpenSSH 9.2, x/, 443/open/tcp//ssl|http//a|b/\tIgnored State: closed (2)
# Nmap done at Thu Jan 24 09:00:10 2019 -- 1 IP address (1 host up) scanned in 10.00 seconds
'''
MASSCAN_XML = '''<?xml version="1.0"?>
<!-- masscan v1.0 scan -->
<nmaprun scanner="masscan" start="1548288000" version="1.0-BETA"  xmloutputversion="1.03">
<scaninfo type="syn" protocol="tcp" />
<host endtime="1548288001"><address addr="192.0.2.18" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state
 state="open" reason="syn-ack" reason_ttl="53"/></port></ports></host>
<runstats><finished time="1548288002" timestr="2019-01-24 00:00:02" elapsed="2" /><hosts up="1" down="0" total="1" />
</runstats>
</nmaprun>
'''
MASSCAN_LIST = '''#masscan
open tcp 80 192.0.2.18 1548288000
closed tcp 81 192.0.2.18 1548288000
open udp 53 2001:db8:1::18 1548288001
banner tcp 22 192.0.2.18 1548288002 ssh SSH-2.0-OpenSSH_9.2p1\\x0a
# end
'''
MASSCAN = '{   "ip": "192.0.2.18",   "timestamp": "1548288000", "ports": [ {"port": %d, "proto": "tcp", "status": ' \
    '"open", "reason": "syn-ack", "ttl": 48} ] }'
NESSUS = '''<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>p</policyName><Preferences><ServerPreferences>
<preference><name>TARGET</name><value>192.0.2.0/24,www.example.org</value></preference>
<preference><name>port_range</name><value>1-1024,T:8080,U:53</value></preference>
</ServerPreferences></Preferences></Policy>
<Report name="r" xmlns:cm="http://www.nessus.org/cm">
<ReportHost name="www"><HostProperties><tag name="HOST_END">Thu Jan 24 09:00:10 2019</tag>
<tag name="host-ip">192.0.2.18</tag><tag name="host-fqdn">www.example.org</tag>
<tag name="HOST_START_TIMESTAMP">1548288000</tag></HostProperties>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Nessus Scan Information">
<plugin_output>Information about this scan :

Nessus version : 10.4.2
Port range : default
</plugin_output></ReportItem>
<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="0" pluginID="10267" pluginName="SSH"><plugin_output>
SSH version : SSH-2.0-OpenSSH_9.2p1</plugin_output></ReportItem>
<ReportItem port="443" svc_name="https?" protocol="tcp" severity="0" pluginID="11219" pluginName="Nessus SYN scanner">
<plugin_output>Port 443/tcp was found to be open</plugin_output></ReportItem>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="0" pluginID="22964" pluginName="Service Detection">
<plugin_output>A TLSv1.2 server answered on this port.</plugin_output></ReportItem>
<ReportItem port="53" svc_name="dns" protocol="udp" severity="0" pluginID="11002" pluginName="DNS"></ReportItem>
</ReportHost></Report>
</NessusClientData_v2>
'''
NEXPOSE = '''<?xml version="1.0" encoding="UTF-8" ?>
<NexposeReport version="1.0"><scans><scan id="1" name="x" startTime="20190124T090000000" endTime="20190124T091000000"
 status="finished"/></scans><nodes><node address="192.0.2.18" status="alive" device-id="7"><names><name>www</name></names>
<endpoints><endpoint protocol="tcp" port="22" status="open"><services><service name="SSH"><fingerprints><fingerprint
 certainty="0.90" product="Dropbear" version="0.51"/></fingerprints></service></services></endpoint></endpoints></node>
</nodes></NexposeReport>
'''
NESSUS1 = '''<?xml version="1.0" ?>
<NessusClientData><Report><ReportName>r</ReportName><ReportHost><HostName>192.0.2.18</HostName>
<startTime>Mon Jul  1 11:30:48 2013</startTime><stopTime>Mon Jul  1 11:40:48 2013</stopTime>
<ReportItem><port>general/tcp</port><data>x</data></ReportItem><ReportItem><port>ssh (22/tcp)</port></ReportItem>
<ReportItem><port>domain? (53/udp)</port></ReportItem></ReportHost></Report></NessusClientData>
'''
NEXPOSE_SIMPLE = '''<NeXposeSimpleXML version="1.0"><generated>20131127T115513233</generated><devices><device address="192.0.2.18">
<fingerprint certainty="0.80"><product>Linux</product></fingerprint><services><service name="SSH" port="22" protocol="tcp">
<fingerprint certainty="0.90"><product>OpenSSH</product><version>9.2</version></fingerprint></service>
<service name="NTP" port="000" protocol="udp"/></services></device></devices></NeXposeSimpleXML>
'''


def shodan():
    banner = {'port': 443, 'transport': 'tcp', 'timestamp': '2023-03-12T18:07:18.395422', 'ip': 3221225985,
              '_shodan': {'module': 'https', 'options': {}}, 'product': 'nginx', 'version': '1.22',
              'cpe23': ['cpe:2.3:a:f5:nginx:1.22'], 'ssl': {'versions': ['TLSv1.2']}, 'data': 'HTTP/1.1 200 OK\r\n\0\u00e9',
              'http': {'host': '192.0.2.18', 'port': 1}, 'vulns': {'CVE': {'ports': [{'port': 7}]}}, 'os': None}
    host = {'data': [banner, dict(banner, port=53, transport='udp', _shodan={'module': 'dns-udp'})], 'ports': [443, 53],
            'hostnames': ['www'], 'ip_str': '192.0.2.18', 'last_update': '2023-03-12T18:07:18.395422'}
    return host, dict(banner, ip_str='2001:db8:1::18')


def censys():
    service = {'port': 443, 'service_name': 'HTTP', 'extended_service_name': 'HTTPS', 'transport_protocol': 'TCP',
               'observed_at': '2023-03-12T18:07:18.395Z', 'tls': {'version_selected': 'TLSv1_3'},
               'software': [{'vendor': 'f5', 'product': 'nginx', 'version': '1.22',
                             'uniform_resource_identifier': 'cpe:2.3:a:f5:nginx:1.22:*:*:*:*:*:*:*'}]}
    v2 = {'ip': '192.0.2.18', 'services': [service, {'port': 443, 'transport_protocol': 'QUIC'}]}
    return [{'code': 200, 'status': 'OK', 'result': v2}, {'result': {'query': 'x', 'hits': [v2]}}, v2, {'result': {'hits': [{'host_v1': {'resource': v2}}]}},
            {'host_identifier': {'ipv4': '192.0.2.18', 'ipv6': None}, 'services': [{'port': 25, 'transport': 'TCP'}]},
            {'ip': '192.0.2.18', 'protocols': ['443/https', '53/dns'], 'updated_at': '2019-01-24T00:00:00+00:00'}]


OUR_SCAN = {
    'tool': 'sekimori', 'version': '0.1.0', 'arguments': 'sekimori scan 192.0.2.18', 'vantage': '',
    'started': '2019-01-24T00:00:00.000Z', 'ended': '2019-01-24T00:00:09.000Z', 'complete': True, 'addresses': 1,
    'method': 'connect', 'tcp_ports': '1-3,22', 'udp_ports': '53',
    'hosts': [{'address': '192.0.2.18', 'name': 'www', 'reason': 'syn-ack', 'ports': [
        {'port': 22, 'protocol': 'tcp', 'state': 'open', 'reason': 'syn-ack', 'ttl': 63, 'time': '2019-01-24T09:00:01.000+09:00',
         'service': 'ssh', 'probed': True, 'product': 'OpenSSH', 'version': '9.2', 'cpe': ['cpe:2.3:a:openbsd:openssh:9.2'],
         'tls': False}], 'not_listed': [{'protocol': 'tcp', 'state': 'closed', 'reason': 'reset', 'ports': 3}]}],
    'down': ['192.0.2.0-192.0.2.17', '2001:db8::/64', '192.0.2.77']}
ZEEK = '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n' \
    '#open\t2019-01-24-00-00-00\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\thistory\n' \
    '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\n' \
    '1548288000.123456\tC1\t198.51.100.7\t40000\t192.0.2.18\t80\ttcp\thttp\tShADadFf\n' \
    '1548288000.5\tC2\t2001:db8:2::1\t20\t2001:db8:1::18\t30000\ttcp\tftp-data\t^hA\n' \
    '1548288001.5\tC3\t198.51.100.7\t40001\t192.0.2.18\t53\tudp\tdns\tDd\n' \
    '#close\t2019-01-25-00-00-00\n'
ZEEK_JSON = '{"ts":1548288000.123456,"uid":"C1","id.orig_h":"198.51.100.7","id.orig_p":40000,"id.resp_h":"192.0.2.18",' \
    '"id.resp_p":80,"proto":"tcp","service":"http","history":"ShADadFf","x":["]",{"a":null}]}\n'
EVE = '{"timestamp":"2019-01-24T09:00:09.000000+0900","flow_id":1,"event_type":"flow","src_ip":"198.51.100.7","src_port":' \
    '40000,"dest_ip":"192.0.2.18","dest_port":80,"proto":"TCP","app_proto":"http","flow":{"pkts_toserver":5,"start":' \
    '"2019-01-24T09:00:00.123456+0900"},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true}}\n'
ARGUS = 'StartTime,SrcAddr,Sport,Dir,DstAddr,Dport,Proto,State\n' \
    '1548288000.123456,198.51.100.7,40000,   ->,192.0.2.18,80,6,FSPAEC_FSPAE\n' \
    '1548288000.5,203.0.113.249,,  who,203.0.113.250,,2054,CON\n' \
    '1548288001.5,192.0.2.18,22,   ->,198.51.100.7,40001,tcp,SA_\n'
NFDUMP = 'ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos\n' \
    '2019-01-24 09:00:00,2019-01-24 09:00:01,1.000,192.0.2.18,198.51.100.7,80,40000,TCP,...AP.SF,0,0\n' \
    '2019-01-24 09:00:00,2019-01-24 09:00:01,1.000,198.51.100.7,192.0.2.18,40000,80,TCP,...AP.SF,0,0\n' \
    'Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n2,403732,2392,518685,384,168\n'
ZEEK_OTHER = '#separator \\x2c\n#path,conn\n#fields,ts,id_orig_h,id_orig_p,id_resp_h,id_resp_p,proto,conn_state\n' \
    '1548288000123,198.51.100.7,40000,192.0.2.18,80,tcp,SF\n'
ZEEK_BARE = '1548288000.5\tC1\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\t-\t1.5\t1\t1\tSF\t-\t-\t0\tShADfF\n'
NFDUMP_BOTH = '2019-01-24 00:00:01,x,0.000,198.51.100.7,192.0.2.18,40000,80,TCP,...AP.SF,0,0,9,99,9,99\n' \
    '2019-01-24 00:00:01,x,0.000,198.51.100.7,192.0.2.18,40000,81,TCP,....R.S.,0,0,9,99,1,99\n' \
    '2019-01-24 00:00:01,x,0.000,192.0.2.18,198.51.100.7,83,40000,TCP,  0xdb,0,0,9,99,0,0\n'
NFDUMP_FAST = 'cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags\n' \
    '1,2,1548288001250,1548288001250,6,192.0.2.18,80,198.51.100.7,40000,0,0,0,0,...AP.SF\n'
MASSCAN_GREPABLE = '# Masscan 1.3.2 scan initiated Thu Nov 26 01:00:00 2026\n' \
    '# Ports scanned: TCP(2;22-22,80-80,) UDP(1;65589-65589,) SCTP(0;) PROTOCOLS(0;)\n' \
    'Timestamp: 7\tHost: 192.0.2.1 ()\tPorts: 53/open/udp//domain//\nTimestamp: 7\tHost: 192.0.2.1 ()\tPorts: 0/up/arp////\n' \
    'Host: 192.0.2.1 ()\tPort: 22\tService: ssh\tBanner: SSH-2.0-x\n# Masscan done at Thu Nov 26 01:00:09 2026\n'
SIX = '13,00,192.0.2.18,33020,185.176.27.26,40269\n"15","22","192.0.2.18","60912","5.8.18.62","46266"\n' \
    '16,11,2001:db8:1::18,60912,2001:db8:2::1,45228\n'
EXPORT = 'date,hour,saddr,sport,daddr,dport\n2019-01-24,09,192.0.2.18,80,198.51.100.7,40000\n'
OURS = '{"time":"2019-01-24T09:00:00.123+09:00","date":"2019-01-24","hour":"09","saddr":"192.0.2.18","sport":30000,' \
    '"daddr":"198.51.100.7","dport":40000,"marks":"ftp-data"}\n'


def good():
    host, banner = shodan()
    files = {
        'nmap.xml': NMAP, 'nmap.gnmap': GREPABLE, 'masscan.xml': MASSCAN_XML, 'masscan.list': MASSCAN_LIST,
        'masscan.json': '[\n' + MASSCAN % 80 + '\n,\n' + MASSCAN % 443 + '\n]\n',
        'masscan-finished.json': MASSCAN % 80 + ',\n{finished: 1}\n',
        'masscan.ndjson': '{"ip":"192.0.2.18","timestamp":"1548288000","port":80,"proto":"tcp","rec_type":"status",'
                          '"data":{"status":"open","reason":"syn-ack","ttl":57}}\n',
        'naabu.jsonl': '{"host":"www","ip":"192.0.2.18","timestamp":"2019-01-24T00:00:00.000000000Z","port":80,'
                       '"protocol":"tcp","tls":false}\n{"ip":"192.0.2.18","port":{"Port":53,"Protocol":1,"TLS":false}}\n',
        'naabu.list': '192.0.2.18:443 [x]\n[2001:db8:1::18]:22\n2001:db8:1::18:23\nwww.example.org:80\n',
        'naabu.csv': 'host,ip,port,protocol,tls,cdn,cdn-name,timestamp,mac_address\n'
                     ',192.0.2.18,80,tcp,true,false,,2023-03-12 18:07:18.395422 +0000 UTC,\n',
        'masscan.gnmap': MASSCAN_GREPABLE, 'masscan-ping.json': '[\n' + (MASSCAN % 0).replace('tcp', 'icmp') + '\n]\n',
        'shodan-short.json': '{"cpes":[],"hostnames":["www"],"ip":"192.0.2.18","ports":[80,443],"vulns":[]}\n{"ip":3221225985,"port":25}\n',
        'zeek-other.log': ZEEK_OTHER, 'zeek-bare.log': ZEEK_BARE, 'nfdump-both.csv': NFDUMP_BOTH, 'nfdump-fast.csv': NFDUMP_FAST,
        'nessus': NESSUS, 'nexpose.xml': NEXPOSE, 'nessus-v1': NESSUS1, 'nexpose-simple.xml': NEXPOSE_SIMPLE, 'shodan-host.json': json.dumps(host, indent=1),
        'shodan-lines.json': json.dumps(banner) + '\n' + json.dumps(banner) + '\n',
        'shodan-search.json': json.dumps({'total': 1, 'matches': [banner]}), 'censys.json': json.dumps(censys()),
        'sekimori.json': json.dumps(OUR_SCAN, indent=1), 'zeek.log': ZEEK, 'zeek.json': ZEEK_JSON, 'eve.json': EVE, 'argus.csv': ARGUS, 'nfdump.csv': NFDUMP,
        'six.csv': SIX, 'export.csv': EXPORT, 'export.json': OURS,
    }
    return {name: text.encode() for name, text in files.items()}


def bad():
    return {
        'empty': b'', 'text': b'nothing of any tool\n',
        'external-entity.xml': b'<!DOCTYPE n [\n<!ENTITY e SYSTEM "file:///etc/hostname">\n]>\n<nmaprun>&e;</nmaprun>\n',
        'entity-bomb.xml': b'<!DOCTYPE n [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><nmaprun a="&b;"/>',
        'deep.xml': b'<nmaprun>' + b'<a>' * 100, 'deep.json': b'{"ip":' + b'[' * 100, 'deep-line.json': b'{"saddr":' + b'{"a":' * 100,
        'no-ends.json': b'{"ts":1,"id.orig_h":"198.51.100.7","proto":"tcp","history":"h"}\n',
        'no-address.json': b'{"ip":"example","port":80}', 'port.json': b'{"ip":"192.0.2.1","port":65536}',
        'port.list': b'open tcp 65536 192.0.2.1 1\n', 'state.gnmap': b'Host: 192.0.2.1 ()\tPorts: 80/ajar/tcp//http///\n',
        'latin-1.list': b'banner tcp 80 192.0.2.1 1 h\xe9 \xff\xfe\0x\n', 'utf-16.xml': NMAP.replace('UTF-8', 'UTF-16').encode('utf-16'),
        'other.log': b'#separator \\x09\n#path\tdns\n#fields\tts\n', 'no-fields.log': b'#path\tconn\n1\t2\n',
    }


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for old in CORPUS.iterdir():
        if not old.name.startswith('found-'):
            old.unlink()
    for name, content in good().items():
        (CORPUS / ('good-' + name)).write_bytes(content)
    (CORPUS / 'good-nmap.xml.gz').write_bytes(gzip.compress(NMAP.encode(), mtime=0))
    for name, content in bad().items():
        (CORPUS / ('bad-' + name)).write_bytes(content)


if __name__ == '__main__':
    main()
