#!/usr/bin/env python3
"""What is said, exactly: help, versions, mistakes on the command line, files that are no captures."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import Check, has  # noqa: E402
from traffic import COMPRESSIONS, Traffic, pcap, write  # noqa: E402

check = Check()
STORE = check.path('store')
COMMANDS = [c for c in ('read', 'list', 'host', 'report', 'export', 'sql', 'verify')
            if 'no command' not in check.call(c, '--help').stderr]


def says(words, stderr, status=2, stdout='', **run):
    done = check.call(*words, **run)
    what = ' '.join(['sekimori', *words])
    check.equal(what + ': exit status', done.returncode, status)
    check.equal(what + ': stderr', done.stderr, stderr)
    check.equal(what + ': stdout', done.stdout, stdout)


def help_and_version():
    done = check.call()
    check.equal('no words: exit status', done.returncode, 2)
    check.has_words('no words', done.stderr, 'Usage: sekimori COMMAND')
    for words in (['--help'], ['-h'], ['help']):
        done = check.call(*words)
        check.equal('%s: exit status' % words, (done.returncode, done.stderr), (0, ''))
        check.has_words('%s' % words, done.stdout, 'Usage: sekimori COMMAND', *['\n  %s ' % c for c in COMMANDS])
    for command in COMMANDS:
        for word in ('--help', '-h'):
            done = check.call(command, word)
            check.equal('%s %s: exit status' % (command, word), (done.returncode, done.stderr), (0, ''))
            check.has_words('%s %s' % (command, word), done.stdout, 'Usage: sekimori %s' % command, 'Examples:\n  ',
                            '\nOptions:\n', '--store DIR', '--config FILE')
            check.holds('%s %s: no longer than 110 columns' % (command, word), max(map(len, done.stdout.splitlines())) <= 110)
    version = check.call('--version').stdout
    check.holds('--version', version.startswith('sekimori ') and version.endswith('\n') and version.count('.') >= 1, version)
    for command in COMMANDS:
        says([command, '--version'], '', 0, version)
    check.holds('asking for help makes no store', not os.path.exists(STORE))


def command_line():
    says(['lists'], 'sekimori: "lists" is no command; sekimori --help lists them\n')
    for words, quoted in ((['--bogus'], '--bogus'), (['--bogus=3'], '--bogus=3'), (['-x'], '-x'), (['-xh'], '-x'),
                          (['--records'], '--records'), (['--s'], '--s'), (['word', '--bogus'], '--bogus')):
        says(['list', *words], 'sekimori list: unknown option %s; sekimori list --help lists them\n' % quoted)
    for words in (['--since', '2019-01-24'], ['--since=2019-01-24']):
        says(['read', *words], 'sekimori read: unknown option --since; sekimori read --help lists them\n')
    for option in ('--store', '--config', '--net', '--timezone', '--format', '--include', '--since', '--at'):
        says(['list', option], 'sekimori list: %s wants a value\n' % option)
    for net, why in (('192.0.2.1/24', '"192.0.2.1/24" has bits set beyond its length; meant 192.0.2.0/24?'),
                     ('2001:db8::1/32', '"2001:db8::1/32" has bits set beyond its length; meant 2001:db8::/32?'),
                     ('192.0.2.0/33', '"192.0.2.0/33": a prefix length is a number from 0 to 32'),
                     ('2001:db8::/129', '"2001:db8::/129": a prefix length is a number from 0 to 128'),
                     ('192.0.2.0/', '"192.0.2.0/": a prefix length is a number from 0 to 32'),
                     ('192.0.2.0/-1', '"192.0.2.0/-1": a prefix length is a number from 0 to 32'),
                     ('192.0.2.0/2 4', '"192.0.2.0/2 4": a prefix length is a number from 0 to 32'),
                     ('192.0.2/24', '"192.0.2/24" is not a network prefix'), ('', '"" is not a network prefix'),
                     ('campus', '"campus" is not a network prefix'), ('/24', '"/24" is not a network prefix'),
                     ('192.0.2.0/24 ', '"192.0.2.0/24 ": a prefix length is a number from 0 to 32'),
                     (' 192.0.2.0/24', '" 192.0.2.0/24" is not a network prefix'),
                     ('9' * 300, '"%s" is not a network prefix' % ('9' * 300))):
        says(['list', '--store', STORE, '--net', net], 'sekimori list: --net: %s\n' % why)
    for zone in ('Asia/Tokio', '', 'Asia', '/etc/localtime', '../zoneinfo/UTC', 'zone.tab', 'x' * 300):
        says(['list', '--store', STORE, '--timezone', zone],
             'sekimori list: "%s" is not a timezone of the tz database (try Asia/Tokyo)\n' % zone)
    for value in ('xml', 'CSV', ''):
        says(['list', '--format', value], 'sekimori list: --format: "%s" is none of text, csv, json\n' % value)
    for value, quoted in (('foo', 'foo'), ('inside,foo,excluded', 'foo'), ('ftp', 'ftp'), ('Inside', 'Inside'), (',', '')):
        says(['list', '--include', value],
             'sekimori list: --include: "%s" is none of ftp-data, split-handshake, own-scan, inside, excluded, all\n' % quoted)
    says(['list', '--store', STORE, 'word'],
         'sekimori list: "word": list takes no words (sekimori host ADDRESS tells of one host)\n')


def times(store):
    for value in ('yesterday', '', '2019', '2019-01', '2019-02-30', '2019-13-01', '2019-00-01', '2019-01-00', '2019-1-2',
                  '2019-01-24T', '2019-01-24T9:00', '2019-01-24T24:30', '2019-01-24T09:60', '2019-01-24T09:00:61',
                  '2019-01-24 ', ' 2019-01-24', '2019-01-24T09:00+9', '2019-01-24T09:00+25:00', '2019-01-24T09:00ZZ',
                  '1969-12-31', '2019-01-24T-1:00', '2019-01-24T09:00:00.', '+019-01-24'):
        for option in ('--since', '--at'):
            says(['list', '--store', store, option, value],
                 'sekimori list: %s: "%s" is not a date or time (2019-01-24 or 2019-01-24T09:00:00)\n' % (option, value))


def no_store():
    for command in [c for c in COMMANDS if c != 'read']:
        words = {'host': ['192.0.2.1'], 'export': ['--records'], 'sql': ['SELECT 1']}.get(command, [])
        place = check.path('nowhere')
        says([command, '--store', place, *words],
             'sekimori %s: there is no store at %s yet; sekimori read makes one\n' % (command, place))
        check.holds('%s makes no store' % command, not os.path.exists(place))
        empty = check.path('an empty folder')
        os.makedirs(empty, exist_ok=True)
        says([command, '--store', empty, *words],
             'sekimori %s: there is no store at %s yet; sekimori read makes one\n' % (command, empty))
        other = check.path('other things')
        os.makedirs(other, exist_ok=True)
        write(os.path.join(other, 'letter'), b'Dear ...')
        says([command, '--store', other, *words],
             'sekimori %s: %s is no sekimori store (it has no file "store")\n' % (command, other))
        check.equal('%s leaves other things alone' % command, os.listdir(other), ['letter'])
    newer = check.path('newer')
    os.makedirs(newer)
    write(os.path.join(newer, 'store'), b'sekimori store 2\n')
    says(['list', '--store', newer], 'sekimori list: %s is a store of a newer version\n' % newer)
    write(os.path.join(newer, 'store'), b'something else\n')
    says(['list', '--store', newer], 'sekimori list: %s is no sekimori store\n' % newer)


def reading():
    capture = write(check.path('good.pcap'), pcap(synacks(1).frames))
    says(['read', '--store', STORE], 'sekimori read: which capture? (sekimori read FILE..., "-" is standard input)\n')
    says(['read', '--store', STORE, capture],
         'sekimori read: which networks are yours? Name them with --net PREFIX, or in the configuration file; the store '
         'remembers them\n')
    nets = ['--store', STORE, '--net', '192.0.2.0/24']
    place = check.path('other things')
    files = {'text': b'hello, this is no capture\n', 'empty': b'', 'short': b'\xd4\xc3\xb2\xa1\x02\x00'}
    for name, data in files.items():
        write(check.path(name), data)
    os.makedirs(check.path('folder'), exist_ok=True)
    for name, why in (('text', 'begins with bytes 68 65 6c 6c: not a capture'), ('empty', 'empty file'),
                      ('folder', 'a directory, not a capture'), ('absent', 'No such file or directory')):
        says(['read', *nets, check.path(name)], 'sekimori read: %s: %s\n' % (check.path(name), why))
    done = check.call('read', *nets, check.path('short'))
    check.equal('a header that is cut', done.returncode, 2)
    check.has_words('a header that is cut', done.stderr, 'sekimori read: %s: ' % check.path('short'))
    # What can be read is read, whatever stands beside it.
    done = check.call('read', *nets, '--format', 'csv', check.path('text'), capture, check.path('absent'))
    check.equal('one good file among bad ones', done.returncode, 2)
    check.equal('one good file among bad ones', done.stdout, 'verdict,frames\nsighting,1\nforeign-syn-ack,0\ntcp,0\n')
    check.has_words('one good file among bad ones', done.stderr, '/text: ', '/absent: ')
    says(['read', '--store', place, '--net', '192.0.2.0/24', capture],
         'sekimori read: %s is neither empty nor a sekimori store\n' % place)
    beneath = os.path.join(capture, 'store')
    says(['read', '--store', beneath, '--net', '192.0.2.0/24', capture], 'sekimori read: %s: Not a directory\n' % beneath)
    for name, library in (('gzip', 'zlib'), ('xz', 'liblzma'), ('bzip2', 'bzip2')):
        if not has(name):
            packed = write(check.path('packed'), COMPRESSIONS[name](pcap(synacks(2).frames)))
            done = check.call('read', *nets, packed)
            check.equal('a build without %s' % library, done.returncode, 2)
            check.has_words('a build without %s' % library, done.stderr, 'sekimori read: %s: ' % packed, library[-4:])


def synacks(count):
    t = Traffic()
    for i in range(count):
        t.synack('192.0.2.%d' % (1 + i % 200), 80 + i // 200, '198.51.100.7', 40000)
    return t


def outputs(store):
    """A full device is a failure; whoever closed the pipe has what it wanted."""
    asks = [['list'], ['list', '--format', 'csv'], ['list', '--format', 'json']]
    if 'export' in COMMANDS:
        asks += [['export', '--records'], ['export', '--records', '--format', 'json'], ['export', '--services']]
    if 'host' in COMMANDS:
        asks += [['host', '192.0.2.1'], ['host', '192.0.2.1', '--format', 'csv']]
    if 'sql' in COMMANDS:
        asks += [['sql', 'SELECT * FROM sighting']]
    for words in asks:
        words = [check.sekimori, words[0], '--store', store, *words[1:]]
        with open('/dev/full', 'w') as full:
            done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, env=check.environment)
        check.equal('%s to a full device: exit status' % words[1:], done.returncode, 2)
        check.has_words('%s to a full device' % words[1:], done.stderr,
                        'sekimori %s: standard output: No space left on device\n' % words[1])
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, env=check.environment)
        os.close(writer)
        check.equal('%s to a closed pipe: exit status' % words[1:], done.returncode, 0, done.stderr)
        check.holds('%s to a closed pipe: silent' % words[1:], 'sekimori' not in done.stderr, done.stderr)


help_and_version()
command_line()
no_store()
reading()
large = check.store()
large.read(write(check.path('large.pcap'), pcap(synacks(3000).frames)))
times(large.dir)
outputs(large.dir)
check.end()
