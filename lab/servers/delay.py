#!/usr/bin/python3
"""A link with delay: two TUN devices, each in a namespace, and what comes in at one goes out at the other a while later.

usage: delay.py MILLISECONDS NAMESPACE INTERFACE NAMESPACE INTERFACE

Says "ready" when both devices are there. Ends when it is killed; the devices go with it.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
LARGEST_PACKET = 65536
MOST_WAITING = 10000  # packets; more are lost, as on any line


def open_tun(namespace, name):
    """A TUN device belongs to the namespace that the thread is in when it is made."""
    space = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(space, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
    os.close(space)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def write(device, packet):
    try:
        os.write(device, packet)
    except OSError:
        pass  # the device is down, or its queue full: lost


def forward(delay_s, devices):
    """Every packet waits equally long, so the queue is in order."""
    waiting = collections.deque()
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select(devices, [], [], pause)
        for device in ready:
            try:
                packet = os.read(device, LARGEST_PACKET)
            except OSError:
                continue
            if len(waiting) < MOST_WAITING:
                waiting.append((time.monotonic() + delay_s, other[device], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, device, packet = waiting.popleft()
            write(device, packet)


def main():
    delay_ms, *ends = sys.argv[1:]
    devices = [open_tun(ends[0], ends[1]), open_tun(ends[2], ends[3])]
    print("ready", flush=True)
    forward(float(delay_ms) / 1000, devices)


if __name__ == "__main__":
    main()
