/* Records of each tool, as small as they can be: which end answered, when, and what became of each
 * line. */
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "unit.h"

static struct prefix_set networks;

static void reads_as(const char *file, const struct records_options *options, const char *expected)
{
	struct events e = record_events(file, strlen(file), options, false);

	assert_string_equal(e.d.text, "");
	assert_int_equal(e.error, 0);
	assert_string_equal(e.text, expected);
	free(e.text);
}

static void reads(const char *file, const char *expected)
{
	const struct records_options options = { .networks = &networks };

	reads_as(file, &options, expected);
}

static void refuses(const char *file, int error, const char *words)
{
	const struct records_options options = { .networks = &networks };
	struct events e = record_events(file, strlen(file), &options, true);

	assert_int_equal(e.error, error);
	if (!strstr(e.d.text, words))
		assert_string_equal(e.d.text, words);
	assert_string_equal(e.text, "");
	free(e.text);
}

#define ZEEK                                                                                       \
	"#separator \\x09\n#set_separator\t,\n#path\tconn\n#open\t2019-01-24-00-00-00\n"           \
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\thistory\tx\n"
#define ZEEK_LINE(ts, src, sport, dst, dport, proto, service, history)                             \
	ts "\tC1\t" src "\t" sport "\t" dst "\t" dport "\t" proto "\t" service "\t" history "\tx\n"

static void zeek(void **state)
{
	(void)state;
	reads(ZEEK ZEEK_LINE("1548288000.123456", "198.51.100.7", "40000", "192.0.2.18", "80",
			     "tcp", "http", "ShADad") ZEEK_LINE("1548288000", "198.51.100.7",
								"40001", "192.0.2.18", "81", "tcp",
								"-", "S")
		      ZEEK_LINE("1548288000.5", "198.51.100.7", "40001", "192.0.2.18", "53", "udp",
				"dns", "Dd") ZEEK_LINE("1548288001.5", "192.0.2.18", "40001",
						       "198.51.100.7", "443", "tcp", "ssl", "ShA")
			      ZEEK_LINE("2019-01-24T00:00:02.25Z", "2001:db8:2::1", "20",
					"2001:db8:1::18", "30000", "tcp", "ftp-data", "^hA")
				      ZEEK_LINE("1548288003.0", "192.0.2.18", "5000",
						"198.51.100.7", "6000", "tcp", "-", "SHs")
					      ZEEK_LINE("1548288003.0", "198.51.100.7", "5000",
							"192.0.2.18", "65536", "tcp", "-",
							"Sh") "1548288003.0\tC1\n"
							      "#close\t2019-01-25-00-00-00\n",
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:02.250Z 2001:db8:1::18 30000 2001:db8:2::1 20 ftp-data\n"
	      "2019-01-24T00:00:03.000Z 192.0.2.18 5000 198.51.100.7 6000 split-handshake\n"
	      "bad line 12: port: \"65536\"\n"
	      "bad line 13: too few columns: \"1548288003.0?C1\"\n"
	      "account Zeek conn.log 8 = 3 + 1 + 2 + 0 + 2\n");
	/* Another header within: columns change their places. */
	reads("#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\thistory\n"
	      "1\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\th\n"
	      "#fields\tts\tproto\thistory\tid.resp_h\tid.resp_p\tid.orig_h\tid.orig_p\n"
	      "2\ttcp\th\t192.0.2.19\t81\t198.51.100.8\t2\n",
	      "1970-01-01T00:00:01.000Z 192.0.2.18 80 198.51.100.7 1 \n"
	      "1970-01-01T00:00:02.000Z 192.0.2.19 81 198.51.100.8 2 \n"
	      "account Zeek conn.log 2 = 2 + 0 + 0 + 0 + 0\n");
	/* Another separator, and milliseconds; then, in the same file, tabs and no history: the
	 * state says it, and service is not there. */
	reads("#separator \\x2c\n#set_separator,;\n#path,conn\n#fields,ts,id_orig_h,id_orig_p,id_resp_h,id_resp_p,proto,"
	      "service,history\n1548288000123,198.51.100.7,1,192.0.2.18,80,tcp,ftp-data,Sh\n"
	      "#separator \\x09\n#path\tconn\n"
	      "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
	      "1\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\tSF\n2\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\tREJ\n"
	      "3\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\tRSTO\n4\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\tS0\n",
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 1 ftp-data\n"
	      "1970-01-01T00:00:01.000Z 192.0.2.18 80 198.51.100.7 1 \n"
	      "1970-01-01T00:00:03.000Z 192.0.2.18 80 198.51.100.7 1 \n"
	      "account Zeek conn.log 5 = 3 + 0 + 2 + 0 + 0\n");
	/* Without a header: the first columns are the same in all versions. */
	reads("1548288000.5\tC1\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\t-\t1.5\t1\t1\tSF\t-\t-\t0\tShADfF\n"
	      "1548288000.5\tC2\t198.51.100.7\t1\t192.0.2.18\t80\ttcp\t-\t-\t-\t-\tS0\t-\t-\t0\tSh\n",
	      "2019-01-24T00:00:00.500Z 192.0.2.18 80 198.51.100.7 1 \n"
	      "account Zeek conn.log 2 = 1 + 0 + 1 + 0 + 0\n");
	refuses("#separator \\x09\n#path\tdns\n#fields\tts\n", ERR_FORMAT,
		"line 2: Zeek's log \"dns\"");
	refuses("#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n", ERR_FORMAT,
		"without the column \"history\"");
	refuses("#path\tconn\n1\t2\n", ERR_FORMAT, "without the line \"#fields\"");
}

static void zeek_json(void **state)
{
	(void)state;
	reads("{\"ts\":1548288000.123456,\"uid\":\"C\",\"id.orig_h\":\"198.51.100.7\",\"id.orig_p\":40000,\"id.resp_h\":"
	      "\"192.0.2.18\",\"id.resp_p\":80,\"proto\":\"tcp\",\"local_orig\":false,\"history\":\"ShADad\"}\n"
	      "{ \"ts\" : \"2019-01-24T00:00:01.5Z\" , \"id\" : {\"orig_h\":\"198.51.100.7\",\"orig_p\":2,\"resp_h\":"
	      "\"192.0.2.18\",\"resp_p\":22},\"proto\":\"tcp\",\"history\":\"h\",\"service\":\"ftp-data\",\"x\":[1,[\"]\"],"
	      "{\"history\":\"no\"}],\"y\":\"a\\\\\\\"b\",\"z\":{}}\r\n"
	      "{\"_path\":\"dns\",\"ts\":1}\n"
	      "{\"ts\":1,\"id.orig_h\":\"198.51.100.7\",\"proto\":\"tcp\"}\n"
	      "{\"ts\":1548288002123.25,\"id_orig_h\":\"198.51.100.7\",\"id_orig_p\":2,\"id_resp_h\":\"192.0.2.18\","
	      "\"id_resp_p\":22,\"proto\":\"tcp\",\"conn_state\":\"RSTR\"}\n"
	      "{\"ts\":1,\"id.orig_h\":\"198.51.100.7\",\"id.orig_p\":2,\"id.resp_h\":\"192.0.2.18\",\"id.resp_p\":22,"
	      "\"proto\":\"tcp\",\"conn_state\":\"SF\",\"history\":\"D\"}\n"
	      "\n"
	      "{\"ts\":1,\"id.orig_h\":\"198.51.100.7\",\"proto\":\"tcp\",\"history\":\"h\"}\n"
	      "{\"a\":1}\n{\"a\":\n{\"a\":1} x\nhello\n",
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:01.500Z 192.0.2.18 22 198.51.100.7 2 ftp-data\n"
	      "2019-01-24T00:00:02.123Z 192.0.2.18 22 198.51.100.7 2 \n"
	      "bad line 8: address: \"\"\n"
	      "bad line 9: no record of a connection: \"{\"a\":1}\"\n"
	      "bad line 10: no JSON object: \"{\"a\":\"\n"
	      "bad line 11: behind the JSON object: \"x\"\n"
	      "bad line 12: no JSON object: \"hello\"\n"
	      "account Zeek conn.log, JSON 11 = 3 + 0 + 3 + 0 + 5\n");
}

#define EVE(type, proto, ts, tc, more)                                                                \
	"{\"timestamp\":\"2019-01-24T09:00:09.000000+0900\",\"event_type\":\"" type                   \
	"\",\"src_ip\":\"198.51.100.7\",\"src_port\":40000,\"dest_ip\":\"192.0.2.18\",\"dest_port\":" \
	"80,\"proto\":\"" proto "\"" more ",\"tcp\":{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"" ts     \
	"\",\"tcp_flags_tc\":\"" tc "\",\"syn\":true}}\n"
#define START ",\"flow\":{\"pkts_toserver\":5,\"start\":\"2019-01-24T09:00:00.123456+0900\"}"

static void suricata(void **state)
{
	(void)state;
	reads(EVE("flow", "TCP", "1b", "5a", START) EVE("flow", "TCP", "02", "14", START)
		      EVE("alert", "TCP", "1b", "1b", START) EVE("flow", "UDP", "", "", START)
			      EVE("flow", "TCP", "1b", "1b", ",\"app_proto\":\"ftp-data\"" START)
				      EVE("flow", "TCP", "1b", "1b", "")
					      EVE("flow", "TCP", "12", "00", START)
						      EVE("flow", "TCP", "1b", "00", START)
							      EVE("flow", "TCP", "1b", "zz", START),
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 40000 ftp-data\n"
	      "2019-01-24T00:00:09.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "bad line 9: tcp_flags_tc: \"zz\"\n"
	      "account Suricata EVE 9 = 3 + 1 + 3 + 1 + 1\n");
}

static void argus(void **state)
{
	(void)state;
	reads("StartTime,SrcAddr,Sport,Dir,DstAddr,Dport,Proto,State\n"
	      "1548288000.123456,198.51.100.7,40000,   ->,192.0.2.18,80,6,FSPAEC_FSPAE\n"
	      "2019-01-24 00:00:01.5,198.51.100.7,40000,   ->,192.0.2.18,80,tcp,SR_SA\n"
	      "2019/01/24.00:00:02.5,192.0.2.18,80,   ->,198.51.100.7,40000,tcp,SA_\n"
	      "1548288003,192.0.2.18,80,  <- ,198.51.100.7,40000,tcp,FSPA_FSPA\n"
	      "1548288000,198.51.100.7,40000,   ->,192.0.2.18,81,tcp,S_RA\n"
	      "1548288000,192.0.2.18,40000,   ->,198.51.100.7,443,tcp,FSPA_\n"
	      "1548288000,198.51.100.7,40000,  <?>,192.0.2.18,80,tcp,SPA_SPA\n"
	      "1548288000,198.51.100.7,40000,   ->,192.0.2.18,53,udp,CON\n"
	      "1548288000,203.0.113.249,,  who,203.0.113.250,,2054,CON\n"
	      "09:00:00.123456,198.51.100.7,40000,   ->,192.0.2.18,80,6,SPA_SPA\n"
	      "1548288000,198.51.100.7,40000,   ->,192.0.2.18,80,6,A_XYZ\n",
	      "2019-01-24T00:00:00.123Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:01.500Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:02.500Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:03.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "bad line 11: StartTime: \"09:00:00.123456\"\n"
	      "bad line 12: State: \"A_XYZ\"\n"
	      "account argus (ra) 11 = 4 + 0 + 3 + 2 + 2\n");
	/* Its own names for the state tell less. */
	reads("StartTime,SrcAddr,Sport,Dir,DstAddr,Dport,Proto,State\n"
	      "1,198.51.100.7,40000,   ->,192.0.2.18,80,tcp,FIN\n1,198.51.100.7,40000,   ->,192.0.2.18,80,tcp,CON\n"
	      "1,198.51.100.7,40000,   ->,192.0.2.18,80,tcp,RST\n1,198.51.100.7,40000,   ->,192.0.2.18,80,tcp,REQ\n",
	      "1970-01-01T00:00:01.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "1970-01-01T00:00:01.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "account argus (ra) 4 = 2 + 0 + 1 + 1 + 0\n");
	/* As the source made them: only SYN+ACKs were captured. */
	reads("StartTime,SrcAddr,Sport,DstAddr,Dport\n1,192.0.2.18,80,198.51.100.7,40000\n",
	      "1970-01-01T00:00:01.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "account argus (ra) 1 = 1 + 0 + 0 + 0 + 0\n");
	refuses("SrcAddr,Sport,DstAddr,Dport\n", ERR_FORMAT, "without the column \"StartTime\"");
}

static void nfdump(void **state)
{
	(void)state;
	reads("ts,te,td,sa,da,sp,dp,pr,flg,fwd\n"
	      "2019-01-24 00:00:01,x,0.000,192.0.2.18,198.51.100.7,80,40000,TCP,...AP.SF,0\n"
	      "2019-01-24 00:00:01,x,0.000,198.51.100.7,192.0.2.18,40000,80,TCP,...AP.SF,0\n"
	      "2019-01-24 00:00:01,x,0.000,192.0.2.18,198.51.100.7,81,40000,TCP,...A.R..,0\n"
	      "2019-01-24 00:00:01,x,0.000,192.0.2.18,198.51.100.7,20,40000,TCP,...A..SF,0\n"
	      "2019-01-24 00:00:01,x,0.000,198.51.100.7,192.0.2.18,443,40000,TCP,...A..SF,0\n"
	      "2019-01-24 00:00:01,x,0.000,192.0.2.18,198.51.100.7,0,771,ICMP,........,0\n"
	      "never,x,0.000,192.0.2.18,198.51.100.7,80,40000,TCP,...AP.SF,0\n"
	      "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,2,3,4,5,6\n",
	      "2019-01-24T00:00:01.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "bad line 8: ts: \"never\"\n"
	      "account nfdump csv 7 = 1 + 1 + 3 + 1 + 1\n");
	reads("firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,flags\n"
	      "2019-01-24 00:00:01.250,0.000,TCP,192.0.2.18,80,198.51.100.7,40000,...AP.SF\n",
	      "2019-01-24T00:00:01.250Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "account nfdump csv 1 = 1 + 0 + 0 + 0 + 0\n");
	/* csv_fast. */
	reads("cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets\n"
	      "1,2,1548288001250,1548288001250,6,192.0.2.18,80,198.51.100.7,40000,0,0,0,0,...AP.SF,0,9\n",
	      "2019-01-24T00:00:01.250Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "account nfdump csv 1 = 1 + 0 + 0 + 0 + 0\n");
	/* -q, and both directions in a row (-b, -B): a connection, a knock on an open port, one on
	 * a closed port, and nobody's answer; flags of old versions. */
#define ROW(sa, da, sp, dp, flags, replies)                                                        \
	"2019-01-24 00:00:01,x,0.000," sa "," da "," sp "," dp ",TCP," flags ",0,0,9,99," replies  \
	",0,1\n"
	reads(ROW("198.51.100.7", "192.0.2.18", "40000", "80", "...AP.SF",
		  "9") ROW("198.51.100.7", "192.0.2.18", "7", "8080", "....R.S.",
			   "1") ROW("198.51.100.7", "192.0.2.18", "40000", "81", "......S.", "1")
		      ROW("198.51.100.7", "192.0.2.18", "40000", "82", "....R.S.", "0")
			      ROW("192.0.2.18", "198.51.100.7", "83", "40000", "  0xdb", "0")
				      ROW("192.0.2.18", "198.51.100.7", "83", "40000", "?", "0"),
	      "2019-01-24T00:00:01.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T00:00:01.000Z 192.0.2.18 8080 198.51.100.7 7 \n"
	      "2019-01-24T00:00:01.000Z 192.0.2.18 83 198.51.100.7 40000 \n"
	      "bad line 6: flg: \"?\"\n"
	      "account nfdump csv 6 = 3 + 0 + 2 + 0 + 1\n");
}

static void six_fields(void **state)
{
	const struct records_options january = { .networks = &networks, .year = 2019, .month = 1 };
	const struct records_options february = { .networks = &networks, .year = 2019, .month = 2 };
	const char *const table = "13,00,192.0.2.18,33020,185.176.27.26,40269\n"
				  "15,22,192.0.2.18,60912,5.8.18.62,46266\n"
				  "31,5,2001:db8:1::18,80,2001:db8:2::1,46266\n"
				  "\"31\",\"05\",\"192.0.2.18\",\"80\",\"203.0.113.1\",\"7\"\r\n"
				  "32,00,192.0.2.18,80,203.0.113.1,7\n"
				  "1,24,192.0.2.18,80,203.0.113.1,7\n";

	(void)state;
	reads("date,hour,saddr,sport,daddr,dport\n2019-01-24,09,192.0.2.18,80,198.51.100.7,40000\n"
	      "2019-01-24,10,192.0.2.18,80,198.51.100.7,40000\n2019-01-24,10,198.51.100.7,40000,192.0.2.18,80\n"
	      "date,hour,saddr,sport,daddr,dport\n2019-01-25,10,192.0.2.01,80,198.51.100.7,40000\n",
	      "2019-01-24T09:00:00.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T10:00:00.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "bad line 6: address: \"192.0.2.01\"\n"
	      "account six fields 4 = 2 + 1 + 0 + 0 + 1 hours\n");
	reads_as(table, &january,
		 "2019-01-13T00:00:00.000Z 192.0.2.18 33020 185.176.27.26 40269 \n"
		 "2019-01-15T22:00:00.000Z 192.0.2.18 60912 5.8.18.62 46266 \n"
		 "2019-01-31T05:00:00.000Z 2001:db8:1::18 80 2001:db8:2::1 46266 \n"
		 "2019-01-31T05:00:00.000Z 192.0.2.18 80 203.0.113.1 7 \n"
		 "bad line 5: date and hour: \"32,00\"\nbad line 6: date and hour: \"1,24\"\n"
		 "account six fields 6 = 4 + 0 + 0 + 0 + 2 hours\n");
	reads_as(
		"31,00,192.0.2.18,80,203.0.113.1,7\n28,00,192.0.2.18,80,203.0.113.1,7\n", &february,
		"2019-02-28T00:00:00.000Z 192.0.2.18 80 203.0.113.1 7 \n"
		"bad line 1: date and hour: \"31,00\"\naccount six fields 2 = 1 + 0 + 0 + 0 + 1 hours\n");
	reads("Date,Hour,SAddr,SPort,DAddr,DPort\n 2019-01-24, 09, 192.0.2.18, 80, 198.51.100.7, 40000\n"
	      "2019-01-24, 09, 192.0.2.18, 81, 198.51.100.7, 40000\n",
	      "2019-01-24T09:00:00.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
	      "2019-01-24T09:00:00.000Z 192.0.2.18 81 198.51.100.7 40000 \n"
	      "account six fields 2 = 2 + 0 + 0 + 0 + 0 hours\n");
	refuses(table, ERR_USAGE, "--month 2019-01");
	refuses("date,hour,saddr,sport,daddr,dport\n1,1,192.0.2.18,80,203.0.113.1,7\n", ERR_USAGE,
		"line 2");
}

static void ours(void **state)
{
	(void)state;
	reads("{\"time\":\"2019-01-24T09:00:00.123+09:00\",\"date\":\"2019-01-24\",\"hour\":\"09\",\"saddr\":\"192.0.2.18\","
	      "\"sport\":30000,\"daddr\":\"198.51.100.7\",\"dport\":40000,\"marks\":\"ftp-data,inside\"}\n"
	      "{\"time\":\"2019-01-24T09:00:00.123+09:00\",\"saddr\":\"192.0.2.18\",\"sport\":0,\"daddr\":\"198.51.100.7\","
	      "\"dport\":40000}\n",
	      "2019-01-24T00:00:00.123Z 192.0.2.18 30000 198.51.100.7 40000 ftp-data\n"
	      "bad line 2: port: \"0\"\n"
	      "account sekimori's records, JSON 2 = 1 + 0 + 0 + 0 + 1\n");
}

static void others(void **state)
{
	(void)state;
	reads("", "account empty file 0 = 0 + 0 + 0 + 0 + 0\n");
	reads("\n\n", "account empty file 0 = 0 + 0 + 0 + 0 + 0\n");
	refuses("hello\n", ERR_FORMAT, "hello");
	refuses("a,b,c,d,e,f\n", ERR_FORMAT, "a,b,c,d,e,f");
	refuses("\x89PNG\n", ERR_FORMAT, "?PNG");
}

/* A line without end is one malformed line, and the next is read. */
static void long_line(void **state)
{
	const struct records_options options = { .networks = &networks };
	const char *const start = "date,hour,saddr,sport,daddr,dport\n",
			  *const end = "\n2019-01-24,09,192.0.2.18,80,198.51.100.7,40000\n";
	size_t room = (size_t)20 << 20, length = strlen(start);
	char *file = malloc(room + 200);
	struct events e;

	(void)state;
	assert_non_null(file);
	memcpy(file, start, length);
	memset(file + length, 'x', room);
	memcpy(file + length + room, end, strlen(end));
	e = record_events(file, length + room + strlen(end), &options, false);
	assert_int_equal(e.error, 0);
	assert_string_equal(e.text, "2019-01-24T09:00:00.000Z 192.0.2.18 80 198.51.100.7 40000 \n"
				    "bad line 2: too long: \"\"\n"
				    "account six fields 2 = 1 + 0 + 0 + 0 + 1 hours\n");
	free(e.text);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeek),  cmocka_unit_test(zeek_json), cmocka_unit_test(suricata),
		cmocka_unit_test(argus), cmocka_unit_test(nfdump),    cmocka_unit_test(six_fields),
		cmocka_unit_test(ours),  cmocka_unit_test(others),    cmocka_unit_test(long_line),
	};
	static const char *const prefixes[] = { "192.0.2.0/24", "2001:db8:1::/48" };
	int failed;

	if (zone_set("UTC", NULL) < 0)
		return 1;
	prefix_set_init(&networks);
	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		struct net_prefix prefix;

		if (prefix_parse(prefixes[i], &prefix, NULL) < 0 ||
		    prefix_set_add(&networks, prefix) < 0)
			return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prefix_set_finish(&networks);
	return failed;
}
