#!/usr/bin/env bash
# The package in a machine that forgets ($ROOT, by packaging/overlay-root), booted: $DEB is installed, and service.sh runs
# there as a service beside sekimori's, in a network of its own. $SOURCE is the source tree.
set -eu
chroot "$ROOT" dpkg -P sekimori >/dev/null 2>&1
rm -rf "$ROOT/var/lib/sekimori" "$ROOT/etc/sekimori" "$ROOT/etc/systemd/system/"*
mkdir "$ROOT/check"
cp "$DEB" "$ROOT/check/sekimori.deb"
cp "$SOURCE/lab/campus.pcap.zst" "$SOURCE/tests/package/service.sh" "$SOURCE/tests/package/replay.py" "$ROOT/check"
mount --rbind /dev "$ROOT/dev"
chroot "$ROOT" dpkg -i /check/sekimori.deb >"$ROOT/check/said" 2>&1 || {
	cat "$ROOT/check/said"
	exit 1
}
umount -R "$ROOT/dev"
cat >"$ROOT/etc/systemd/system/check.service" <<'END'
[Unit]
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
ExecStart=/check/service.sh
StandardOutput=file:/check/out
StandardError=file:/check/out
TimeoutStartSec=120s
END
mkdir "$ROOT/etc/systemd/system/check.target.wants"
printf '[Unit]\nRequires=basic.target check.service\nAfter=basic.target\n' >"$ROOT/etc/systemd/system/check.target"
timeout 180 systemd-nspawn --quiet --register=no --keep-unit --private-network --capability=all --system-call-filter='@known bpf' \
	--boot --directory="$ROOT" --console=pipe systemd.unit=check.target </dev/null >"$ROOT/check/console" 2>&1 || true
cat "$ROOT/check/out" 2>/dev/null || cat "$ROOT/check/console"
[ -e "$ROOT/check/passed" ]
