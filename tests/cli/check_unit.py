"""A systemd unit of ours, and its timer: without a mistake, and no more exposed than promised.

systemd-analyze has to find nothing wrong with it and to rate it 2.0 or better; what it still counts against the unit has
to be explained there. Exit status 77: it is not here.

Usage: check_unit.py UNIT SOURCE_ROOT WORDS [TIMER]
WORDS: what of sekimori it starts.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROMISED = 2.0


def analyze(*words, **env):
    return subprocess.run(('systemd-analyze', *words), capture_output=True, text=True, check=False,
                          env=dict(os.environ, LC_ALL='C.UTF-8', SYSTEMD_COLORS='0', **env))


def verify(man, *units):
    """Their words have a meaning, what they start exists, and their manual page does."""
    told = analyze('verify', *map(str, units), MANPATH=str(man))
    return [f'systemd-analyze verify: {told.stdout}{told.stderr}'] if told.returncode or told.stdout or told.stderr else []


def check_exposure(unit, text):
    told = analyze('security', '--offline=true', str(unit))
    level = re.search(r'exposure level for \S+ ([0-9.]+)', told.stdout)
    if not level:
        return [f'systemd-analyze security does not say how exposed the unit is: {told.stdout}{told.stderr}']
    print(f'exposure level {level[1]}')
    wrong = [] if float(level[1]) <= PROMISED else [f'the unit is exposed at {level[1]}, not {PROMISED} or better:\n{told.stdout}']
    items = json.loads(analyze('security', '--offline=true', '--json=short', str(unit)).stdout)
    explained = ''.join(line for line in text.splitlines(True) if line.startswith('#'))
    counted = {item['name'].split('=')[0] + '=' for item in items if item['exposure']}
    return wrong + [f'the unit does not explain {name}' for name in sorted(counted) if name not in explained]


def main(unit, root, words, *timers):
    if not shutil.which('systemd-analyze'):
        print('skipped: systemd-analyze is not here')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        page = folder / 'man/man1/sekimori.1'
        page.parent.mkdir(parents=True)
        shutil.copy(root / 'docs/sekimori.1', page)
        text = unit.read_text()
        # A program that exists, since ours is not installed yet.
        copy = folder / unit.name
        copy.write_text(re.sub(r'(?m)^ExecStart=\S+', 'ExecStart=/bin/true', text))
        for timer in timers:
            shutil.copy(timer, folder)
        wrong = verify(page.parent.parent, copy, *(folder / t.name for t in timers)) + check_exposure(copy, text)
    if not re.search(rf'(?m)^ExecStart=/\S+/sekimori {words} ', text):
        wrong.append(f'the unit does not start sekimori {words}')
    print('\n'.join(wrong) or 'the unit is as promised')
    return 1 if wrong else 0


sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], *map(pathlib.Path, sys.argv[4:])))
