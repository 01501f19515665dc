#!/usr/bin/env bash
# In a booted system that has the package, the sensor as systemd runs it: it sees what comes by one end of a veth pair, has
# given up what it does not need, reads its configuration again, comes back when it is killed, and loses nothing. Then what
# looks at new services (scan_new.sh).
set -eu

fail()
{
	echo "FAILED: $*"
	systemctl --no-pager --lines=0 status sekimori.service || true
	journalctl --no-pager --quiet -b -u sekimori.service -u sekimori-scan-new.service -u sekimori-scan-new.timer || true
	sekimori status || true
	sekimori list || true
	ls -lR /var/lib/sekimori || true
	exit 1
}

property()
{
	systemctl show -P "$1" sekimori.service
}

# Until COMMAND holds, for a minute: the machine may have other work.
await()
{
	local what=$1 i

	shift
	for ((i = 0; i < 600; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	fail "$what: not within a minute"
}

seen()
{
	sekimori list --format csv 2>/dev/null | grep -q "^$1,"
}

came_back()
{
	[ "$(property NRestarts)" = 1 ] && [ "$(property ActiveState)" = active ]
}

status_of()
{
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(property MainPID)/status"
}

sekimori --help | grep -q '^  watch ' || {
	echo 'this package has no sensor yet: its service is not started'
	touch /package-test/passed
	exit 0
}

ip link add line type veth peer name mirror
ip link set line up
ip link set mirror up
printf '[site]\nnetworks = 192.0.2.0/24\n[sensor]\ninterfaces = mirror\n' >/etc/sekimori/sekimori.conf
timeout 30 systemctl start sekimori.service || fail 'it does not start'
[ "$(property ActiveState)" = active ] || fail 'it is not active'

pid=$(property MainPID)
[ "$(stat -c %U "/proc/$pid")" != root ] || [ "$(status_of Uid | awk '{ print $1 }')" = "$(id -u sekimori)" ] ||
	fail 'it runs as root'
for set in CapEff CapPrm CapInh CapAmb; do
	[ "$(status_of $set)" = 0000000000000000 ] || fail "it has capabilities: $set $(status_of $set)"
done
[ "$(status_of NoNewPrivs)" = 1 ] || fail 'it may gain privileges'
[ "$(status_of Seccomp)" = 2 ] || fail 'it has no seccomp filter'

/package-test/replay.py line /package-test/campus.pcap.zst
await 'port 8000 of 192.0.2.98 is listed' seen 192.0.2.98,8000
sekimori status >/package-test/status || fail 'no status'
cat /package-test/status
! grep -qE 'Permission denied|Operation not permitted' /package-test/status || fail 'the unit keeps a driver from it'

# The other family's networks come with the configuration, read again.
! seen 2001:db8:1:1::18,80 || fail 'a network is known that nobody told'
sed -i 's/^networks = .*/&, 2001:db8:1::\/48/' /etc/sekimori/sekimori.conf
timeout 30 systemctl reload sekimori.service || fail 'it does not reload'
replayed()
{
	/package-test/replay.py line /package-test/campus.pcap.zst
	seen 2001:db8:1:1::18,80
}
await 'the new network is listed' replayed
[ "$(property MainPID)" = "$pid" ] || fail 'a reload is a new process'

sekimori list --format csv | cut -d, -f1-3 | sort >/package-test/before
kill -9 "$pid"
await 'it comes back' came_back
sekimori list --format csv | cut -d, -f1-3 | sort >/package-test/after
[ -z "$(comm -23 /package-test/before /package-test/after)" ] || fail "missing after it was killed: $(comm -23 /package-test/before /package-test/after)"
timeout 90 systemctl stop sekimori.service || fail 'it does not stop'
[ "$(property Result)" = success ] || fail "it stopped with $(property Result)"
sekimori verify || fail 'the store is not whole'
[ -z "$(find /var/lib/sekimori ! -user sekimori)" ] || fail "files of others: $(find /var/lib/sekimori ! -user sekimori)"
echo 'watched, reloaded, killed, come back and stopped'
. /package-test/scan_new.sh
touch /package-test/passed
