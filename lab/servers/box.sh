#!/bin/bash
# The box that a server runs in: what it writes, it writes over a copy of the machine's files that nobody else sees and
# that goes when it ends. Started in namespaces of its own (mount, PID, IPC, UTS, and the network of its host).
#
# usage: box.sh UNPACKED SCRATCH KEYS HOST ADDRESS SCRIPT
#        UNPACKED a folder with a package's files that are laid over the machine's, or nothing; SCRATCH an empty folder,
#        KEYS a folder with the laboratory's certificate. The script sees both as /run/lab, with $HOST and $ADDRESS.
set -euo pipefail
unpacked=$1 scratch=$2 keys=$3 host=$4 address=$5 script=$6

mount -t tmpfs lab "$scratch"
mkdir "$scratch"/{upper,work,root}
root=$scratch/root
[ -z "$unpacked" ] || cp -a "$unpacked/." "$scratch/upper/"
mount -t overlay lab -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs lab "$root/dev/shm"
mount -t sysfs -o ro sys "$root/sys"
for folder in run tmp var/log; do
	mount -t tmpfs -o mode=1777 lab "$root/$folder"
done
mkdir -p "$root"/run/{lab,lock}
cp "$script" "$root/run/lab/daemon"
cp -r "$keys" "$root/run/lab/keys"
hostname "$host.lab.example"
printf '%s\n' "127.0.0.1 localhost" "::1 localhost" "$address $host.lab.example $host" >"$root/etc/hosts"
printf '%s\n' "search lab.example" "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
cd "$root"
# Not exec: this shell is the first process of its PID namespace, and is killed when who started it dies. A server loses
# that (prctl(2), PR_SET_PDEATHSIG) when it changes its user.
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TZ=UTC \
	HOST="$host" ADDRESS="$address" /bin/bash -euo pipefail /run/lab/daemon
exit $?
