"""
A line to watch, in network namespaces: hosts of the site, the outside, and a mirror port between.

    site ──┐
           ├── hub ──▶ sensor     (a bridge that forgets whom it heard: every frame goes to every port)
    out  ──┘

The frames of both directions come in at the sensor's interface, as from a switch's mirror port. All names carry the
process's number; end() takes everything away. Needs root and iproute2.
"""
import atexit
import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from harness import skip

SITE4, SITE6 = '192.0.2.10', '2001:db8:1::10'
OUT4, OUT6 = '198.51.100.9', '2001:db8:ffff::9'
PATIENCE_S = 30  # for what comes at once unless something is broken
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
libc = ctypes.CDLL(None, use_errno=True)


def need_root():
    if os.geteuid() != 0:
        skip('needs root, for network namespaces')
    if not shutil.which('ip'):
        skip('needs iproute2 (ip)')
    if subprocess.run(['ip', 'netns', 'list'], capture_output=True).returncode != 0:
        skip('no network namespaces here')


def until(truth, what):
    """Waits for it; what does not come within the patience is a failure of the test, told by None."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        got = truth()
        if got:
            return got
        time.sleep(0.02)
    print('waited in vain: ' + what)
    return None


def enter(name):
    """This thread's network is that namespace from here on."""
    with open('/run/netns/' + name) as f:
        if libc.setns(f.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')


def within(name, work):
    """Runs work() with the network of that namespace, on a thread of its own; returns what it returns."""
    result = []

    def run():
        enter(name)
        try:
            result.append((work(), None))
        except Exception as e:  # pylint: disable=broad-except
            result.append((None, e))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = result[0]
    if error:
        raise error
    return value


class Line:
    def __init__(self, sensors=('mirror',)):
        need_root()
        self.tag = 's%d' % os.getpid()
        self.site, self.out, self.hub, self.sensor = ('%s%s' % (self.tag, x) for x in ('site', 'out', 'hub', 'sens'))
        self.sensors = sensors
        self.spaces = []
        self.servers = []
        atexit.register(self.end)
        for name in (self.site, self.out, self.hub, self.sensor):
            self.ip('netns', 'add', name)
            self.spaces.append(name)
            self.ip('-n', name, 'link', 'set', 'lo', 'up')
        self.ip('-n', self.hub, 'link', 'add', 'br0', 'type', 'bridge', 'ageing_time', '0', 'stp_state', '0',
                'mcast_snooping', '0')
        self.ip('-n', self.hub, 'link', 'set', 'br0', 'up')
        # A hub looks into nothing: frames with wrong checksums pass, too.
        subprocess.run(['ip', 'netns', 'exec', self.hub, 'sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=0',
                        'net.bridge.bridge-nf-call-ip6tables=0', 'net.bridge.bridge-nf-call-arptables=0'], capture_output=True)
        self.join(self.site, 'eth0', 'psite')
        self.join(self.out, 'eth0', 'pout')
        for i, name in enumerate(sensors):
            self.join(self.sensor, name, 'pmir%d' % i)
        for space, v4, v6 in ((self.site, SITE4, SITE6), (self.out, OUT4, OUT6)):
            self.ip('-n', space, 'address', 'add', v4 + '/32', 'dev', 'eth0')
            self.ip('-n', space, 'address', 'add', v6 + '/128', 'dev', 'eth0', 'nodad')
            self.ip('-n', space, 'route', 'add', 'default', 'dev', 'eth0')
            self.ip('-n', space, '-6', 'route', 'add', 'default', 'dev', 'eth0')

    def ip(self, *words):
        done = subprocess.run(['ip', *words], capture_output=True, text=True)
        if done.returncode != 0:
            skip('ip %s: %s' % (' '.join(words), done.stderr.strip()))

    def join(self, space, interface, port):
        """A cable from that namespace to the hub."""
        self.ip('link', 'add', 'name', interface, 'netns', space, 'type', 'veth', 'peer', 'name', port, 'netns', self.hub)
        for where, name in ((space, interface), (self.hub, port)):
            # Whole frames with right checksums, as on a real line.
            subprocess.run(['ip', 'netns', 'exec', where, 'ethtool', '-K', name, 'tx', 'off', 'rx', 'off', 'tso', 'off',
                            'gso', 'off', 'gro', 'off'], capture_output=True)
            subprocess.run(['ip', 'netns', 'exec', where, 'sysctl', '-qw',
                            'net.ipv6.conf.%s.accept_dad=0' % name], capture_output=True)
        self.ip('-n', self.hub, 'link', 'set', port, 'master', 'br0')
        self.ip('-n', self.hub, 'link', 'set', port, 'up')
        self.ip('-n', space, 'link', 'set', interface, 'up')

    def add_outsider(self, tag, address):
        """Somebody else outside, with that address. Returns the namespace."""
        space = self.tag + tag
        self.ip('netns', 'add', space)
        self.spaces.append(space)
        self.join(space, 'eth0', 'p' + tag)
        self.ip('-n', space, 'address', 'add', address + '/32', 'dev', 'eth0')
        self.ip('-n', space, 'route', 'add', 'default', 'dev', 'eth0')
        return space

    def serve(self, port, family=4):
        """A listener of the site that takes every connection and says a word; returns its socket, to be closed."""
        def listen():
            s = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((SITE6 if family == 6 else SITE4, port))
            s.listen(128)
            return s

        listener = within(self.site, listen)

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    connection.sendall(b'welcome\r\n')
                    connection.close()
                except OSError:
                    pass

        threading.Thread(target=accept, daemon=True).start()
        self.servers.append(listener)
        return listener

    def knock(self, port, family=4):
        """Somebody outside connects. True: the port was open."""
        def connect():
            s = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_STREAM)
            s.settimeout(PATIENCE_S)
            try:
                s.connect((SITE6 if family == 6 else SITE4, port))
                while s.recv(100):
                    pass
                return True
            except ConnectionRefusedError:
                return False
            finally:
                s.close()

        return within(self.out, connect)

    def send(self, frames):
        """Frames onto the line from outside, as they are."""
        def push():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(('eth0', 0))
            for frame in frames:
                s.send(frame)
            s.close()

        within(self.out, push)

    def end(self):
        for s in self.servers:
            s.close()
        for name in self.spaces:
            subprocess.run(['ip', 'netns', 'del', name], capture_output=True)
        self.spaces = []


class Sensor:
    """sekimori watch, in the line's sensor namespace."""

    def __init__(self, check, line, store, *words, nets=('192.0.2.0/24', '2001:db8:1::/48'), user='daemon',
                 environment=None, interfaces=None):
        self.check, self.store = check, store
        os.chmod(check.folder, 0o755)  # the sensor is somebody else
        command = ['ip', 'netns', 'exec', line.sensor, check.sekimori, 'watch', '--store', store.dir]
        for net in nets:
            command += ['--net', net]
        if user:
            command += ['--user', user]
        for name in interfaces or line.sensors:
            command += ['-i', name]
        self.log = open(store.dir + '.log', 'a+')
        self.log_start = self.log.seek(0, os.SEEK_END)
        self.process = subprocess.Popen(command + [str(w) for w in words], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, env=dict(check.environment, **(environment or {})))
        atexit.register(self.kill)

    def said(self):
        with open(self.log.name) as f:
            f.seek(self.log_start)
            return f.read()

    def page(self):
        done = self.check.call('status', '--store', self.store.dir, '--format', 'json')
        return json.loads(done.stdout) if done.returncode == 0 else None

    def ready(self):
        """Watches: its page can be had."""
        return until(lambda: self.page() if self.process.poll() is None else 'ended', 'the sensor: ' + self.said()) not in (
            None, 'ended')

    def until_page(self, truth, what):
        return until(lambda: (lambda p: p if p and truth(p) else None)(self.page()), '%s; it says: %s' % (what, self.said()))

    def on_disk(self):
        """Waits until all that was seen so far is on disk."""
        page = self.page()
        return page and self.until_page(lambda p: p['journal']['durable_ns'] >= page['now_ns'], 'that it is on disk')

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; returns its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Recorder:
    """A capture of what comes in at an interface of the sensor's namespace, beside the sensor."""

    def __init__(self, line, path, interface='mirror'):
        self.frames = []
        self.path = path

        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            s.bind((interface, 0))
            s.settimeout(0.05)
            return s

        self.socket = within(line.sensor, make)
        self.going = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                frame = self.socket.recv(65536)
                self.frames.append((time.time_ns(), frame))
            except TimeoutError:
                if not self.going:
                    return

    def stop(self):
        self.going = False
        self.thread.join()
        self.socket.close()
        with open(self.path, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
            for at, frame in self.frames:
                f.write(struct.pack('<IIII', at // 10**9, at % 10**9, len(frame), len(frame)) + frame)
        return self.path


def tcp_frame(source, port, destination, other, flags, payload=b'', macs=(2, 1)):
    """An Ethernet frame with IPv4 and TCP; checksums are left out."""
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, socket.inet_aton(source),
                     socket.inet_aton(destination))
    tcp = struct.pack('>HHIIBBHHH', port, other, 1, 1, 0x50, flags, 64240, 0, 0)
    mac = b''.join(b'\x02\x00\x00\x00\x00' + bytes([n]) for n in reversed(macs))
    return mac + b'\x08\x00' + ip + tcp + payload


SYN, SYNACK = 0x02, 0x12


class Cables:
    """Cables without hosts: what is pushed in at one end comes out at the sensor's."""

    def __init__(self, names):
        need_root()
        self.sensor = 's%dcab' % os.getpid()
        self.names = list(names)
        atexit.register(self.end)
        self.ip('netns', 'add', self.sensor)
        for name in names:
            self.plug(name)
        self.sockets = {}

    @staticmethod
    def ip(*words):
        done = subprocess.run(['ip', *words], capture_output=True, text=True)
        if done.returncode != 0:
            skip('ip %s: %s' % (' '.join(words), done.stderr.strip()))

    def plug(self, name):
        """A cable NAME, whose other end is NAME-t."""
        self.ip('-n', self.sensor, 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', name + '-t')
        for end in (name, name + '-t'):
            subprocess.run(['ip', 'netns', 'exec', self.sensor, 'sysctl', '-qw', 'net.ipv6.conf.%s.disable_ipv6=1' % end],
                           capture_output=True)
            self.ip('-n', self.sensor, 'link', 'set', end, 'up')

    def unplug(self, name):
        self.ip('-n', self.sensor, 'link', 'del', name)
        self.sockets.pop(name, None)

    def push(self, name, frames):
        def open_end():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind((name + '-t', 0))
            return s

        if name not in self.sockets:
            self.sockets[name] = within(self.sensor, open_end)
        for frame in frames:
            self.sockets[name].send(frame)

    def end(self):
        subprocess.run(['ip', 'netns', 'del', self.sensor], capture_output=True)
