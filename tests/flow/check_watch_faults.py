#!/usr/bin/env python3
"""
What goes wrong around a sensor: the interface goes down, away and comes back; the disk fills up and is freed; it is killed and
begun again. Nothing is lost silently: the ledger has it, with how much and why. usage: check_watch_faults.py SEKIMORI DRIVER
FAULTS RETAIN
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from harness import Check, has
from lines import Cables, Sensor, SYNACK, tcp_frame, until
from traffic import pcap, write

driver, faults, retain = sys.argv[2], os.path.abspath(sys.argv[3]), os.path.abspath(sys.argv[4])
check = Check()
cables = Cables(['eth7'])
OURS, THEIRS = '192.0.2.7', '198.51.100.9'


def answers(first, n, port=443):
    """Of N peers, in no order: they do not pack well."""
    scattered = [i * 2654435761 & 0xffffffff for i in range(first, first + n)]
    return [tcp_frame(OURS, port, '198.18.%d.%d' % (i >> 8 & 255, i & 255), 1024 + (i >> 17), SYNACK) for i in scattered]


def gaps(page, kind):
    return [g for g in page['gaps'] if g['kind'] == kind]


def state(name):
    return lambda p: p['interfaces'][0]['state'] == name


def fill(path):
    """Takes all the room that there is."""
    f = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(f, b'x' * 4096)
    except OSError:
        pass
    finally:
        os.close(f)


# ---- the interface ----
store = check.store()
sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
check.holds('it watches', sensor.ready(), sensor.said())
cables.push('eth7', answers(0, 10))
check.holds('it sees', sensor.until_page(lambda p: p['sightings'] == 10, 'ten sightings'))
cables.ip('-n', cables.sensor, 'link', 'set', 'eth7', 'down')
check.holds('down is told', sensor.until_page(state('down'), 'that it is down'))
if has('jansson'):
    check.equal('for monitors', check.call('status', '--check', '--store', store.dir).returncode, 1)
cables.ip('-n', cables.sensor, 'link', 'set', 'eth7', 'up')
check.holds('up again is told', sensor.until_page(state('up'), 'that it is up'))
cables.push('eth7', answers(10, 10))
check.holds('it sees again', sensor.until_page(lambda p: p['sightings'] == 20, 'twenty sightings'))
cables.unplug('eth7')
check.holds('gone is told', sensor.until_page(state('gone'), 'that it is gone'))
cables.plug('eth7')
check.holds('back is told', sensor.until_page(state('up'), 'that it is back'))
cables.push('eth7', answers(20, 10))
page = sensor.until_page(lambda p: p['sightings'] == 30, 'thirty sightings')
check.holds('it sees after it was gone', page, sensor.said())
page = sensor.page()
check.holds('the ledger has it', gaps(page, 'down') and gaps(page, 'down')[0]['interface'] == 'eth7', page)
check.has_words('it was said', sensor.said(), 'eth7 is down', 'eth7 is gone', 'eth7 is back')
check.holds('all of it is on disk', sensor.on_disk())
sensor.signal(signal.SIGKILL)
sensor.process.wait()

# ---- killed, and begun again ----
broken = '20190101T000000Z-0123456789abcdef'
with open(os.path.join(store.dir, 'live', broken), 'wb') as f:
    f.write(b'nothing that anybody wrote')
sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
check.holds('the next one watches', sensor.ready(), sensor.said())
aside = os.path.join(store.dir, 'damaged', broken)
check.holds('a journal that cannot be read is set aside', until(lambda: os.path.exists(aside), 'the journal aside'), sensor.said())
check.equal('it does not stop a report', check.call('report', '--store', store.dir).returncode, 0)
check.equal('nobody watched meanwhile: the ledger has that', len(gaps(sensor.page(), 'stopped')), 1)
check.equal('it ends well', sensor.stop(), 0, sensor.said())
check.equal('all is there', store.packets(), {(OURS, 443): 30})
check.has_words('a journal set aside is said', sensor.said(), broken, store.dir + '/damaged')
check.has_words('verify names it', check.call('verify', '--store', store.dir).stderr, aside)
os.remove(aside)
store.verify('after a kill')
told = check.run('sql', '--store', store.dir, '--format', 'csv',
                 'SELECT DISTINCT kind, interface FROM gap ORDER BY 1, 2').stdout.splitlines()
check.equal('gaps in sql', told, ['kind,interface', 'down,eth7', 'stopped,'])

# ---- a disk that hangs ----
gate = os.path.join(store.dir, 'gate')
options = os.environ.get('ASAN_OPTIONS', '')
sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'],
                environment={'LD_PRELOAD': faults, 'SEKIMORI_GATE': gate,
                             'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0'})
check.holds('somebody waits for the disk', until(lambda: os.path.exists(gate + '.met'), 'a disk that hangs'), sensor.said())
check.holds('status is answered meanwhile', sensor.page(), sensor.said())
cables.push('eth7', answers(30, 10))
check.holds('and it sees', sensor.until_page(lambda p: p['sightings'] == 10, 'ten sightings'))
check.holds('and its journal is written', sensor.on_disk())
with open(gate, 'w'):
    pass
check.equal('it ends well, all the same', sensor.stop(), 0, sensor.said())
for name in (gate, gate + '.met'):
    os.remove(name)
store.verify('after a disk that hung')

# ---- a clock that was years ahead ----
later = write(check.path('later.pcap'), pcap([(time.time_ns() + 3000 * 86400 * 10**9 + i, frame)
                                              for i, frame in enumerate(answers(40, 5))]))
done = subprocess.run([retain, store.dir, '0', 'watch', 'eth7: later', later], capture_output=True, text=True)
check.equal('a batch of a far day', done.returncode, 0, done.stderr)
sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
check.holds('it watches after that', sensor.ready(), sensor.said())
page = sensor.page()
check.equal('the years to come are no gap', [g['to_ns'] - g['from_ns'] for g in gaps(page, 'clock')], [0])
check.holds('nobody watched since the last one by this clock', len(gaps(page, 'stopped')) == 1 and
            0 < gaps(page, 'stopped')[0]['to_ns'] - gaps(page, 'stopped')[0]['from_ns'] < 3600 * 10**9, page['gaps'])
check.equal('it ends well, too', sensor.stop(), 0, sensor.said())

# ---- the disk ----
store = check.store()
os.makedirs(store.dir)
done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', store.dir], capture_output=True, text=True)
if done.returncode != 0:
    print('no tmpfs here, and so no full disk: ' + done.stderr)
    check.end()
shutil.chown(store.dir, 'daemon')
try:
    filler = os.path.join(store.dir, 'filler')
    sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
    check.holds('it watches', sensor.ready(), sensor.said())
    cables.push('eth7', answers(0, 100))
    check.holds('it sees', sensor.on_disk())
    fill(filler)
    cables.push('eth7', answers(100, 10000))
    page = sensor.until_page(lambda p: p['journal']['trouble'], 'that the disk is full')
    check.holds('it goes on seeing', sensor.until_page(lambda p: p['sightings'] == 10100, 'all sightings'))
    if has('jansson'):
        check.equal('for monitors', check.call('status', '--check', '--store', store.dir).returncode, 1)
    os.unlink(filler)
    check.holds('it writes again', sensor.until_page(lambda p: not p['journal']['trouble'], 'that it writes'))
    cables.push('eth7', answers(10100, 100))
    check.holds('and goes on', sensor.until_page(lambda p: p['sightings'] == 10200, 'more') and sensor.on_disk())
    said = sensor.said()
    check.equal('said once', (said.count('waits in memory'), said.count('takes what is seen again')), (1, 1), said)
    check.equal('it ends well', sensor.stop(), 0, sensor.said())
    check.equal('nothing is missing, nothing twice', store.packets(), {(OURS, 443): 10200})
    store.verify('after a full disk')

    # Few at a time on a full disk, for longer than the writer takes to try again: none is lost to a disk that is only slow.
    sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
    check.holds('it watches once more', sensor.ready(), sensor.said())
    fill(filler)
    for i in range(300):
        cables.push('eth7', answers(70000 + 40 * i, 40, port=25))
        if sensor.page()['journal']['trouble']:
            time.sleep(0.02)  # spread over some posts
    check.holds('it sees on', sensor.until_page(lambda p: p['sightings'] == 12000, 'all sightings'))
    os.unlink(filler)
    check.holds('nothing was without room', sensor.until_page(lambda p: not p['journal']['trouble'], 'that it writes') and
                sensor.page()['journal']['unwritten'] == 0, sensor.page())
    check.equal('it ends well', sensor.stop(), 0, sensor.said())
    check.equal('few at a time are all there', store.packets()[(OURS, 25)], 12000)

    # Full at the end.
    sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
    check.holds('it watches again', sensor.ready(), sensor.said())
    fill(filler)
    cables.push('eth7', answers(50000, 10000, port=80))
    pushed_ns = time.time_ns()
    check.holds('it sees on a full disk', sensor.until_page(lambda p: p['sightings'] == 10000, 'all sightings'))
    check.holds('time goes on', sensor.until_page(lambda p: p['now_ns'] > pushed_ns + 10**9, 'a second more'))
    check.equal('it ends, full disk or not', sensor.stop(), 0, sensor.said())
    lost = re.search(r'([0-9,]+) sightings could not be written down before the end', sensor.said())
    check.holds('what is lost is said', lost, sensor.said())
    check.equal('the disk does not take anything again', sensor.said().count('takes what is seen again'), 0, sensor.said())
    os.unlink(filler)
    store.verify('after an end on a full disk')
    sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['eth7'])
    check.holds('the next one finds its way', sensor.ready(), sensor.said())
    gap = gaps(sensor.page(), 'stopped')
    check.equal('the ledger has it', len(gap), 1)
    check.holds('from before the last one, which is lost', gap and gap[0]['from_ns'] <= pushed_ns, (gap, pushed_ns))
    check.equal('and ends well', sensor.stop(), 0, sensor.said())
    check.equal('what was there before is', store.packets()[(OURS, 443)], 10200)
    check.equal('what is not said to be lost is there', store.packets().get((OURS, 80), 0),
                10000 - int(lost[1].replace(',', '')) if lost else None)
    store.verify('in the end')
finally:
    sensor.kill()
    subprocess.run(['umount', store.dir], capture_output=True)
cables.end()
check.end()
