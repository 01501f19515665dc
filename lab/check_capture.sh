#!/bin/bash
# Holds the lab's capture against its lists, with tshark as a second opinion: sekimori has no part in it.
#
# usage: lab/check_capture.sh [DIR]     (DIR holds campus.pcap.zst, campus.open and campus.reached)
# Exit status: 0 all is as it should be, 1 something is not, 77 there is no tshark.
set -euo pipefail

command -v tshark >/dev/null || { echo "skipped: tshark is not installed"; exit 77; }
cd "${1:-$(dirname "$0")}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

tcp='tcp and not icmp and not icmpv6'
campus='(ip.src == 192.0.2.0/24 or ipv6.src == 2001:db8:1::/48)'
syn_ack='(tcp.flags.syn == 1 and tcp.flags.ack == 1 and tcp.flags.reset == 0 and tcp.flags.fin == 0)'

# select_frames FILTER FIELD…: the fields of the frames that match, tab-separated
select_frames() {
	local filter=$1 field fields=()
	shift
	for field in "$@"; do fields+=(-e "$field"); done
	tshark -n -r campus.pcap.zst -Y "$filter" -T fields "${fields[@]}" 2>"$scratch/errors" || {
		cat "$scratch/errors" >&2
		return 1
	}
}

# services FILTER FIELD…: address,port, where each frame has one address and one port among the fields
services() { select_frames "$@" | awk '{ print $1 "," $2 }' | sort -u; }

result() {
	echo "$1: $2"
	[ "$1" = ok ] || failed=1
}

# some WHAT FILTER: there are such frames
some() {
	local count
	count=$(select_frames "$2" frame.number | wc -l)
	if [ "$count" -gt 0 ]; then result ok "$1: $count frames"; else result FAILED "$1: none"; fi
}

# none WHAT LIST: an empty list of services or addresses
none() {
	if [ -z "$2" ]; then result ok "no $1"; else result FAILED "$1: ${2//$'\n'/ }"; fi
}

sort -u campus.open >"$scratch/open"
sort -u campus.reached >"$scratch/reached"
services "$tcp and $campus and $syn_ack" ip.src ipv6.src tcp.srcport >"$scratch/answered"
services "$campus and (ftp.request.command in {\"PORT\", \"EPRT\"} or ftp.response.code in {227, 229})" \
	ftp.active.cip ftp.active.port ftp.eprt.ip ftp.eprt.ipv6 ftp.eprt.port \
	ftp.passive.ip ftp.passive.port ftp.epsv.ip ftp.epsv.ipv6 ftp.epsv.port >"$scratch/ftp_data"
comm -23 "$scratch/answered" "$scratch/ftp_data" >"$scratch/found"

none "open port reached that did not answer" "$(comm -13 "$scratch/found" "$scratch/reached")"
none "port that answered, not of FTP's data, that nobody reached" "$(comm -23 "$scratch/found" "$scratch/reached")"
none "port reached that no server listens on" "$(comm -13 "$scratch/open" "$scratch/reached")"
none "port of FTP's data among the servers' own" "$(comm -12 "$scratch/open" "$scratch/ftp_data")"

unreached=$(comm -23 "$scratch/open" "$scratch/reached" | wc -l)
if [ "$unreached" -gt 0 ]; then
	result ok "listening, but blocked or never knocked on: $unreached of $(wc -l <"$scratch/open")"
else
	result FAILED "every listening port was reached"
fi

some "SYN+ACK of campus hosts" "$tcp and $campus and $syn_ack"
some "  of them over IPv6" "$tcp and $campus and $syn_ack and ipv6"
some "  with ECE (flags 0x52)" "$tcp and $campus and tcp.flags == 0x052"
some "  with a VLAN tag" "$tcp and $campus and $syn_ack and vlan"
some "  sent again" "$tcp and $campus and $syn_ack and tcp.analysis.retransmission"
some "  to port 20, from FTP's data" "$tcp and $campus and $syn_ack and tcp.dstport == 20 and tcp.srcport >= 32768"
some "  to port 20, from services" "$tcp and $campus and $syn_ack and tcp.dstport == 20 and tcp.srcport < 30000"
some "SYN+ACK of servers outside" "$tcp and not $campus and $syn_ack"
some "RST of closed ports, IPv4" "$tcp and $campus and ip and tcp.flags == 0x014 and tcp.seq == 1"
some "RST of closed ports, IPv6" "$tcp and $campus and ipv6 and tcp.flags == 0x014 and tcp.seq == 1"
some "ICMP unreachable of the firewall" 'icmp.type == 3 or icmpv6.type == 1'
for command in PORT EPRT PASV EPSV; do
	some "FTP $command from inside" "$campus and ftp.request.command == \"$command\""
	some "FTP $command from outside" "not $campus and ftp.request.command == \"$command\""
done

none "address that is not for documentation" "$(select_frames \
	'(ip and not (ip.src in {192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24} and ip.dst in {192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24}))
	or (ipv6 and not (ipv6.src in {2001:db8::/32, fe80::/10} and ipv6.dst in {2001:db8::/32, fe80::/10, ff02::/16}))' \
	ip.src ip.dst ipv6.src ipv6.dst | sort -u)"
none "packet with a wrong TCP checksum" "$(tshark -n -r campus.pcap.zst -o tcp.check_checksum:TRUE -Y 'tcp.checksum.status == 0' 2>/dev/null)"

exit "$failed"
