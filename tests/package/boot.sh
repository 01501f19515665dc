#!/usr/bin/env bash
# The package in a machine that forgets ($ROOT, by packaging/overlay-root), booted: $DEB is installed, and service.sh runs
# there as a service beside sekimori's, in a network of its own. $SOURCE is the source tree. Exit status 77, with the reason, where
# not even the copy without the package boots.
set -eu

# UNIT COMMAND: boots the copy until COMMAND, run there as a service, has ended.
boot()
{
	cat >"$ROOT/etc/systemd/system/$1.service" <<END
[Unit]
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
ExecStart=$2
StandardOutput=file:/package-test/out
StandardError=file:/package-test/out
TimeoutStartSec=420s
END
	printf '[Unit]\nRequires=basic.target %s.service\nAfter=basic.target\n' "$1" >"$ROOT/etc/systemd/system/$1.target"
	rm -f "$ROOT/package-test/out"
	timeout 480 systemd-nspawn --quiet --register=no --keep-unit --private-network --capability=all \
		--system-call-filter='@known bpf' --boot --directory="$ROOT" --console=pipe systemd.unit="$1.target" \
		</dev/null >"$ROOT/package-test/console" 2>&1 || true
}

chroot "$ROOT" dpkg -P sekimori >/dev/null 2>&1
rm -rf "$ROOT/var/lib/sekimori" "$ROOT/etc/sekimori" "$ROOT/etc/systemd/system/"*
mkdir "$ROOT/package-test"
# An image for containers may say that packages are to start and stop nothing.
rm -f "$ROOT/usr/sbin/policy-rc.d"
cp "$DEB" "$ROOT/package-test/sekimori.deb"
cp "$SOURCE/lab/campus.pcap.zst" "$SOURCE/tests/package/"{service,scan_new}.sh "$SOURCE/tests/package/replay.py" "$ROOT/package-test"
boot control '/bin/touch /package-test/booted'
if [ ! -e "$ROOT/package-test/booted" ]; then
	echo "no system boots in a container here: $(tail -n 3 "$ROOT/package-test/console" | tr '\n' ' ')"
	exit 77
fi
mount --rbind /dev "$ROOT/dev"
chroot "$ROOT" dpkg -i /package-test/sekimori.deb >"$ROOT/package-test/said" 2>&1 || {
	cat "$ROOT/package-test/said"
	exit 1
}
umount -R "$ROOT/dev"
boot check /package-test/service.sh
cat "$ROOT/package-test/out" 2>/dev/null || cat "$ROOT/package-test/console"
[ -e "$ROOT/package-test/passed" ]
