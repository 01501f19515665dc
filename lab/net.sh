# shellcheck shell=bash
# The lab's network: a namespace a host, the campus firewall, the provider's router, and the line between
# the two, which is where the capture is taken.
#
#   www mail ns ftp shell desk ── firewall ═══ line ═══ provider ── alice site sweep bob mx files

# shellcheck disable=SC2034 # ipv4 and ipv6 are for traffic.sh
declare -A host_pid ipv4 ipv6
campus=()
capture_pid=
sensor_pid=

# Runs a command on a host: its network, its name.
on() { nsenter --target "${host_pid[$1]}" --net --uts -- "${@:2}"; }

make_host() {
	local name=$1 domain=$2
	unshare --net --uts sleep infinity &
	host_pid[$name]=$!
	# unshare has done its part when the process has become sleep.
	until [ "$(cat "/proc/$!/comm")" = sleep ]; do sleep 0.01; done
	on "$name" hostname "$name.$domain"
	on "$name" sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	on "$name" ip link set lo up
}

# make_link HOST INTERFACE MAC HOST INTERFACE MAC
make_link() {
	ip link add name "$2" address "$3" netns "${host_pid[$1]}" type veth \
		peer name "$5" address "$6" netns "${host_pid[$4]}"
	# Whole segments with right checksums, as on a real line.
	on "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
	on "$4" ethtool -K "$5" tx off rx off tso off gso off gro off >/dev/null
	on "$1" ip link set "$2" up
	on "$4" ip link set "$5" up
}

# add_address HOST INTERFACE ADDRESS…
add_address() {
	local address
	for address in "${@:3}"; do
		on "$1" ip address add "$address" dev "$2"
	done
}

# make_leaf HOST ROUTER IPV4 IPV6 ECN: a host on a network of its own behind a router
make_leaf() {
	local name=$1 router=$2 v4=$3 v6=$4 ecn=$5 number=${3##*.}
	local gateway4=${v4%.*}.$((number - 1)) gateway6=${v6%::*}::1 mac
	mac=$(printf '02:00:00:00:%02x' "$number")
	make_link "$name" eth0 "$mac:01" "$router" "$name" "$mac:02"
	add_address "$name" eth0 "$v4/28" "$v6/64"
	add_address "$router" "$name" "$gateway4/28" "$gateway6/64"
	on "$name" ip route add default via "$gateway4"
	on "$name" ip -6 route add default via "$gateway6"
	on "$name" sysctl -qw "net.ipv4.tcp_ecn=$ecn"
}

make_network() {
	local name side v4 v6 ecn
	make_host firewall campus.example
	make_host provider provider.example
	for name in firewall provider; do
		on "$name" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	make_link firewall line 02:00:00:00:00:01 provider line 02:00:00:00:00:02
	add_address firewall line 203.0.113.250/30 2001:db8:f0ff::2/64
	add_address provider line 203.0.113.249/30 2001:db8:f0ff::1/64
	on firewall ip route add default via 203.0.113.249
	on firewall ip -6 route add default via 2001:db8:f0ff::1
	on provider ip route add 192.0.2.0/24 via 203.0.113.250
	on provider ip -6 route add 2001:db8:1::/48 via 2001:db8:f0ff::2

	while read -r name side v4 v6 ecn; do
		case $side in
		campus) make_host "$name" campus.example; make_leaf "$name" firewall "$v4" "$v6" "$ecn"; campus+=("$name") ;;
		internet) make_host "$name" "$name.example"; make_leaf "$name" provider "$v4" "$v6" "$ecn" ;;
		*) continue ;;
		esac
		ipv4[$name]=$v4
		ipv6[$name]=$v6
	done < <(grep -v '^#' /run/lab/hosts.txt)

	on firewall nft -f /run/lab/conf/firewall.nft
	on bob nft -f /run/lab/conf/lossy.nft
}

start_capture() {
	# nsenter itself, not on: the signal that ends the capture is for tcpdump, not for a shell around it.
	nsenter --target "${host_pid[provider]}" --net -- \
		tcpdump -i line -s 0 -U --immediate-mode -Z root -w "$1" 2>/run/lab/log/tcpdump &
	capture_pid=$!
	until grep -q 'listening on' /run/lab/log/tcpdump; do sleep 0.05; done
	[ -z "${SEKIMORI:-}" ] || start_sensor
}

# The sensor sees what tcpdump sees. Its store is in the lab's own files until the end.
start_sensor() {
	nsenter --target "${host_pid[provider]}" --net -- \
		"$SEKIMORI" watch -i line --driver af_packet --store /run/lab/sensor --user daemon \
		--net 192.0.2.0/24 --net 2001:db8:1::/48 2>/run/lab/log/sensor &
	sensor_pid=$!
	until "$SEKIMORI" status --format json --store /run/lab/sensor >/dev/null 2>&1; do
		kill -0 "$sensor_pid"
		sleep 0.05
	done
}

# Stops the capture and makes sure that it is whole.
stop_capture() {
	sleep 0.5
	kill -INT "$capture_pid"
	wait "$capture_pid"
	if [ -n "$sensor_pid" ]; then
		kill -TERM "$sensor_pid"
		wait "$sensor_pid"
		cp -r /run/lab/sensor .
	fi
	grep -qx '0 packets dropped by kernel' /run/lab/log/tcpdump
}
