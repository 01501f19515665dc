"""A line in network namespaces, a sender at its one end, who watches at its other; and what that costs of processors.

    sender's namespace: line ── veth ── mirror :watcher's namespace

All names carry the process's number; end() takes everything away. Needs root and iproute2.
"""
import atexit
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tables import ROOT, Failure  # noqa: E402

BENCH = os.path.join(ROOT, 'bench')
NET = '163.209.0.0/16'
INTERFACE = 'mirror'
SOURCES = ('live/frames.c', 'load_frame.c', 'load_mix.c', 'load_peers.c', 'load_site.c')
PATIENCE_S = 30
CLOCK_TICKS = os.sysconf('SC_CLK_TCK')


def build(*command):
    if subprocess.run([str(c) for c in command], check=False).returncode != 0:
        raise Failure('that failed: %s' % ' '.join(str(c) for c in command))


def build_sender(where, name, libraries):
    """Always optimised, whatever the product was built with."""
    program = os.path.join(where, name)
    build(os.environ.get('CC', 'cc'), '-std=gnu11', '-O2', '-D_GNU_SOURCE', '-I' + os.path.join(ROOT, 'src'), '-o', program,
          os.path.join(BENCH, 'live', name + '.c'), *(os.path.join(BENCH, s) for s in SOURCES), '-lm', *libraries)
    return program


def build_kernel_half(where):
    """The kernel's headers lie in a folder of the architecture, which the BPF target does not look into."""
    path = os.path.join(where, 'inject.bpf.o')
    triple = subprocess.run(['cc', '-print-multiarch'], capture_output=True, text=True, check=False).stdout.strip()
    build('clang', '-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-ffreestanding', '-I/usr/include/' + triple, '-c',
          os.path.join(BENCH, 'live', 'inject.bpf.c'), '-o', path)
    return path


class Sent:
    """What the sender says of itself."""

    def __init__(self, line):
        words = line.split()
        self.frames, self.synacks, self.refused = (int(w) for w in words[:3])
        self.seconds, self.cpu = (float(w) for w in words[3:])
        self.rate = self.frames / self.seconds


def first_number(path):
    with open(path, encoding='ascii') as f:
        return int(f.read().split()[0])


def processor_seconds(pid):
    """What the threads of a process have taken so far. One that ended in between is not in it."""
    total = 0
    for task in os.listdir('/proc/%d/task' % pid):
        try:
            total += first_number('/proc/%d/task/%s/schedstat' % (pid, task))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / 1e9


def softirq_threads():
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/comm' % pid, encoding='utf-8', errors='replace') as f:
                if f.read().startswith('ksoftirqd/'):
                    found.append(int(pid))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Meter:
    """Processors' seconds from now on: of the whole machine, and of the kernel's threads for network work."""

    def __init__(self):
        self.threads = softirq_threads()
        self.began = self.look()

    def look(self):
        with open('/proc/stat', encoding='ascii') as f:
            words = [int(w) for w in f.readline().split()[1:]]
        busy = sum(words[:8]) - words[3] - words[4]  # without idle and iowait; with what the host took (steal)
        return busy / CLOCK_TICKS, sum(processor_seconds(t) for t in self.threads)

    def taken(self):
        """(machine, the kernel's threads)"""
        return tuple(now - before for now, before in zip(self.look(), self.began))


class Line:
    """KIND: 'card', frames come as a card delivers them (inject.c); 'socket', as packet sockets send them (send.c)."""

    def __init__(self, where, kind):
        if os.geteuid() != 0 or not shutil.which('ip') or not shutil.which('ethtool'):
            raise Failure('needs root, iproute2 and ethtool, for network namespaces')
        self.kind = kind
        if kind == 'card':
            self.sender = [build_sender(where, 'inject', ['-lbpf']), '--object', build_kernel_half(where)]
        else:
            self.sender = [build_sender(where, 'send', ['-lpthread'])]
        tag = 'b%d' % os.getpid()
        self.out, self.inside = tag + 'out', tag + 'in'
        self.spaces = []
        atexit.register(self.end)
        for space in (self.out, self.inside):
            self.ip('netns', 'add', space)
            self.spaces.append(space)
            # Nobody else talks on this line.
            for which in ('all', 'default'):
                subprocess.run(['ip', 'netns', 'exec', space, 'sysctl', '-qw',
                                'net.ipv6.conf.%s.disable_ipv6=1' % which], check=False, stderr=subprocess.DEVNULL)
        self.ip('link', 'add', 'name', 'line', 'netns', self.out, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', self.inside)
        self.ip('-n', self.inside, 'link', 'set', 'lo', 'up')
        self.ip('-n', self.out, 'link', 'set', 'line', 'up')
        self.ip('-n', self.inside, 'link', 'set', INTERFACE, 'up')
        if kind == 'card':
            # So it has a queue of its own, as a card has, which takes frames without a socket buffer.
            build(*self.within('ethtool', '-K', INTERFACE, 'gro', 'on'))

    def ip(self, *words):
        done = subprocess.run(['ip', *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure('ip %s: %s' % (' '.join(words), done.stderr.strip()))

    def within(self, *command):
        """The command, at the watching end."""
        return ['ip', 'netns', 'exec', self.inside, *(str(c) for c in command)]

    def ready_sender(self, load, frames, rate=0, threads=1, more=()):
        """A sender that has made its frames and waits for a word."""
        process = subprocess.Popen(
            ['ip', 'netns', 'exec', self.out, *self.sender, '--interface', 'line', '--load', load, '--frames', str(frames),
             '--rate', str(rate), *(('--threads', str(threads)) if self.kind == 'socket' else ()), *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline() != 'ready\n':
            raise Failure('the sender does not send')
        return process

    @staticmethod
    def begin(process):
        process.stdin.write('go\n')
        process.stdin.close()
        process.stdin = None

    def end_of(self, process):
        said, _ = process.communicate()
        if process.returncode != 0:
            raise Failure('the sender failed')
        return Sent(said)

    def go(self, process):
        self.begin(process)
        return self.end_of(process)

    def send(self, *args, **more):
        return self.go(self.ready_sender(*args, **more))

    def end(self):
        for space in self.spaces:
            subprocess.run(['ip', 'netns', 'del', space], check=False, stderr=subprocess.DEVNULL)
        self.spaces = []


def until(truth, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        got = truth()
        if got:
            return got
        time.sleep(0.02)
    raise Failure('waited in vain: ' + what)
