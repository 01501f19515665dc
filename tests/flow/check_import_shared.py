#!/usr/bin/env python3
"""
Other tools' outputs, which lie beside the project and never in it: each file's open TCP ports, exactly.
Usage: check_import_shared.py IMPORT_DUMP. Skips (77) where the files are not there.
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(os.environ.get('SEKIMORI_SHARED', os.path.join(ROOT, '..', 'shared')), 'imports')
FEATURES = os.environ.get('SEKIMORI_FEATURES', 'expat,yajl').split(',')
# These are broken, or ask for what is refused: an error is said, with the line.
REFUSED = {'xml_external_entity.xml': 'line ', 'nmap_zenmap_output-error.xml': 'line '}
# What each file is, as far as its name says it.
FORMATS = {'nmap': 'nmap', 'masscan': 'masscan', 'naabu': 'naabu', 'nessus': 'nessus', 'nexpose': 'nexpose',
           'shodan': 'shodan'}


def key(line):
    address, port = line.split()
    return [int(b) for b in address.split('.')], int(port)


def main():
    dump = sys.argv[1]
    if not os.path.isdir(FOLDER):
        print(f'skipped: no files at {FOLDER}')
        return 77
    wrong = files = 0
    for name in sorted(os.listdir(FOLDER)):
        if not name.endswith('.expected'):
            continue
        name = name[:-len('.expected')]
        files += 1
        run = subprocess.run([dump, 'scan', os.path.join(FOLDER, name)], capture_output=True, text=True, timeout=60)
        if ('expat' not in FEATURES and 'libexpat' in run.stderr) or ('yajl' not in FEATURES and 'libyajl' in run.stderr):
            continue
        lines = [line.split(' ', 5) for line in run.stdout.splitlines() if line.startswith('port ')]
        got = sorted({f'{f[1]} {f[2]}' for f in lines if f[3:5] == ['tcp', 'open']}, key=key)
        want = sorted(open(os.path.join(FOLDER, name + '.expected')).read().splitlines(), key=key)
        problems = []
        if got != want:
            problems.append(f'missing {sorted(set(want) - set(got))}, too many {sorted(set(got) - set(want))}')
        if (run.returncode != 0) != (name in REFUSED):
            problems.append(f'exit status {run.returncode}: {run.stderr.strip()}')
        if name in REFUSED and REFUSED[name] not in run.stderr:
            problems.append(f'refused without the line: {run.stderr.strip()}')
        kind = FORMATS.get(name.split('_')[0])
        if kind and want and f'"format": "{kind}' not in run.stdout.replace('"format":"', '"format": "'):
            problems.append(f'not known as {kind}: {run.stdout.splitlines()[-1]}')
        for problem in problems:
            print(f'FAILED {name}: {problem}')
        wrong += bool(problems)
    print(f'{files} files, {wrong} wrong')
    return int(wrong > 0 or files == 0)


if __name__ == '__main__':
    sys.exit(main())
