#!/usr/bin/env python3
"""
The sensor on a mirror port, with each driver: services that open and close, FTP both ways, a sweep; against what the
servers listened on, and against `read` of a capture of the same frames. Questions while it watches, what it says of
itself, how it ends. usage: check_watch.py SEKIMORI DRIVER
"""
import ftplib
import os
import signal
import socket
import sys

from ftp_server import FtpServer
from harness import Check, has
from lines import Line, Recorder, Sensor, SITE4, SITE6, until, within

driver = sys.argv[2]
check = Check()
line = Line()
store, other = check.store(), check.store()
config = check.path('watch.conf')
with open(config, 'w') as f:
    f.write('[site]\nnetworks = 192.0.2.0/24, 2001:db8:1::/48\n')
with_config = has('inih')
sensor = (Sensor(check, line, store, '--driver', driver, '--config', config, nets=()) if with_config else
          Sensor(check, line, store, '--driver', driver))
if not check.holds('it watches', sensor.ready(), sensor.said()):
    check.end()
page = sensor.page()
check.holds('the driver that was asked for', page['interfaces'][0]['driver'].startswith(driver),
            page['interfaces'])
recorder = Recorder(line, check.path('line.pcap'))

# ---- services ----
opened = {(SITE4, 22), (SITE4, 443), (SITE4, 8080), (SITE6, 22), (SITE6, 443)}
servers = {(a, p): line.serve(p, 6 if ':' in a else 4) for a, p in sorted(opened)}
for address, port in sorted(opened):
    check.holds('%s port %d answers' % (address, port), line.knock(port, 6 if ':' in address else 4))
for port in (23, 25, 8081):
    check.holds('port %d is closed' % port, not line.knock(port))
    check.holds('port %d is closed over IPv6' % port, not line.knock(port, 6))
check.holds('what was answered is listed while it watches',
            until(lambda: set(store.packets(include='')) >= opened, 'all services; listed: %s' % store.packets()))
check.equal('nothing else is listed', sorted(set(store.packets(include='')) - opened), [])

servers[(SITE4, 8080)].close()
late = line.serve(9999)
check.holds('a new service answers', line.knock(9999))
check.holds('the new one is listed', until(lambda: (SITE4, 9999) in store.packets(include=''), 'the new service'))
opened.add((SITE4, 9999))

# ---- FTP ----


def data_socket(family, address):
    def make(port):
        def inside():
            s = socket.socket(family)
            s.bind((address, port))
            return s
        return within(line.site, inside)
    return make


ftp_ports = []
for family, address in ((socket.AF_INET, SITE4), (socket.AF_INET6, SITE6)):
    def listen(family=family, address=address):
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, 21))
        s.listen(8)
        return s

    server = FtpServer(within(line.site, listen), address)
    server.run(data_socket(family, address))
    opened.add((address, 21))

    def fetch(address=address):
        for passive in (True, False, True):
            ftp = ftplib.FTP()
            ftp.connect(address, 21, timeout=30)
            ftp.login('guest', 'swordfish')
            ftp.set_pasv(passive)
            got = []
            ftp.retrbinary('RETR notes', got.append)
            ftp.quit()
            check.equal('bytes of a transfer', len(b''.join(got)), 600)

    within(line.out, fetch)
    ftp_ports += [(address, p) for p in server.data_ports]
check.equal('passive transfers', len(ftp_ports), 4)

# ---- a sweep, as a scanner's ----


def sweep():
    for port in list(range(1, 200)) + [443, 8080, 9999]:
        s = socket.socket()
        s.settimeout(5)
        s.connect_ex((SITE4, port))
        s.close()


within(line.out, sweep)
check.holds('all of it is on disk', sensor.on_disk())
listed = set(store.packets(include=''))
check.equal('what is open and not listed', sorted(opened - listed), [])
check.equal('what is listed and not open', sorted(listed - opened), [])
hidden = {k: r['marks'] for k, r in store.rows().items() if k not in listed}
check.equal('FTP data is recorded, marked and left out', hidden, {k: 'ftp-data' for k in ftp_ports})

# ---- what it says of itself ----
page = sensor.page()
check.equal('nothing lost', [(i['lost'], i['missed'], i['over_budget']) for i in page['interfaces']], [(0, 0, 0)])
check.equal('no gap', page['gaps'], [])
check.holds('sightings', page['sightings'] > len(opened), page)
check.equal('the sensor is the only one', Sensor(check, line, store, '--driver', driver).process.wait(30), 2)
check.has_words('the second one says why', sensor.said(), 'another sensor')
if has('jansson'):
    text = check.run('status', '--store', store.dir, '--timezone', 'UTC').stdout
    check.has_words('the page for people', text, 'mirror', 'up', driver)
    check.equal('one line for monitors', check.call('status', '--check', '--store', store.dir).returncode, 0)


# ---- a new configuration ----


def reconfigure():
    with open(config, 'w') as f:
        f.write('[site]\nnetworks = 192.0.2.0/33\n')
    sensor.signal(signal.SIGHUP)
    check.holds('a bad configuration is told', until(lambda: 'watch.conf:2' in sensor.said(), 'the place of the mistake'))
    check.holds('and it goes on', line.knock(22) and sensor.on_disk())
    with open(config, 'w') as f:
        f.write('[site]\nnetworks = 192.0.2.0/24, 2001:db8:1::/48, 198.51.100.0/24\n')
    sensor.signal(signal.SIGHUP)
    check.holds('a good one is told', until(lambda: 'read again' in sensor.said(), 'the word of it'))


    def outside_serves():
        s = socket.socket()
        s.bind(('198.51.100.9', 2222))
        s.listen(1)
        return s


    outside = within(line.out, outside_serves)
    within(line.site, lambda: socket.create_connection(('198.51.100.9', 2222), 30).close())
    check.holds('a host of the new network is listed',
                until(lambda: ('198.51.100.9', 2222) in store.packets(), 'the new network'))
    outside.close()


if with_config:
    reconfigure()

# ---- the end ----
recorder.stop()
before = store.packets()
check.equal('it ends well', sensor.stop(), 0, sensor.said())
check.equal('nothing is left in live', os.listdir(os.path.join(store.dir, 'live')), [])
check.equal('no socket answers', check.call('status', '--store', store.dir).returncode, 2)
store.verify('after the end')
check.equal('the same as before the end', store.packets(), before)


def told(s):
    """What does not depend on whose clock stamped the frame, nor on which networks are inside by now."""
    return sorted((a, p, r['packets'], r['peers'], r['marks'].replace(',inside', '').replace('inside', ''))
                  for (a, p), r in s.rows().items())


other.read(check.path('line.pcap'), nets=('192.0.2.0/24', '2001:db8:1::/48'))
mine = [r for r in told(store) if r[0] != '198.51.100.9']
check.equal('as read says of a capture of the same frames', mine, told(other))
line.end()
check.end()
