#!/usr/bin/env bash
# The package in a machine that forgets ($ROOT, by packaging/overlay-root): $DEB installed, used, installed again, removed
# and purged. $SOURCE is the source tree.
set -eu

fail()
{
	echo "FAILED: $*"
	exit 1
}

inside()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$ROOT" "$@"
}

as()
{
	local user=$1

	shift
	inside setpriv --reuid "$user" --regid "$(inside id -g "$user")" --clear-groups "$@"
}

expect()
{
	local what=$1 wanted=$2 got=$3

	[ "$got" = "$wanted" ] || fail "$what: expected '$wanted', got '$got'"
}

# What this machine itself has of sekimori is none of this test's business.
prepare()
{
	mount --rbind /dev "$ROOT/dev"
	mount -t proc proc "$ROOT/proc"
	inside dpkg -P sekimori >/dev/null 2>&1
	rm -rf "$ROOT/var/lib/sekimori" "$ROOT/etc/sekimori"
	inside userdel sekimori 2>/dev/null || true
	mkdir "$ROOT/package-test"
	cp "$DEB" "$ROOT/package-test/sekimori.deb"
	cp "$SOURCE/lab/campus.pcap.zst" "$ROOT/package-test"
}

check_installed()
{
	inside dpkg -i /package-test/sekimori.deb >"$ROOT/package-test/said" 2>&1 || fail "dpkg -i: $(cat "$ROOT/package-test/said")"
	grep -q 'systemctl enable --now sekimori' "$ROOT/package-test/said" || fail 'installing does not say what to do next'
	expect 'the user' 'sekimori:/var/lib/sekimori:/usr/sbin/nologin' "$(inside getent passwd sekimori | cut -d: -f1,6,7)"
	[ "$(inside id -u sekimori)" -lt 1000 ] || fail "the user is no system user: $(inside id sekimori)"
	expect 'the store' 'sekimori sekimori 755' "$(inside stat -c '%U %G %a' /var/lib/sekimori)"
	# shellcheck disable=SC2016 # dpkg-query's own
	expect 'the conffile' /etc/sekimori/sekimori.conf \
		"$(inside dpkg-query -W -f '${Conffiles}' sekimori | awk '{ printf "%s", $1 }')"
	cmp "$SOURCE/docs/sekimori.conf.example" "$ROOT/etc/sekimori/sekimori.conf" || fail 'the conffile is not the example'
	expect 'enabled' disabled "$(inside systemctl is-enabled sekimori.service || true)"
}

check_words()
{
	inside sekimori --version >/dev/null || fail 'the program does not start'
	inside env LANGUAGE=ja sekimori --help | grep -q '使い方' || fail 'no Japanese'
	expect 'the manual' /usr/share/man/man1/sekimori.1.gz "$(inside man -w sekimori)"
	expect 'the Japanese manual' /usr/share/man/ja/man1/sekimori.1.gz "$(inside man -L ja -w sekimori)"
	inside bash -c '. /usr/share/bash-completion/completions/sekimori && complete -p sekimori' >/dev/null ||
		fail 'no completion'
}

# The sensor's user writes the store, everybody may ask it.
check_used()
{
	as sekimori sekimori read --store /var/lib/sekimori --net 192.0.2.0/24 --net 2001:db8:1::/48 /package-test/campus.pcap.zst \
		>/dev/null || fail 'the user sekimori cannot write the store'
	expect 'services that nobody sees' 28 \
		"$(as nobody sekimori list --store /var/lib/sekimori --format csv | tail -n +2 | wc -l)"
	expect 'services that root sees' 28 "$(inside sekimori list --format csv | tail -n +2 | wc -l)"
	case " ${DEB_BUILD_PROFILES:-} " in
	*' pkg.sekimori.noweb '*) ;;
	*) inside sekimori report 2026-11-22 --format html -o /package-test/report.html || fail 'no html report' ;;
	esac
	expect 'files of others in the store' '' "$(inside find /var/lib/sekimori ! -user sekimori)"
}

check_again()
{
	printf '[site]\nnetworks = 192.0.2.0/24\n' >>"$ROOT/etc/sekimori/sekimori.conf"
	inside dpkg -i /package-test/sekimori.deb >"$ROOT/package-test/said" 2>&1 || fail "dpkg -i again: $(cat "$ROOT/package-test/said")"
	! grep -q 'systemctl enable' "$ROOT/package-test/said" || fail 'an upgrade speaks as if it were new'
	grep -qx 'networks = 192.0.2.0/24' "$ROOT/etc/sekimori/sekimori.conf" || fail 'an upgrade forgets the configuration'
	expect 'services after an upgrade' 28 "$(inside sekimori list --format csv | tail -n +2 | wc -l)"
}

check_purged()
{
	inside dpkg -r sekimori >/dev/null 2>&1 || fail 'dpkg -r'
	[ -e "$ROOT/etc/sekimori/sekimori.conf" ] || fail 'removing takes the configuration'
	[ ! -e "$ROOT/usr/bin/sekimori" ] || fail 'removing leaves the program'
	inside dpkg -P sekimori >"$ROOT/package-test/said" 2>&1 || fail "dpkg -P: $(cat "$ROOT/package-test/said")"
	grep -q 'The store /var/lib/sekimori stays' "$ROOT/package-test/said" ||
		fail "purging does not say that the store stays: $(cat "$ROOT/package-test/said")"
	[ -e "$ROOT/var/lib/sekimori/store" ] || fail 'purging takes the store'
	# A file that was deleted over the overlay is a character device there.
	expect 'what purging leaves' "$ROOT/var/lib/sekimori" \
		"$(find "$CHANGED" -name '*sekimori*' ! -type c ! -path "$CHANGED/package-test/*" | sed "s,^$CHANGED,$ROOT," |
			while read -r path; do [ ! -e "$path" ] || echo "$path"; done)"
}

# Without a store there is nothing to leave and nothing to say.
check_purged_empty()
{
	rm -r "$ROOT/var/lib/sekimori"
	inside dpkg -i /package-test/sekimori.deb >/dev/null 2>&1 || fail 'dpkg -i after dpkg -P'
	inside dpkg -P sekimori 2>&1 | grep 'stays' && fail 'purging speaks of a store that is not there'
	[ ! -e "$ROOT/var/lib/sekimori" ] || fail 'purging leaves an empty folder'
}

prepare
check_installed
check_words
check_used
check_again
check_purged
check_purged_empty
echo 'installed, used, installed again, removed and purged'
