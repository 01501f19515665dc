"""A network namespace of this process's own, with pairs of interfaces in it. It goes with the process."""
import ctypes
import os
import shutil
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20


def skip(why):
    print('skipped: ' + why)
    sys.exit(77)


def ip(*words, check=True):
    return subprocess.run(['ip', *words], check=check, capture_output=True, text=True)


def enter():
    """From here on this process and its children see interfaces of their own."""
    if not shutil.which('ip'):
        skip('there is no ip (iproute2)')
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        skip('no network namespace: ' + os.strerror(ctypes.get_errno()))
    # No neighbour discovery among our frames.
    try:
        with open('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'w') as f:
            f.write('1')
    except OSError:
        pass  # a kernel without IPv6
    if ip('link', 'set', 'lo', 'up', check=False).returncode != 0:
        skip('the loopback interface cannot be set up')


def pair(a, b):
    """Two interfaces with a cable between them, both up."""
    done = ip('link', 'add', a, 'type', 'veth', 'peer', 'name', b, check=False)
    if done.returncode != 0:
        skip('no veth: ' + done.stderr.strip())
    for name in (a, b):
        ip('link', 'set', name, 'up')


def send(interface, frames):
    """Past the queue, which the kernel empties into nothing for a moment after a carrier has come."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
        s.bind((interface, 0))
        s.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        for data in frames:
            s.send(data)
