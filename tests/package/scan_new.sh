#!/usr/bin/env bash
# The part of service.sh that is about sekimori-scan-new.timer: without verify_new = yes nothing is asked and nothing is said; with
# it, what a real server answers for the first time is looked at within ten seconds, while the sensor keeps no right to send; and
# purging takes all of it away. `service.sh` reads this file: its functions are known.
# shellcheck shell=bash

site=192.0.2.200 client=198.51.100.20
unit=sekimori-scan-new

triggers()
{
	systemctl show -P LastTriggerUSecMonotonic $unit.timer
}

has_triggered_since()
{
	[ "$(triggers)" != "$1" ]
}

# N times from now on.
await_triggers()
{
	local i last

	for ((i = 0; i < $1; i++)); do
		last=$(triggers)
		await 'the timer starts its service' has_triggered_since "$last"
	done
}

is_apart()
{
	[ "$(readlink "/proc/$space/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# Servers are in a network of their own, behind the line that the sensor watches; whoever asks from here is outside.
make_line()
{
	ip link add wire type veth peer name inner
	unshare --net sleep infinity &
	space=$!
	await 'a network of its own' is_apart
	ip link set inner netns $space
	nsenter -t $space -n ip address add $site/32 dev inner
	nsenter -t $space -n ip link set inner up
	nsenter -t $space -n ip route add default dev inner
	ip address add 198.51.100.9/32 dev wire
	ip address add $client/32 dev wire
	ip link set wire up
	ip route add 192.0.2.0/24 dev wire src 198.51.100.9
}

knock()
{
	/usr/bin/python3 -c "import socket; socket.create_connection(('$site', $1), 10, ('$client', 0)).close()" 2>/dev/null
}

serve_and_knock()
{
	nsenter -t "$space" -n /usr/bin/python3 -c "import http.server, socketserver
socketserver.TCPServer(('$site', $1), http.server.SimpleHTTPRequestHandler).serve_forever()" >/dev/null 2>&1 &
	await "port $1 is served" knock "$1"
}

answer()
{
	sekimori sql --format csv "$1" | tail -n +2
}

looked_at()
{
	[ "$(answer "SELECT count(*) FROM kept_scan_port WHERE port = $1")" = 1 ]
}

# From the first packet to the scan's beginning, by what the store says of both.
check_looked_at_soon()
{
	local words

	serve_and_knock "$1"
	await "port $1 is looked at" looked_at "$1"
	words=$(answer "SELECT printf('%.1f', (k.started_ns - s.first_ns) / 1e9), k.started_ns BETWEEN s.first_ns AND s.first_ns + 10000000000,
		printf('%.1f', (k.ended_ns - s.first_ns) / 1e9), p.state, p.product FROM service s JOIN kept_scan_port p USING (port)
		JOIN kept_scan k ON k.id = p.scan WHERE s.address = '$site' AND s.port = $1")
	echo "port $1: looked at after, within 10 s, all known after, state, product: $words"
	[ "$(cut -d, -f2 <<<"$words")" = 1 ] || fail "port $1 is not looked at within ten seconds: $words"
	[ "$(cut -d, -f4 <<<"$words")" = open ] || fail "port $1 is not found open: $words"
}

# The timer waits where there is no store, and says nothing while nothing is to be done.
check_off()
{
	rm -rf /var/lib/sekimori/*
	systemctl start $unit.timer
	await_triggers 1
	timeout 30 systemctl start sekimori.service || fail 'it does not start'
	serve_and_knock 8001
	await 'port 8001 is listed' seen $site,8001
	await_triggers 3
	[ "$(answer 'SELECT count(*) FROM kept_scan')" = 0 ] || fail 'it scans without verify_new'
	[ "$(journalctl --quiet -b -o cat -u $unit.service | wc -l)" = 0 ] ||
		fail "it speaks without verify_new: $(journalctl --quiet -b -u $unit.service)"
}

check_on()
{
	local port set

	printf '[scan]\nverify_new = yes\n' >>/etc/sekimori/sekimori.conf
	systemctl enable --now $unit.timer
	await 'port 8001 is looked at' looked_at 8001
	for port in 8002 8003 8004; do
		check_looked_at_soon $port
	done
	for set in CapEff CapPrm CapInh CapAmb; do
		[ "$(status_of $set)" = 0000000000000000 ] || fail "the sensor has capabilities: $set $(status_of $set)"
	done
	[ "$(property RestrictAddressFamilies | tr ' ' '\n' | sort | tr '\n' ' ')" = 'AF_NETLINK AF_PACKET AF_UNIX ' ] ||
		fail "the sensor may open $(property RestrictAddressFamilies)"
	[ -z "$(find /var/lib/sekimori ! -user sekimori)" ] || fail "files of others: $(find /var/lib/sekimori ! -user sekimori)"
	# Each answered a client and the scan.
	[ "$(answer "SELECT group_concat(peers) FROM service WHERE port IN (8002, 8003, 8004)")" = '"2,2,2"' ] ||
		fail "peers: $(answer 'SELECT * FROM service')"
}

check_gone()
{
	dpkg -P sekimori >/package-test/said 2>&1 || fail "dpkg -P: $(cat /package-test/said)"
	for name in $unit.timer $unit.service sekimori.service; do
		state=$(systemctl show -P ActiveState "$name")/$(systemctl show -P LoadState "$name")
		[ "$state" = inactive/not-found ] || fail "after purging $name is $state"
	done
	[ -z "$(find /etc/systemd -name '*sekimori*')" ] || fail "purging leaves $(find /etc/systemd -name '*sekimori*')"
}

make_line
printf '[site]\nnetworks = 192.0.2.0/24\n[sensor]\ninterfaces = wire\n' >/etc/sekimori/sekimori.conf
check_off
check_on
check_gone
echo 'new services were looked at, and all is gone'
