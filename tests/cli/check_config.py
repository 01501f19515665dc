#!/usr/bin/env python3
"""The configuration file and the table of hosts: what they change, and each mistake with file, line and value."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import Check, has  # noqa: E402
from traffic import Traffic, pcap, write  # noqa: E402

check = Check()
CONF = check.path('site.conf')
WEB, WEB6, TRAP = '192.0.2.18', '2001:db8:1::18', '192.0.2.34'
STORE = check.store()


def conf(text, name='site.conf'):
    return write(check.path(name), text.encode())


def mistake(text, line, words, more=''):
    """The first mistake is told, nothing else."""
    conf(text)
    done = check.call('list', '--store', STORE.dir, '--config', CONF)
    what = 'configuration %r' % text[:80]
    check.equal(what + ': exit status', done.returncode, 2)
    check.equal(what, done.stderr, 'sekimori list: %s:%d: %s\n' % (CONF, line, words))
    check.equal(what + ': stdout', done.stdout, '')


def listed(text, *more):
    conf(text)
    done = check.run('list', '--store', STORE.dir, '--config', CONF, '--format', 'json', *more)
    return {(r['address'], r['port']): r for r in json.loads(done.stdout)}


def without_inih():
    done = check.call('list', '--store', STORE.dir, '--config', conf('[site]\n'))
    check.equal('a build without libinih', (done.returncode, done.stderr),
                (2, 'sekimori list: %s: this build reads no configuration file (it lacks libinih)\n' % CONF))


def mistakes():
    neither = 'neither [section] nor name = value'
    mistake('networks\n', 1, neither)
    mistake('[site\n', 1, neither)
    mistake('# a comment\n\n; another\n[site]\nhello\n', 5, neither)
    mistake('networks = 192.0.2.0/24\n', 1, 'unknown section []')
    mistake('[sight]\nnetworks = 192.0.2.0/24\n', 2, 'unknown section [sight]')
    mistake('[site]\ncolour = red\n', 2, 'unknown setting "colour" in [site]')
    mistake('[ftp]\nports = 21\n', 2, 'unknown setting "ports" in [ftp]')
    mistake('[places]\nmaxmind =\n', 2, '"maxmind" names no file')
    mistake('[places]\ngeoip = x.mmdb\n', 2, 'unknown setting "geoip" in [places]')
    mistake('[holidays]\n2019-02-30 = x\n', 2, '"2019-02-30" is not a date (2019-01-01 or 2019/1/1)')
    mistake('[holidays]\n2019-02-28 =\n', 2, '"2019-02-28" in [holidays] lacks "= words"')
    mistake('[site]\nholidays = absent.csv\n', 2, '%s: No such file or directory' % check.path('absent.csv'))
    mistake('[site]\nnetworks = 192.0.2.1/24\n', 2, '"192.0.2.1/24" has bits set beyond its length; meant 192.0.2.0/24?')
    mistake('[site]\nnetworks = 192.0.2.0/24, 2001:db8::/129\n', 2, '"2001:db8::/129": a prefix length is a number from 0 to 128')
    mistake('[site]\nnetworks = 192.0.2.0/24\n  campus\n', 3, '"campus" is not a network prefix')
    mistake('[site]\ntimezone = Asia/Tokio\n', 2, '"Asia/Tokio" is not a timezone of the tz database (try Asia/Tokyo)')
    mistake('[site]\ntimezone =\n', 2, '"" is not a timezone of the tz database (try Asia/Tokyo)')
    mistake('[site]\nstore =\n', 2, '"store" names no folder')
    for ports, quoted in (('22 ssh', 'ssh'), ('22 70000', '70000'), ('90-80', '90-80'), ('-22', '-22'), ('22-', '22-'),
                          ('1-2-3', '1-2-3'), ('22;23', '22;23'), ('99999999999999999999999', '99999999999999999999999')):
        for setting in ('served_ports', 'control_ports'):
            mistake('[ftp]\n%s = %s\n' % (setting, ports), 2, '"%s" is not a list of ports (22, 80, 8000-8100)' % quoted)
    mistake('[excluded]\n192.0.2.300 = trap\n', 2, '"192.0.2.300" is not a network prefix')
    mistake('[excluded]\n192.0.2.30/24 = trap\n', 2, '"192.0.2.30/24" has bits set beyond its length; meant 192.0.2.0/24?')
    mistake('[excluded]\n2001:db8::g = trap\n', 2, '"2001:db8::g" is not a network prefix')
    mistake('[excluded]\n2001:db8::1/64 = trap\n', 2, '"2001:db8::1/64" has bits set beyond its length; meant 2001:db8::/64?')
    mistake('[excluded]\n2001:db8::1\n', 2, '"2001:db8::1" in [excluded] lacks "= words"')
    mistake('[excluded]\n192.0.2.30 =\n', 2, '"192.0.2.30" in [excluded] lacks "= words"')
    mistake('[excluded]\n2001:db8::1 = ; why?\n', 2, '"2001:db8::1" in [excluded] lacks "= words"')
    mistake('[hosts]\n192.0.2.30 =\n', 2, '"192.0.2.30" in [hosts] lacks "= words"')
    mistake('[hosts]\n2001:db8::1\n', 2, '"2001:db8::1" in [hosts] lacks "= words"')
    mistake('[hosts]\nwww = 192.0.2.18\n', 2, '"www" in [hosts] is not an address')
    mistake('[hosts]\n192.0.2.0/24 = net\n', 2, '"192.0.2.0/24" in [hosts] is not an address')
    mistake('[hosts]\n2001:db8::/32 = net\n', 2, '"2001:db8::/32" in [hosts] is not an address')
    mistake('[site]\nhosts = absent.csv\n', 2, '%s: No such file or directory' % check.path('absent.csv'))
    too_long = 'the line is too long; it may go on in the next one, indented'
    mistake('[site]\nnetworks = %s\n' % ' '.join('10.%d.0.0/16' % i for i in range(100)), 2, too_long)
    mistake('[excluded]\n192.0.2.18 = %s\n' % ('x' * 1000), 2, too_long)
    mistake('[site]\ncolour = red\nnetworks = %s\n' % ('x' * 500), 2, 'unknown setting "colour" in [site]')
    # Two mistakes: the first.
    mistake('[site]\ncolour = red\n[sight]\nx = y\n', 2, 'unknown setting "colour" in [site]')
    done = check.call('list', '--store', STORE.dir, '--config', check.path('absent.conf'))
    check.equal('a file that is absent', (done.returncode, done.stderr),
                (2, 'sekimori list: %s: No such file or directory\n' % check.path('absent.conf')))


def tables():
    table = check.path('hosts.csv')

    def wrong(text, line, words):
        write(table, text if isinstance(text, bytes) else text.encode())
        mistake('[site]\nhosts = hosts.csv\n', 2, '%s:%d: %s' % (table, line, words))
    wrong('name,owner\nwww,me\n', 1, 'no column "address" in the header "name"')
    wrong('address,name\nwww,192.0.2.18\n', 2, '"www" is not an address')
    wrong('address,name\n192.0.2.18,www\n192.0.2.0/24,net\n', 3, '"192.0.2.0/24" is not an address')
    wrong('address,name\n192.0.2.18,"www\n', 2, 'more than 64 fields, or a quoted one that does not end: "192.0.2.18"')
    wrong('address,name\n' + ','.join('x' * 70) + '\n', 2, 'more than 64 fields, or a quoted one that does not end: "x"')
    holidays = check.path('holidays.csv')
    write(holidays, 'date,name\n2019/1/1,元日\n2019/1/32,none\n'.encode('cp932'))
    mistake('[site]\nholidays = holidays.csv\n', 2, '%s:3: "2019/1/32" is not a date (2019-01-01 or 2019/1/1)' % holidays)
    texts = ('address,name,owner,department\n192.0.2.18,www,Masuya,Network\n2001:db8:1::18,www6,,\n',
             '\ufeffOwner,ADDRESS,Other,name\r\nMasuya,192.0.2.18,"x, ""y""",www\r\n\r\n,2001:db8:1::18,,"www6"\r\n',
             'name,address\nwww,192.0.2.18\nold,2001:db8:1::18\nwww6,2001:db8:1::18')
    for text in texts:
        write(table, text.encode())
        rows = listed('[site]\nhosts = %s\n' % table)
        check.equal('names from %r' % text[:30], [rows[k]['name'] for k in ((WEB, 80), (WEB6, 80), (TRAP, 22))],
                    ['www', 'www6', ''])
    write(table, 'address,name\n192.0.2.18,学部の窓口\n'.encode())
    rows = listed('[site]\nhosts = hosts.csv\n[hosts]\n2001:db8:1::18 = 六番\n192.0.2.34 = "x\ty"\n')
    check.equal('Japanese names', [rows[k]['name'] for k in ((WEB, 80), (WEB6, 80))], ['学部の窓口', '六番'])
    lines = check.run('list', '--store', STORE.dir, '--config', CONF).stdout.splitlines()
    check.equal('blanks at the end of lines', [line for line in lines if line != line.rstrip()], [])


def settings():
    everything = listed('')
    check.equal('an empty file', set(everything), {(WEB, 80), (TRAP, 22), (WEB6, 80)})
    long = '日本語の注釈' * 40
    check.equal('long comments', set(listed('# %s\n; %s\n[site]\n  # %s\n' % (long, long, long))), set(everything))
    check.equal('settings on several lines', set(listed('[site]\nnetworks = 192.0.2.0/28\n  192.0.2.16/28,2001:db8:1::/48\n'
                                                        '[ftp]\nserved_ports = 22\n  80, 443\n')), set(everything))
    rows = listed('[excluded]\n192.0.2.34 = honeypot\n2001:db8:1::/64 = experiment: six\n')
    check.equal('excluded hosts', set(rows), {(WEB, 80)})
    rows = listed('[excluded]\n192.0.2.34 = honeypot\n2001:db8:1::/64 = experiment\n', '--include', 'excluded')
    check.equal('excluded hosts, brought back', {k: r['marks'] for k, r in rows.items()},
                {(WEB, 80): '', (TRAP, 22): 'excluded', (WEB6, 80): 'excluded'})
    check.equal('and back', set(listed('')), set(everything))
    rows = listed('[site]\ntimezone = Asia/Tokyo\n')
    check.holds('a timezone', all(r['first_seen'].endswith('+09:00') for r in rows.values()), rows)
    rows = listed('[site]\ntimezone = Asia/Tokyo\n', '--timezone', 'America/New_York')
    check.holds('the command line wins', all(r['first_seen'].endswith('-05:00') for r in rows.values()), rows)
    place = check.path('named store')
    conf('[site]\nstore = %s\nnetworks = 192.0.2.0/24\n' % place)
    check.run('read', '--config', CONF, check.path('capture'))
    check.holds('the store that the file names', os.path.isdir(place))
    check.equal('networks from the file', len(json.loads(check.run('list', '--config', CONF, '--format', 'json').stdout)), 2)
    other = check.path('other store')
    check.run('read', '--config', CONF, '--store', other, '--net', '2001:db8:1::/48', check.path('capture'), status=0)
    done = check.run('list', '--store', other, '--format', 'json')
    check.equal('networks of the command line instead', [r['address'] for r in json.loads(done.stdout)], [WEB6])
    # Without --config: the usual place.
    os.makedirs(check.path('xdg/sekimori'))
    write(check.path('xdg/sekimori/sekimori.conf'), b'[site]\ncolour = red\n')
    if os.geteuid() != 0:
        done = check.call('list', '--store', STORE.dir, environment={'XDG_CONFIG_HOME': check.path('xdg')})
        check.has_words('the usual place', done.stderr, 'xdg/sekimori/sekimori.conf:2: ')


t = Traffic()
for host, port in ((WEB, 80), (TRAP, 22), (WEB6, 80)):
    t.synack(host, port, '2001:db8:f000::7' if ':' in host else '198.51.100.7', 40000)
STORE.read(write(check.path('capture'), pcap(t.frames)))
if has('inih'):
    mistakes()
    tables()
    settings()
else:
    without_inih()
check.end()
