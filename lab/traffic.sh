# shellcheck shell=bash disable=SC2154
# Who talks to whom. Each peer is a function, all run side by side. The hosts are those of net.sh.

reached=/run/lab/reached

is_campus() { [[ " ${campus[*]} " == *" $1 "* ]]; }

# from PEER HOST PORT FAMILY COMMAND…: a peer's client, which must succeed. What a peer outside used
# inside is noted as reached.
# In the command, {} stands for the host's address, [{}] for the same in brackets where it is IPv6.
from() {
	local peer=$1 host=$2 port=$3 address bracketed
	if [ "$4" = 6 ]; then
		address=${ipv6[$host]} bracketed="[$address]"
	else
		address=${ipv4[$host]} bracketed=$address
	fi
	local command=("${@:5}")
	command=("${command[@]//"[{}]"/$bracketed}")
	command=("${command[@]//"{}"/$address}")
	if ! on "$peer" timeout 20 "${command[@]}" >>"/run/lab/log/$peer" 2>&1 </dev/null; then
		echo "$peer: no success with $host, port $port: ${command[*]}" >&2
		return 1
	fi
	if ! is_campus "$peer" && is_campus "$host"; then
		echo "$address,$port" >>"$reached"
	fi
}

# knock PEER [--source-port N] HOST:PORT…: connects and hangs up, over both families; any outcome will do
knock() {
	local peer=$1 options=() targets=() target
	shift
	while [ "${1#--}" != "$1" ]; do options+=("$1" "$2"); shift 2; done
	for target in "$@"; do
		targets+=("${ipv4[${target%:*}]},${target#*:}" "${ipv6[${target%:*}]},${target#*:}")
	done
	on "$peer" python3 /run/lab/knock.py "${options[@]}" "${targets[@]}" >>"$reached" 2>>"/run/lab/log/$peer"
}

fetch() { from "$1" "$2" "$3" "$4" curl -q -sS -k -g -m 10 -o /dev/null "${@:5}"; }

ssh_to() {
	from "$1" "$2" 22 "$3" ssh -F none -i /run/lab/keys/guest -o IdentitiesOnly=yes -o BatchMode=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -l guest {} true
}

# mail_to PEER HOST PORT FAMILY RECIPIENT
mail_to() {
	from "$1" "$2" "$3" "$4" swaks --server {} --port "$3" --helo "$1.example" --from "$1@$1.example" --to "$5" \
		--header 'X-Mailer: swaks' --header "Message-Id: <$3.$4@$1.example>" --body 'A note from the lab.'
}

# A user of the campus, away from it, who asks for ECN: the hosts' SYN+ACKs to alice carry ECE.
alice() {
	local family
	for family in 4 6; do
		fetch alice www 80 $family 'http://[{}]/'
		fetch alice www 443 $family 'https://[{}]/'
		fetch alice ftp 21 $family 'ftp://[{}]/notes.txt' # EPSV over both families
		fetch alice ftp 80 $family 'http://[{}]/' # after FTP with the same host: a service of its own
		ssh_to alice shell $family
		fetch alice mail 143 $family 'imap://guest:swordfish@[{}]/INBOX'
		fetch alice mail 110 $family 'pop3://guest:swordfish@[{}]/'
	done
	fetch alice ftp 21 4 --disable-epsv 'ftp://[{}]/notes.txt' # PASV
	fetch alice ftp 21 4 --ftp-port - --disable-eprt 'ftp://[{}]/notes.txt' # PORT: ftp connects out
	fetch alice ftp 21 6 --ftp-port - 'ftp://[{}]/notes.txt' # EPRT
	from alice ftp 21 6 lftp -c 'open ftp://[2001:db8:1:4::66]; cat notes.txt; cat notes.txt'
}

# Another user, whose first SYN+ACK is lost on the way.
bob() {
	local family
	for family in 4 6; do
		from bob ns 53 $family dig +tcp +noall +answer www.campus.example AAAA "@{}"
		fetch bob mail 993 $family 'imaps://guest:swordfish@[{}]/INBOX'
		fetch bob desk 8000 $family 'http://[{}]:8000/'
		fetch bob shell 8080 $family 'http://[{}]:8080/'
		mail_to bob mail 587 $family guest@campus.example
	done
	fetch bob shell 9090 6 'http://[{}]:9090/'
	fetch bob ftp 80 4 'http://[{}]/'
	ssh_to bob desk 4
}

# A mail server elsewhere.
mx() {
	mail_to mx mail 25 4 guest@campus.example
	mail_to mx mail 25 6 guest@campus.example
}

# Somebody who looks for open ports, those behind the firewall and closed ones among them.
sweep() {
	local ports=20-26,53,80,110,143,443,445,587,993,995,3306,3389,5900,8000,8080,8443,9090
	local v4=() v6=() host
	for host in "${campus[@]}"; do
		v4+=("${ipv4[$host]}")
		v6+=("${ipv6[$host]}")
	done
	on sweep nmap -n -Pn -sS --max-retries 1 --min-rate 100 -p "$ports" "${v4[@]}" >>/run/lab/log/sweep 2>&1
	on sweep nmap -6 -n -Pn -sS --max-retries 1 --min-rate 100 -p "$ports" "${v6[@]}" >>/run/lab/log/sweep 2>&1
	knock sweep www:22 www:80 www:8443 mail:25 mail:995 ns:22 ns:53 ftp:21 ftp:8021 shell:22 shell:23 shell:3306 \
		shell:8080 shell:9090 desk:22 desk:3389 desk:8000
	# From port 20, as FTP's data connections come: these are not.
	knock sweep --source-port 20 www:80 shell:22 shell:8080 desk:8000 desk:3389
}

# Hosts inside as clients of servers outside: SYN+ACKs that come in. And FTP in active mode, where the
# servers outside connect to the client: SYN+ACKs that go out, from no service.
insiders() {
	local family
	for family in 4 6; do
		fetch desk site 80 $family 'http://[{}]/'
		ssh_to desk site $family
		from desk site 53 $family dig +tcp +noall +answer www.site.example AAAA "@{}"
		fetch desk site 21 $family 'ftp://[{}]/notes.txt' # EPSV
		fetch desk site 21 $family --ftp-port - 'ftp://[{}]/notes.txt' # EPRT over both families
		fetch desk site 21 $family --ftp-port - -T /run/lab/ftp/notes.txt "ftp://[{}]/incoming/from-desk-$family.txt"
		fetch desk files 21 $family --ftp-port - 'ftp://[{}]/notes.txt' # its data comes from any port
		mail_to desk mail 587 $family "friend@peer$family.example" # and on from mail to mx
	done
	fetch desk site 21 4 --disable-epsv 'ftp://[{}]/notes.txt' # PASV
	fetch desk site 21 4 --ftp-port - --disable-eprt 'ftp://[{}]/notes.txt' # PORT
	fetch desk files 21 4 --ftp-port - --disable-eprt 'ftp://[{}]/notes.txt'
	from desk site 21 4 lftp -c 'set ftp:passive-mode off; open ftp://198.51.100.34; cat notes.txt; cat notes.txt'
}

run_traffic() {
	local peer pids=()
	: >"$reached"
	for peer in alice bob mx sweep insiders; do
		"$peer" &
		pids+=($!)
	done
	for peer in "${pids[@]}"; do wait "$peer"; done
	await_outgoing_mail
}

# mail hands what desk sent to mx in its own time.
await_outgoing_mail() {
	local tries=0
	until [ "$(grep -c 'to=<friend@peer[46].example>.*status=sent' /var/log/mail.log)" -ge 2 ]; do
		[ $((tries += 1)) -lt 100 ] || { echo "mail did not reach mx" >&2; return 1; }
		sleep 0.1
	done
}
