#!/bin/bash
# The inside of lab/make: runs as the first process of the lab's namespaces, in the folder that takes
# line.pcap, campus.open and campus.reached.
set -euo pipefail

source_dir=$1
result=$PWD
# shellcheck source=lab/net.sh
. "$source_dir/net.sh"
# shellcheck source=lab/servers.sh
. "$source_dir/servers.sh"
# shellcheck source=lab/traffic.sh
. "$source_dir/traffic.sh"

say() { echo "lab: $*" >&2; }

on_error() {
	say "failed at ${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}: $BASH_COMMAND"
	[ "$BASHPID" -ne $$ ] || tail -n 5 /run/lab/log/* >&2 || true
	exit 1
}
trap on_error ERR
set -E

# A file system of our own over every folder that the servers write to.
private_files() {
	local dir
	for dir in /run /var/log /var/spool/postfix /var/lib/postfix /var/cache/bind; do
		mount -n -t tmpfs -o mode=755 tmpfs "$dir"
	done
	mkdir -p /run/lab/{conf,empty,ftp/incoming,home,keys,log,mail,www} /run/sshd /run/named
	chmod 1777 /run/lab/log
	cp -r "$source_dir"/{conf,hosts.txt,knock.py,listening.py} /run/lab/

	# No name of this machine and no account of it but the system's.
	printf '127.0.0.1 localhost\n::1 localhost\n' >/run/lab/hosts
	awk -F: '$3 < 1000 || $3 == 65534' /etc/passwd >/run/lab/passwd
	echo 'guest:*:20000:20000::/run/lab/home:/bin/sh' >>/run/lab/passwd
	: >/run/lab/resolv.conf
	for file in hosts passwd resolv.conf; do
		[ ! -e "/etc/$file" ] || mount -n --bind "/run/lab/$file" "/etc/$file"
	done
	echo lab.example >/run/lab/mailname
	cp -a /etc/postfix /run/lab/postfix
	cp /run/lab/conf/postfix/* /run/lab/postfix/
	mount -n --bind /run/lab/postfix /etc/postfix
	mount -n --bind /run/lab/conf/bind /etc/bind
	chown postfix /var/lib/postfix
	chown bind /var/cache/bind /run/named
}

# The ports that hosts inside listen on, as their kernel says.
listening() {
	local host
	for host in "${campus[@]}"; do
		on "$host" python3 /run/lab/listening.py
	done | in_order
}

in_order() { sort -t, -u -k1,1V -k2,2n; }

hostname lab.example
private_files
say "hosts and links"
make_network
say "servers"
start_servers
listening >"$result/campus.open"

say "traffic"
start_capture "$result/line.pcap"
run_traffic
stop_capture
in_order <"$reached" >"$result/campus.reached"

listening | cmp - "$result/campus.open" || { say "the open ports changed while the lab ran"; exit 1; }
say "done"
