#!/usr/bin/env python3
"""
A wrong mirror is told within ten seconds or so: each kind of it on a cable and with a sensor of its own, side by side; and
of a right one nothing is told. usage: check_watch_mirror.py SEKIMORI DRIVER
"""
import json
import signal
import sys

from harness import Check, has
from lines import Cables, Sensor, SYN, SYNACK, tcp_frame

OURS, THEIRS, OTHERS = '192.0.2.7', '198.51.100.9', '203.0.113.5'


def connections(a, b, n, flags, start=1024):
    """N frames of as many connections, from a port of A to B."""
    return [tcp_frame(a, 443 if flags == SYNACK else start + i, b, start + i if flags == SYNACK else 443, flags)
            for i in range(n)]


both = connections(THEIRS, OURS, 60, SYN) + connections(OURS, THEIRS, 60, SYNACK)
kinds = {  # what comes by, and what is to be said of it
    'well': (both, []),
    'onlyin': (connections(THEIRS, OURS, 60, SYN), ['only-in']),
    'onlyout': (connections(OURS, THEIRS, 60, SYNACK), ['only-out']),
    'noneours': (connections(THEIRS, OTHERS, 60, SYNACK), ['none-of-ours']),
    'foreign': (both + connections(THEIRS, OTHERS, 200, SYNACK), ['foreign']),
    'doubled': ([f for f in both for _ in range(2)], ['doubled']),
    'cut': (both + [f[:44] for f in both], ['cut']),
    'none': ([], ['no-frames']),
}
driver = sys.argv[2]
said = {'no-frames': 'no frame comes by', 'none-of-ours': 'but none of your networks', 'only-in': 'nothing of yours goes out',
        'only-out': 'but nothing comes in', 'doubled': 'frames come twice', 'cut': 'cut short', 'foreign': 'strangers to strangers'}
check = Check()
cables = Cables(kinds)
sensors = {}
for kind in kinds:
    sensors[kind] = Sensor(check, cables, check.store(), '--driver', driver, interfaces=[kind])
for kind, sensor in sensors.items():
    check.holds(kind + ': it watches', sensor.ready(), sensor.said())
for kind, (frames, _) in kinds.items():
    cables.push(kind, frames)
for kind, (_, expected) in kinds.items():
    page = sensors[kind].until_page(lambda p: p['judged'], 'a judgement of ' + kind)
    if check.holds(kind + ': it is judged', page):
        check.equal(kind + ': what is said of it', page['findings'], expected, json.dumps(page))
        if has('jansson'):
            check.equal(kind + ': for monitors', check.call('status', '--check', '--store', sensors[kind].store.dir).returncode,
                        1 if expected else 0)
        for finding, words in said.items():
            check.equal('%s: %s is said at once' % (kind, finding), words in sensors[kind].said(), finding in expected)
page = sensors['foreign'].page()
check.equal('the busiest senders outside', page['foreign'][0]['network'], '198.51.100.0/24')
for kind, sensor in sensors.items():
    sensor.signal(signal.SIGTERM)
for kind, sensor in sensors.items():
    check.equal(kind + ': it ends well', sensor.process.wait(60), 0)
cables.end()
check.end()
