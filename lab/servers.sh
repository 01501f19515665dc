# shellcheck shell=bash
# The lab's servers, each Debian's own with a configuration from lab/conf.

make_keys() {
	local host
	ssh-keygen -q -t ed25519 -N '' -C guest -f /run/lab/keys/guest
	for host in www ns shell desk site; do
		ssh-keygen -q -t ed25519 -N '' -C "$host" -f "/run/lab/keys/$host"
	done
	for host in www mail; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 365 -addext basicConstraints=CA:FALSE -subj "/CN=$host.campus.example" \
			-keyout "/run/lab/keys/$host.key" -out "/run/lab/keys/$host.crt" 2>/dev/null
	done
}

make_content() {
	local line
	for line in {1..60}; do
		echo "<p>Line $line of a page that the lab serves.</p>"
	done >/run/lab/www/index.html
	for line in {1..200}; do
		echo "line $line of a file that the lab serves"
	done >/run/lab/ftp/notes.txt
	chown ftp /run/lab/ftp/incoming
	chown guest /run/lab/mail /run/lab/home
}

# await HOST PORT: until something listens there
await() {
	local tries=0
	until [ -n "$(on "$1" ss -ltnH "sport = :$2")" ]; do
		[ $((tries += 1)) -lt 200 ] || { echo "nothing listens on $1, port $2" >&2; return 1; }
		sleep 0.05
	done
}

sshd() { on "$1" /usr/sbin/sshd -f /run/lab/conf/sshd_config -h "/run/lab/keys/$1" "${@:2}"; }
nginx() { on "$1" /usr/sbin/nginx -e "/run/lab/log/nginx-$1.log" -c "/run/lab/conf/nginx-$1.conf"; }
named() { on "$1" /usr/sbin/named -u bind -n 1 -c "/etc/bind/named-$1.conf"; }
vsftpd() { on "$1" /usr/sbin/vsftpd /run/lab/conf/vsftpd.conf "${@:2}"; }

start_servers() {
	make_keys
	make_content

	on www apache2 -f /run/lab/conf/apache.conf
	on mail dovecot -c /run/lab/conf/dovecot.conf
	on mail postfix start >/run/lab/log/postfix 2>&1
	named ns
	vsftpd ftp
	nginx ftp
	nginx shell
	(cd /run/lab/www && on desk python3 -m http.server --bind :: 8000 >/run/lab/log/desk 2>&1) &
	sshd www -p 22 # the firewall keeps it from the line
	sshd ns -p 22  # likewise
	sshd shell -p 22 -p 2222 # nobody ever knocks on 2222
	sshd desk -p 22 -o ListenAddress=0.0.0.0

	nginx site
	named site
	vsftpd site
	sshd site -p 22
	vsftpd files -oconnect_from_port_20=NO # its data connections come from any port
	on mx smtp-sink -u nobody -4 -h mx.example 203.0.113.34:25 10 &
	on mx smtp-sink -u nobody -6 -h mx.example '[2001:db8:f002:2::34]:25' 10 &

	local service
	for service in www:80 www:443 www:22 mail:25 mail:587 mail:110 mail:143 mail:993 mail:995 ns:53 ns:22 \
		ftp:21 ftp:80 shell:22 shell:2222 shell:8080 shell:9090 desk:22 desk:8000 \
		site:80 site:53 site:21 site:22 files:21 mx:25; do
		await "${service%:*}" "${service#*:}"
	done
}
