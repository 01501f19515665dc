/* What servers say, whole: a few as they were heard from Debian's packages, most made by hand. */
#include "samples.h"

#define SAY(bytes) bytes, sizeof(bytes) - 1

const struct sample samples[] = {
	{ SAY("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n"), .name = "ssh-debian", .port = 22,
	  .protocol = "ssh", .product = "OpenSSH", .version = "9.2p1 Debian 2+deb12u10",
	  .extra = "protocol 2.0", .key = "ssh.banner", .text = "OpenSSH_9.2p1 Debian-2+deb12u10" },
	{ SAY("SSH-2.0-OpenSSH_8.7\r\n"), .name = "ssh-plain", .port = 22, .protocol = "ssh",
	  .product = "OpenSSH", .version = "8.7", .extra = "protocol 2.0", .key = "ssh.banner",
	  .text = "OpenSSH_8.7" },
	{ SAY("Welcome\r\nSSH-1.99-Cisco-1.25\n"), .name = "ssh-old", .port = 2222,
	  .protocol = "ssh", .product = "Cisco", .version = "1.25", .extra = "protocol 1.99",
	  .key = "ssh.banner", .text = "Cisco-1.25" },
	{ SAY("SSH-2.0-dropbear_2022.83\r\n"), .name = "ssh-dropbear", .port = 22,
	  .protocol = "ssh", .product = "Dropbear sshd", .version = "2022.83",
	  .extra = "protocol 2.0" },
	{ SAY("HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 02:00:00 GMT\r\n"
	      "Server: Apache/2.4.57 (CentOS Stream)\r\n"
	      "Content-Length: 53\r\nConnection: close\r\n"
	      "Content-Type: text/html\r\n\r\n<html><head><title> It works </title></head><"
	      "/html>\r\n"),
	  .name = "http-apache", .port = 80, .asked = "http", .protocol = "http",
	  .product = "Apache httpd", .version = "2.4.57", .extra = "(CentOS Stream)",
	  .key = "html_title", .text = "It works" },
	{ SAY("HTTP/1.1 403 Forbidden\r\nServer: Apache\r\n"
	      "Content-Length: 0\r\n\r\n"),
	  .name = "http-withheld", .port = 80, .asked = "http", .protocol = "http",
	  .product = "Apache httpd", .key = "http_header.server", .text = "Apache" },
	{ SAY("HTTP/1.1 401 Unauthorized\r\nServer: nginx/1.22.1\r\n"
	      "WWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n"
	      "\r\n"),
	  .name = "http-nginx", .port = 8080, .asked = "http", .protocol = "http",
	  .product = "nginx", .version = "1.22.1", .key = "http_header.wwwauth",
	  .text = "Basic realm=\"x\"" },
	{ SAY("HTTP/1.1 200 OK\r\nserver: Jetty(9.4.43.v20210629)\r\n"
	      "Content-Length: 0\r\n\r\n"),
	  .name = "http-jetty", .port = 8080, .asked = "http", .protocol = "http",
	  .product = "Jetty", .version = "9.4.43.v20210629" },
	{ SAY("HTTP/1.0 404 Not Found\r\nX-Powered-By: PHP/8.2.1\r\n"
	      "\r\n"),
	  .name = "http-no-server", .port = 80, .asked = "http", .protocol = "http",
	  .key = "http_header.x-powered-by", .text = "PHP/8.2.1" },
	{ SAY("HTTP/1.0 200 OK\r\nServer: CUPS/2.4 IPP/2.1\r\n"
	      "Content-Length: 0\r\n\r\n"),
	  .name = "ipp-cups", .port = 631, .asked = "http", .protocol = "ipp", .product = "CUPS",
	  .version = "2.4", .extra = "IPP/2.1", .key = "ipp.server", .text = "CUPS/2.4 IPP/2.1" },
	{ SAY("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: GStreamer RTSP server\r\n"
	      "Public: OPTIONS\r\n\r\n"),
	  .name = "rtsp", .port = 554, .asked = "rtsp", .protocol = "rtsp",
	  .product = "GStreamer RTSP server", .key = "rtsp_header.server",
	  .text = "GStreamer RTSP server" },
	{ SAY("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
	      "CSeq: 1 OPTIONS\r\nServer: kamailio (5.6.3 (x86_64/linux))\r\n"
	      "Content-Length: 0\r\n\r\n"),
	  .name = "sip-kamailio", .port = 5060, .asked = "sip", .datagram = true, .protocol = "sip",
	  .product = "kamailio", .version = "5.6.3", .extra = "(x86_64/linux)",
	  .key = "sip_header.server", .text = "kamailio (5.6.3 (x86_64/linux))" },
	{ SAY("SIP/2.0 404 Not Found\r\nCSeq: 1 OPTIONS\r\n"
	      "User-Agent: Asterisk PBX 20.1.0\r\nContent-Length: 0\r\n"
	      "\r\n"),
	  .name = "sip-asterisk", .port = 5060, .asked = "sip", .protocol = "sip",
	  .product = "Asterisk PBX 20.1.0", .key = "sip_header.user_agent",
	  .text = "Asterisk PBX 20.1.0" },
	{ SAY("HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n"
	      "USN: uuid:1::upnp:rootdevice\r\nSERVER: Debian DLNADOC/1.50 UPnP/1.0 MiniDLN"
	      "A/1.3.0\r\n\r\n"),
	  .name = "ssdp", .port = 1900, .asked = "ssdp", .datagram = true, .protocol = "ssdp",
	  .product = "MiniDLNA", .version = "1.3.0", .extra = "UPnP/1.0", .key = "ssdp.server",
	  .text = "Debian DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0" },
	{ SAY("@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n"), .name = "rsync", .port = 873,
	  .protocol = "rsync", .product = "rsync", .extra = "protocol version 32",
	  .key = "rsync.banner", .text = "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4" },
	{ SAY("RFB 003.008\n\002\002\001"), .name = "vnc", .port = 5900, .protocol = "vnc",
	  .product = "VNC", .extra = "protocol 3.8", .key = "vnc.banner",
	  .text = "RFB 003.008 security 2,1" },
	{ SAY("* OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r"
	      "\n* CAPABILITY IMAP4rev1 ID STARTTLS\r\na OK done.\r\n"
	      "* ID (\"name\" \"Dovecot\" \"version\" \"2.3.19\")\r\n"
	      "b OK ID completed.\r\n"),
	  .name = "imap-dovecot", .port = 143, .protocol = "imap", .product = "Dovecot",
	  .version = "2.3.19", .key = "imap4.banner",
	  .text = "[CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] Dovecot (Debian) ready." },
	{ SAY("+OK Dovecot (Debian) ready.\r\n+OK\r\nCAPA\r\n"
	      "TOP\r\nSTLS\r\nIMPLEMENTATION Cyrus 3\r\n"
	      ".\r\n"),
	  .name = "pop3-dovecot", .port = 110, .protocol = "pop3", .key = "pop3.banner",
	  .text = "Dovecot (Debian) ready." },
	{ SAY("220 mail.example.org ESMTP Postfix\r\n250-mail.example.org\r\n"
	      "250-STARTTLS\r\n250 CHUNKING\r\n"),
	  .name = "smtp-postfix", .port = 25, .protocol = "smtp", .hostname = "mail.example.org",
	  .key = "smtp.banner", .text = "mail.example.org ESMTP Postfix" },
	{ SAY("220 mx1.example.org ready\r\n250-mx1.example.org\r\n"
	      "250 HELP\r\n"),
	  .name = "smtp-unnamed", .port = 2500, .protocol = "smtp", .hostname = "mx1.example.org",
	  .key = "smtp.ehlo", .text = "mx1.example.org\r\n250 HELP" },
	{ SAY("220 (vsFTPd 3.0.3)\r\n"), .name = "ftp-vsftpd", .port = 21, .protocol = "ftp",
	  .key = "ftp.banner", .text = "(vsFTPd 3.0.3)" },
	{ SAY("220-Welcome\r\n220-to this\r\n220 FTP server ready\r\n"), .name = "ftp-lines",
	  .port = 21, .protocol = "ftp", .key = "ftp.banner",
	  .text = "Welcome\r\n220-to this\r\n220 FTP server ready" },
	{ SAY("200 news.example.org InterNetNews NNRP server INN 2.7.0 ready (posting ok)\r"
	      "\n"),
	  .name = "nntp", .port = 119, .protocol = "nntp", .key = "nntp.banner",
	  .text = "news.example.org InterNetNews NNRP server INN 2.7.0 ready (posting ok)" },
	{ SAY("\377\375\030\377\373\003\377\372\030\001\377\360Debian GNU/Linux 12\r\n"
	      "host login: "),
	  .name = "telnet", .port = 23, .protocol = "telnet", .key = "telnet.banner",
	  .text = "Debian GNU/Linux 12\r\nhost login:" },
	{ SAY("$70\r\n# Server\r\nredis_version:7.0.15\r\n"
	      "os:Linux 6.1.0 x86_64\r\ntcp_port:6379\r\n"
	      "\r\n"),
	  .name = "redis-info", .port = 6379, .asked = "redis", .protocol = "redis",
	  .product = "Redis key-value store", .version = "7.0.15", .key = "redis.info",
	  .text = "# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1.0 x86_64\r\n"
		  "tcp_port:6379\r\n" },
	{ SAY("-NOAUTH Authentication required.\r\n"), .name = "redis-auth", .port = 6379,
	  .asked = "redis", .protocol = "redis", .product = "Redis key-value store",
	  .extra = "authentication required", .key = "redis.error",
	  .text = "-NOAUTH Authentication required." },
	{ SAY("VERSION 1.6.18\r\n"), .name = "memcached", .port = 11211, .asked = "memcached",
	  .protocol = "memcached", .product = "Memcached", .version = "1.6.18",
	  .key = "memcached.version", .text = "1.6.18" },
	{ SAY("\000\001\000\000\000\001\000\000VERSION 1.6.18\r\n"), .name = "memcached-udp",
	  .port = 11211, .asked = "memcached", .datagram = true, .protocol = "memcached",
	  .product = "Memcached", .version = "1.6.18" },
	{ SAY("\000Q^k\204\000\000\001\000\001\000\001\000\000\007version\004bind\000\000"
	      "\020\000\003\300\014\000\020\000\003\000\000\000\000\000\031\0309.18.49-1~de"
	      "b12u3-Debian\300\014\000\002\000\003\000\000\000\000\000\002\300\014"),
	  .name = "dns-bind-tcp", .port = 53, .asked = "domain", .protocol = "domain",
	  .product = "ISC BIND", .version = "9.18.49-1~deb12u3-Debian", .key = "dns.versionbind",
	  .text = "9.18.49-1~deb12u3-Debian" },
	{ SAY("^k\200\200\000\001\000\001\000\000\000\000\007version\004bind\000\000\020"
	      "\000\003\300\014\000\020\000\003\000\000\000\000\000\017\016unbound 1.17.1"),
	  .name = "dns-unbound", .port = 53, .asked = "domain", .datagram = true,
	  .protocol = "domain", .product = "unbound", .version = "1.17.1", .key = "dns.versionbind",
	  .text = "unbound 1.17.1" },
	{ SAY("^k\201\005\000\001\000\000\000\000\000\000\007version\004bind\000\000\020"
	      "\000\003"),
	  .name = "dns-refused", .port = 53, .asked = "domain", .datagram = true,
	  .protocol = "domain", .key = "dns.rcode", .text = "rcode 5" },
	{ SAY("\000\000\204\000\000\000\000\002\000\000\000\001\011_services\007_dns-sd\004"
	      "_udp\005local\000\000\014\000\001\000\000\000\n"
	      "\000\014\004_ipp\004_tcp\300#\003box\014_device-info\004_tcp\005local\000"
	      "\000\020\000\001\000\000\000\n\000\014\013osxvers=22 \003box\004_ipp\000\000"
	      "!\200\001\000\000\000\n\000\021\000\000\000\000\002w\003box\005local\000"),
	  .name = "mdns", .port = 5353, .asked = "mdns", .datagram = true, .protocol = "mdns",
	  .extra = "_ipp._tcp.local", .hostname = "box.local", .key = "mdns.device-info.txt",
	  .text = "osxvers=22 " },
	{ SAY("0\201\207\002\001\001\004\006public\242z\002\001^\002\001\000\002\001\0000o0"
	      "E\006\010+\006\001\002\001\001\001\000\0049Linux ns 6.1.0-18-amd64 #1 SMP PR"
	      "EEMPT_DYNAMIC Debian x860\026\006\010+\006\001\002\001\001\002\000\006\n"
	      "+\006\001\004\001\277\010\003\002\n0\016\006\010+\006\001\002\001\001\005"
	      "\000\004\002ns"),
	  .name = "snmp-v2c", .port = 161, .asked = "snmp", .datagram = true, .protocol = "snmp",
	  .product = "SNMPv2c server",
	  .extra = "Linux ns 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian x86", .hostname = "ns",
	  .key = "snmp.sys_object_id", .text = "1.3.6.1.4.1.8072.3.2.10" },
	{ SAY("0J\002\001\0030\016\002\001^\002\003\000\377\343\004\001\000\002\001\003\004"
	      "\0310\027\004\011\200\000\037\210\200\021\"3D\002\001\005\002\001\007\004"
	      "\000\004\000\004\0000\032\004\011\200\000\037\210\200\021\"3D\004\000\250"
	      "\013\002\001^\002\001\000\002\001\0000\000"),
	  .name = "snmp-v3", .port = 161, .asked = "snmp", .datagram = true, .protocol = "snmp",
	  .product = "net-snmp", .extra = "SNMPv3", .key = "snmp.engine",
	  .text = "enterprise 8072 engine 80001f888011223344" },
	{ SAY("$\002\006\354\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000"),
	  .name = "ntp-server", .port = 123, .asked = "ntp", .datagram = true, .protocol = "ntp",
	  .product = "NTP v4", .extra = "stratum 2", .key = "ntp.answer",
	  .text = "version 4 stratum 2" },
	{ SAY("\026\202\000\001\006\025\000\000\000\000\000\177version=\"ntpd 4.2.8p15@1.37"
	      "28-o Wed Sep 23 11:46:38 UTC 2020 (1)\",\r\n"
	      "processor=\"x86_64\", system=\"Linux/6.1.0\", leap=0, stratum=2"),
	  .name = "ntp-readvar", .port = 123, .asked = "ntp", .datagram = true, .protocol = "ntp",
	  .product = "ntpd", .version = "4.2.8p15", .key = "ntp.banner",
	  .text = "ntpd 4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)" },
	{ SAY("0\202\000\211\002\001\001d\202\000\202\004\0000~0%\004\013objectClass1\026"
	      "\004\003top\004\017OpenLDAProotDSE0%\004\016namingContexts1\023\004\021dc=ex"
	      "ample,dc=org0.\004\022supportedExtension1\030\004\0261.3.6.1.4.1.1466.200370"
	      "\014\002\001\001e\007\n\001\000\004\000\004\000"),
	  .name = "ldap-openldap", .port = 389, .asked = "ldap", .protocol = "ldap",
	  .product = "OpenLDAP", .key = "ldap.rootdse",
	  .text = "objectClass: top\nobjectClass: OpenLDAProotDSE\n"
		  "namingContexts: dc=example,dc=org\nsupportedExtension: 1.3.6.1.4.1.1466.2003"
		  "7\n" },
	{ SAY("0Q\002\001\001dL\004\0000H0 \004\013dnsHostName1\021\004\017dc1.example.org0"
	      "$\004\035domainControllerFunctionality1\003\004\00170\014\002\001\001e\007\n"
	      "\001\000\004\000\004\000"),
	  .name = "ldap-active-directory", .port = 389, .asked = "ldap", .protocol = "ldap",
	  .product = "Microsoft Windows Active Directory LDAP", .hostname = "dc1.example.org" },
	{ SAY("\000\000\000\221~\201\2160\201\213\240\003\002\001\005\241\003\002\001\036"
	      "\244\021\030\01720261126015826Z\245\005\002\003\0070\001\246\003\002\001\006"
	      "\247\n\033\010SEKIMORI\250\0250\023\240\003\002\001\001\241\0140\n"
	      "\033\010sekimori\251\n\033\010SEKIMORI\252\0350\033\240\003\002\001\002\241"
	      "\0240\022\033\006krbtgt\033\010SEKIMORI\253\022\033\020CLIENT_NOT_FOUND"),
	  .name = "kerberos-mit", .port = 88, .asked = "kerberos", .protocol = "kerberos",
	  .product = "MIT Kerberos", .extra = "server time: 2026-11-26 01:58:26Z",
	  .key = "kerberos.error", .text = "code 6 realm SEKIMORI text CLIENT_NOT_FOUND" },
	{ SAY("~\201\2160\201\213\240\003\002\001\005\241\003\002\001\036\244\021\030\01720"
	      "261126015826Z\245\005\002\003\0070\001\246\003\002\001\006\247\n"
	      "\033\010SEKIMORI\250\0250\023\240\003\002\001\001\241\0140\n"
	      "\033\010sekimori\251\n\033\010SEKIMORI\252\0350\033\240\003\002\001\002\241"
	      "\0240\022\033\006krbtgt\033\010SEKIMORI\253\022\033\020CLIENT_NOT_FOUND"),
	  .name = "kerberos-udp", .port = 88, .asked = "kerberos", .datagram = true,
	  .protocol = "kerberos", .product = "MIT Kerberos",
	  .extra = "server time: 2026-11-26 01:58:26Z" },
	{ SAY("\000\000\000\376\376SMB@\000\001\000\000\000\000\000\000\000\001\000\001\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000A\000\001\000\021\003\001\000ns\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000O\000\000\000\000\000\200\000"
	      "\000\000\200\000\000\000\200\000lp\263\335I}\335\001\000\000\000\000\000\000"
	      "\000\000\200\000J\000\320\000\000\000`H\006\006+\006\001\005\005\002\240>0<"
	      "\240\0160\014\006\n+\006\001\004\001\2027\002\002\n"
	      "\243*0(\240&\033$not_defined_in_RFC4178@please_ignore\000\000\000\000\000"
	      "\000\001\000&\000\000\000\000\000\001\000 \000\001\000\247Kah\300\203\356"
	      "\377\225\354\266s\210O\240Iy\312)\203\035(\370\314(\346:\333c\357YE\000\000"
	      "\000\260\376SMB@\000\001\000\026\000\000\300\001\000\001\000\001\000\000\000"
	      "\000\000\000\000\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000:\003hQ\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\011\000\000\000H\000h\000NTLMSSP\000\002\000\000\000\004"
	      "\000\004\0008\000\000\000\005\202\212\242t&\255T\207\r\364j\000\000\000\000"
	      "\000\000\000\000,\000,\000<\000\000\000\006\001\000\000\000\000\000\017N\000"
	      "S\000\002\000\004\000N\000S\000\001\000\004\000N\000S\000\004\000\000\000"
	      "\003\000\004\000n\000s\000\007\000\010\000B\003\264\335I}\335\001\000\000"
	      "\000\000"),
	  .name = "smb-samba", .port = 445, .asked = "smb", .protocol = "smb",
	  .product = "Samba smbd", .extra = "domain: NS", .hostname = "ns", .key = "smb.dialect",
	  .text = "SMB 3.1.1" },
	{ SAY("\000\000\000$\377SMBr\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
	  .name = "smb1", .port = 445, .protocol = "smb", .extra = "SMB 1" },
	{ SAY("^k\204\000\000\000\000\001\000\000\000\000 CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	      "\000\000!\000\001\000\000\000\000\000A\002FILESERVER     \000\004\000WORKGRO"
	      "UP      \000\204\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000"),
	  .name = "netbios", .port = 137, .asked = "netbios-ns", .datagram = true,
	  .protocol = "netbios-ns", .extra = "workgroup: WORKGROUP", .hostname = "FILESERVER" },
	{ SAY("\003\000\000\023\016\320\000\000\0224\000\002\001\010\000\001\000\000\000"),
	  .name = "rdp-tls", .port = 3389, .asked = "rdp", .protocol = "rdp", .product = "xrdp",
	  .extra = "security: TLS", .key = "rdp",
	  .text = "source=1234 response flags=01 protocol=1" },
	{ SAY("\003\000\000\023\016\320\000\000\0224\000\003\000\010\000\005\000\000\000"),
	  .name = "rdp-failure", .port = 3389, .asked = "rdp", .protocol = "rdp", .key = "rdp",
	  .text = "source=1234 failure flags=00 code=5" },
	{ SAY("d\000\000\000\n5.5.5-10.11.19-MariaDB-0+deb12u1\000\005\000\000\000&HyH:,iN"
	      "\000\376\367\010\002\000\377\201\025\000\000\000\000\000\000\035\000\000\000"
	      ")$wLUIJw<c_2\000mysql_native_password\000"),
	  .name = "mysql-mariadb", .port = 3306, .protocol = "mysql", .product = "MariaDB",
	  .version = "10.11.19-MariaDB-0+deb12u1", .key = "mysql.banners",
	  .text = "5.5.5-10.11.19-MariaDB-0+deb12u1" },
	{ SAY("D\000\000\000\377j\004Host '192.0.2.1' is not allowed to connect to this Mar"
	      "iaDB server"),
	  .name = "mysql-refused", .port = 3306, .protocol = "mysql", .product = "MariaDB",
	  .extra = "unauthorized", .key = "mysql.error",
	  .text = "Host '192.0.2.1' is not allowed to connect to this MariaDB server" },
	{ SAY("NE\000\000\000\205SFATAL\000VFATAL\000C0A000\000Munsupported frontend protoc"
	      "ol 255.0: server supports 3.0 to 3.0\000Fpostmaster.c\000L2222\000RProcessSt"
	      "artupPacket\000\000"),
	  .name = "postgresql", .port = 5432, .asked = "postgresql", .protocol = "postgresql",
	  .product = "PostgreSQL DB", .version = "14 or later", .key = "postgresql.error",
	  .text = "C=0A000\nM=unsupported frontend protocol 255.0: server supports 3.0 to 3.0\n"
		  "F=postmaster.c\nL=2222\nR=ProcessStartupPacket\n" },
	{ SAY("S"), .name = "postgresql-tls", .port = 5432, .asked = "postgresql",
	  .protocol = "postgresql", .product = "PostgreSQL DB" },
	{ SAY("~\000\000\000\011\000\000\000\001\000\000\000\001\000\000\000\000\000\000"
	      "\000\000\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000Z\000"
	      "\000\000\010ismaster\000\001\020maxBsonObjectSize\000\000\000\000\001\011loc"
	      "alTime\000\000\000\000\000\000\000\000\000\020maxWireVersion\000\021\000\000"
	      "\000\001ok\000\000\000\000\000\000\000\000\000\000o\000\000\000\n"
	      "\000\000\000\002\000\000\000\335\007\000\000\000\000\000\000\000Z\000\000"
	      "\000\002version\000\007\000\000\0006.0.14\000\002gitVersion\000\002\000\000"
	      "\000x\000\003openssl\000\032\000\000\000\002running\000\010\000\000\000OpenS"
	      "SL\000\000\001ok\000\000\000\000\000\000\000\000\000\000"),
	  .name = "mongodb", .port = 27017, .asked = "mongodb", .protocol = "mongodb",
	  .product = "MongoDB", .version = "6.0.14", .extra = "wire version 17",
	  .key = "mongodb.version", .text = "6.0.14" },
	{ SAY(" \002\000\000\220\003\000\001\0001-\000\023$SYS/broker/versionmosquitto vers"
	      "ion 2.0.11"),
	  .name = "mqtt-mosquitto", .port = 1883, .asked = "mqtt", .protocol = "mqtt",
	  .product = "mosquitto", .version = "2.0.11", .key = "mqtt.version",
	  .text = "mosquitto version 2.0.11" },
	{ SAY(" \002\000\005"), .name = "mqtt-refused", .port = 1883, .asked = "mqtt",
	  .protocol = "mqtt", .extra = "refused: code 5", .key = "mqtt", .text = "connack 5" },
	{ SAY("\001\000\000\000\000\000\241\000\n\000\n\000\011\000\000\000\205\014capabili"
	      "tiesF\000\000\000\025\022publisher_confirmst\001\014cluster_nameS\000\000"
	      "\000\011rabbit@mq\010platformS\000\000\000\rErlang/OTP 25\007productS\000"
	      "\000\000\010RabbitMQ\007versionS\000\000\000\0063.10.8\000\000\000\005PLAIN"
	      "\000\000\000\005en_US\316"),
	  .name = "amqp-rabbitmq", .port = 5672, .asked = "amqp", .protocol = "amqp",
	  .product = "RabbitMQ", .version = "3.10.8", .extra = "Erlang/OTP 25", .hostname = "mq",
	  .key = "amqp.properties",
	  .text = "cluster_name=rabbit@mq\nplatform=Erlang/OTP 25\n"
		  "product=RabbitMQ\nversion=3.10.8\n" },
	{ SAY("AMQP\000\001\000\000"), .name = "amqp-other", .port = 5672, .asked = "amqp",
	  .protocol = "amqp", .extra = "protocol 1.0.0" },
	{ SAY("\001\000\013\000\000\000S\011\217\245\270\000\000\000 \000\377\377\037\000"
	      "\000\001\000\000\024\000\377\377\001\006\000\000  \010\377\000\000\000\000Th"
	      "e X.Org Foundation\001\001 \000"),
	  .name = "x11", .port = 6000, .asked = "x11", .protocol = "x11",
	  .product = "X.Org X11 server", .version = "1.21.1", .extra = "open", .key = "x11.vendor",
	  .text = "The X.Org Foundation" },
	{ SAY("\000\026\013\000\000\000\006\000No protocol specified\n"
	      "\000\000"),
	  .name = "x11-refused", .port = 6000, .asked = "x11", .protocol = "x11",
	  .extra = "access denied", .key = "x11.refused", .text = "No protocol specified\n" },
	{ SAY("\000\005\000\002Only absolute filenames allowed\000"), .name = "tftp", .port = 69,
	  .asked = "tftp", .datagram = true, .protocol = "tftp", .key = "tftp.error",
	  .text = "2 Only absolute filenames allowed" },
	{ SAY("\300\000\000\000\000\010irasshai\010sekimori\000\000\000\001k3C\317\377\000"
	      "\000\035\032*:J"),
	  .name = "quic", .port = 443, .asked = "quic", .datagram = true, .protocol = "quic",
	  .extra = "v1, v2, draft-29", .key = "quic.versions", .text = "v1, v2, draft-29" },
	{ SAY("\025\003\001\000\002\002F"), .name = "tls-alert", .port = 443, .protocol = "tls",
	  .key = "tls.alert", .text = "2 70" },
	{ SAY("HTTP/1.1 200 OK\r\nServer: Debian DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0\r\n"
	      "Content-Length: 0\r\n\r\n"),
	  .name = "http-upnp", .port = 8200, .asked = "http", .protocol = "http",
	  .product = "MiniDLNA", .version = "1.3.0", .extra = "UPnP/1.0" },
	{ SAY("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
	      "Content-Length: 19\r\n\r\n404 page not found\n"),
	  .name = "http-go", .port = 2380, .asked = "http", .protocol = "http",
	  .product = "Golang net/http server" },
	{ SAY("HTTP/1.1 404 Not Found\r\nDate: Thu, 26 Nov 2026 05:09:36 GMT\r\n"
	      "Content-Length: 0\r\nConnection: close\r\n\r\n"),
	  .name = "http-nameless", .port = 6800, .asked = "http", .protocol = "http",
	  .key = "http_head", .text = "HTTP/1.1 404 Not Found\nDate\nContent-Length\nConnection" },
	{ SAY("HTTP/1.1 302 Found\r\nLocation: /graph\r\n\r\n<a href=\"/graph\">Found</a>.\n"),
	  .name = "http-body", .port = 9090, .asked = "http", .protocol = "http",
	  .key = "http_body", .text = "<a href=\"/graph\">Found</a>." },
	{ SAY("220 store dictd 1.13.0/rf on Linux 6.18 <auth.mime> <3.20.179@store>\r\n"),
	  .name = "dict", .port = 2628, .protocol = "dict", .key = "dict.banner",
	  .text = "store dictd 1.13.0/rf on Linux 6.18" },
	{ SAY("1,1:ERROR:NO-USER\r\n"), .name = "ident", .port = 113, .asked = "ident",
	  .protocol = "ident" },
	{ SAY("6193, 23 : USERID : UNIX : stjohns\r\n"), .name = "ident-user", .port = 113,
	  .asked = "ident", .protocol = "ident" },
	{ SAY("DONE00000001STAT00000000SERR00000000SOUT00000000DOTO0000002b"
	      "\177ELFGCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0"),
	  .name = "distcc", .port = 3632, .asked = "distccd", .protocol = "distccd",
	  .product = "distccd", .extra = "protocol 1; GCC: (Debian 12.2.0-14+deb12u1) 12.2.0" },
	{ SAY("ZBXD\001\006\000\000\000\000\000\000\0006.0.14"), .name = "zabbix", .port = 10050,
	  .asked = "zabbix-agent", .protocol = "zabbix-agent", .product = "Zabbix agent",
	  .version = "6.0.14" },
	{ SAY("0041ERR access denied or repository not exported: /sekimori.none\n"), .name = "git",
	  .port = 9418, .asked = "git", .protocol = "git", .key = "git.error",
	  .text = "access denied or repository not exported: /sekimori.none" },
	{ SAY("P\341#\200\001\000 "), .name = "coap-tcp", .port = 5683, .protocol = "coap" },
	{ SAY("A\001\002"), .name = "smux", .port = 199, .protocol = "smux",
	  .product = "SNMP multiplexer" },
	{ SAY("\"IMPLEMENTATION\" \"Dovecot (Debian) Pigeonhole\"\r\n"
	      "\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\n"
	      "\"VERSION\" \"1.0\"\r\nOK \"ready.\"\r\n"),
	  .name = "sieve", .port = 4190, .protocol = "sieve", .key = "sieve.implementation",
	  .text = "Dovecot (Debian) Pigeonhole" },
	{ SAY("<\077xml version='1.0'\077><stream:stream xmlns='jabber:client' xmlns:stream"
	      "='http://etherx.jabber.org/streams' id=''><stream:error><host-unknown xmlns="
	      "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"),
	  .name = "xmpp", .port = 5222, .protocol = "xmpp-client" },
	{ SAY("<\077xml version='1.0'\077><stream:stream version='1.0' xmlns:stream='http:/"
	      "/etherx.jabber.org/streams' xmlns='jabber:server'>"),
	  .name = "xmpp-server", .port = 5269, .asked = "xmpp-client", .protocol = "xmpp-server" },
	{ SAY("Zookeeper version: 3.8.0-1, built on 2023-02-24 17:37 UTC\n"
	      "Latency min/avg/max: 0/0.0/0\n"),
	  .name = "zookeeper", .port = 2181, .asked = "zookeeper", .protocol = "zookeeper",
	  .product = "Apache ZooKeeper", .version = "3.8.0", .key = "zookeeper.version",
	  .text = "3.8.0-1, built on 2023-02-24 17:37 UTC" },
	{ SAY("SPAMD/1.5 0 PONG\r\n"), .name = "spamd", .port = 783, .asked = "spamd",
	  .protocol = "spamd", .product = "SpamAssassin spamd", .key = "spamd.answer",
	  .text = "SPAMD/1.5 0 PONG" },
	{ SAY("NBDMAGICIHAVEOPT\000\003"), .name = "nbd", .port = 10809, .protocol = "nbd",
	  .product = "NBD" },
	{ SAY("^kim\000\000\000\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	      "\000\002\000\000\000\002\000\000\000\004"),
	  .name = "sunrpc", .port = 111, .asked = "sunrpc", .datagram = true, .protocol = "sunrpc",
	  .product = "rpcbind", .version = "2-4", .extra = "RPC #100000" },
	{ SAY("\200\000\000 ^kim\000\000\000\001\000\000\000\000\000\000\000\000\000\000"
	      "\000\000\000\000\000\002\000\000\000\002\000\000\000\004"),
	  .name = "sunrpc-tcp", .port = 111, .asked = "sunrpc", .protocol = "sunrpc",
	  .product = "rpcbind", .version = "2-4", .extra = "RPC #100000" },
	{ SAY("\001\001\000$!\022\244Bsekimori-ask\000 \000\010\000\001\021\"3DUf\200\"\000"
	      "\024Coturn-4.6.1 'Gorst'"),
	  .name = "stun", .port = 3478, .asked = "stun", .datagram = true, .protocol = "stun",
	  .product = "Coturn", .version = "4.6.1", .key = "stun.software",
	  .text = "Coturn-4.6.1 'Gorst'" },
	{ SAY("@irasshai\001\000\000\000\000sekimori\000\000\000\000"), .name = "openvpn",
	  .port = 1194, .asked = "openvpn", .datagram = true, .protocol = "openvpn",
	  .product = "OpenVPN" },
	{ SAY("\000\032@irasshai\001\000\000\000\000sekimori\000\000\000\000"),
	  .name = "openvpn-tcp", .port = 1194, .asked = "openvpn", .protocol = "openvpn",
	  .product = "OpenVPN" },
	{ SAY("\000\001\003\004sekimori\000\000\000\000\000\000\000d\000\001\031@"),
	  .name = "mumble", .port = 64738, .asked = "mumble", .datagram = true,
	  .protocol = "mumble", .product = "Murmur", .version = "1.3.4" },
	{ SAY("\000\000\000\000\000\024\010\204\206\004\022\0071.3.4-4\032\003X11"),
	  .name = "mumble-tls", .port = 64738, .protocol = "mumble", .product = "Murmur",
	  .version = "1.3.4-4", .key = "mumble.release", .text = "1.3.4-4" },
	{ SAY("`E^k\301(\377</>;title=\"General Info\";ct=0"), .name = "coap", .port = 5683,
	  .asked = "coap", .datagram = true, .protocol = "coap", .extra = "2.05",
	  .key = "coap.links", .text = "</>;title=\"General Info\";ct=0" },
	{ SAY("AB\000\001\011"), .name = "ajp13", .port = 8009, .asked = "ajp13",
	  .protocol = "ajp13" },
	{ SAY("\005\002"), .name = "socks5", .port = 1080, .asked = "socks5", .protocol = "socks5",
	  .extra = "username and password needed" },
	{ SAY("\000\000\021\021name rabbit at port 25672\n"), .name = "epmd", .port = 4369,
	  .asked = "epmd", .protocol = "epmd", .product = "Erlang Port Mapper Daemon",
	  .extra = "nodes: name rabbit at port 25672", .key = "epmd.names",
	  .text = "name rabbit at port 25672" },
};
const size_t samples_count = sizeof(samples) / sizeof(samples[0]);
