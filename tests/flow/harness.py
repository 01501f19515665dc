"""
What the checks through the binary share: runs, stores, comparisons.

A check is a script `check_NAME.py SEKIMORI`. It prints what failed with what it got and what was expected, and ends with
exit status 1; 77 with a line that begins with "skipped: " where something is absent. Environment:
SEKIMORI_FEATURES: what the build can do, of gzip, xz, bzip2, inih, sanitize; all but the last when it is not set.
"""
import difflib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

NETS = ('192.0.2.0/24', '2001:db8:1::/48')
FEATURES = os.environ.get('SEKIMORI_FEATURES', 'gzip,xz,bzip2,inih,jansson').split(',')
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = 'address,port,protocol,service,first_seen,last_seen,packets,peers,days'


def has(feature):
    return feature in FEATURES


def sanitized():
    return has('sanitize')


def skip(why):
    print('skipped: ' + why)
    sys.exit(77)


class Check:
    def __init__(self):
        self.sekimori = os.path.abspath(sys.argv[1])
        self.folder = tempfile.mkdtemp(prefix='sekimori-check-')
        self.failures = 0
        self.checks = 0
        self.stores = 0
        keep = {k: v for k, v in os.environ.items() if k in ('PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TMPDIR')}
        self.environment = dict(keep, LC_ALL='C.UTF-8', HOME=self.folder, TZ='UTC')
        self.can_export = self.call('export', '--help').returncode == 0
        self.can_verify = self.call('verify', '--help').returncode == 0
        # A fixed seed: a failure comes again. SEKIMORI_SEED tries others.
        self.random = random.Random(os.environ.get('SEKIMORI_SEED', 'sekimori'))

    # ---- runs ----

    def path(self, name):
        return os.path.join(self.folder, name)

    def call(self, *words, **more):
        """Runs sekimori with these words, whatever comes of it."""
        environment = dict(self.environment, **more.pop('environment', {}))
        return subprocess.run([self.sekimori] + [str(w) for w in words], capture_output=True, text=True,
                              stdin=more.pop('stdin', subprocess.DEVNULL), env=environment, timeout=600,
                              errors='surrogateescape', **more)

    def run(self, *words, status=0, **more):
        """Runs sekimori; another exit status is a failure."""
        done = self.call(*words, **more)
        if done.returncode != status:
            self.fail('exit status of %s' % ' '.join(str(w) for w in words), done.returncode, status, done.stderr)
        return done

    def store(self):
        self.stores += 1
        return Store(self, self.path('store-%d' % self.stores))

    # ---- comparisons ----

    def fail(self, what, got, expected, more=''):
        self.failures += 1
        print('FAILED %s' % what)
        if isinstance(got, str) and isinstance(expected, str) and '\n' in got + expected:
            lines = list(difflib.unified_diff(expected.splitlines(), got.splitlines(), 'expected', 'got', lineterm='', n=1))
            print('\n'.join('  ' + line for line in lines[:40]))
        else:
            print('  got      %s\n  expected %s' % (got, expected))
        if more:
            print('  ' + '\n  '.join(more.splitlines()[:20]))
        sys.stdout.flush()

    def equal(self, what, got, expected, more=''):
        self.checks += 1
        if got != expected:
            self.fail(what, got, expected, more)
        return got == expected

    def holds(self, what, truth, got=''):
        self.checks += 1
        if not truth:
            self.fail(what, str(got or truth)[:2000], 'that it holds')
        return truth

    def has_words(self, what, text, *words):
        """All of these are in the text."""
        self.checks += 1
        for word in words:
            if word not in text:
                self.fail(what, repr(text), 'with the words %r' % word)

    def end(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        print('%d comparisons, %d failed' % (self.checks, self.failures))
        sys.exit(1 if self.failures or not self.checks else 0)


class Store:
    def __init__(self, check, path):
        self.check, self.dir = check, path

    def read(self, *files, status=0, nets=NETS, more=(), **run):
        words = ['read', '--store', self.dir]
        for net in nets:
            words += ['--net', net]
        return self.check.run(*words, *more, *files, status=status, **run)

    def ask(self, *words, **run):
        return self.check.run(words[0], '--store', self.dir, '--timezone', 'UTC', *words[1:], **run).stdout

    def list(self, include='all', more=(), **run):
        words = ['--include', include] if include else []
        return self.ask('list', '--format', 'csv', *words, *more, **run)

    def rows(self, include='all', more=()):
        """{(address, port): row as a dict, with marks}."""
        words = ['--include', include] if include else []
        return {(r['address'], r['port']): r for r in json.loads(self.ask('list', '--format', 'json', *words, *more))}

    def packets(self, include='all', more=()):
        return {key: row['packets'] for key, row in self.rows(include, more).items()}

    def records(self):
        """All records with their marks, or nothing where the build cannot export."""
        if not self.check.can_export:
            return ''
        return self.ask('export', '--records', '--include', 'all', '--format', 'json')

    def state(self):
        """All that can be asked: two stores that hold the same say the same."""
        return '\n'.join((self.list(), self.ask('list', '--format', 'json', '--include', 'all'),
                          self.list(include=''), self.records()))

    def verify(self, what):
        if self.check.can_verify:
            done = self.check.call('verify', '--store', self.dir)
            self.check.equal(what + ': verify', done.returncode, 0, done.stdout + done.stderr)

    def leftovers(self):
        return os.listdir(os.path.join(self.dir, 'pending'))

    def batches(self):
        return sorted(os.listdir(os.path.join(self.dir, 'archive')))

    def copy(self):
        other = self.check.store()
        shutil.copytree(self.dir, other.dir)
        return other

    def remove(self):
        shutil.rmtree(self.dir)
