#!/usr/bin/env python3
"""A stage knows those upstream of it by their public headers, and nothing downstream."""
import pathlib
import re
import sys

# Each stage, and the stages whose headers it may include. The river flows from the top down.
UPSTREAM = {
    'base': [],
    'capture': ['base'],
    'decode': ['base'],
    'observe': ['base', 'decode'],
    'filter': ['base', 'decode', 'observe'],
    'live': ['base', 'capture', 'decode', 'observe', 'filter'],
    'archive': ['base', 'observe'],
    'identify': ['base'],
    'scan': ['base', 'identify'],
    'catalogue': ['base', 'observe', 'archive', 'identify', 'scan'],
    'intake': ['base', 'capture', 'decode', 'observe', 'archive', 'catalogue'],
    'confine': ['base'],
    'watch': ['base', 'capture', 'decode', 'observe', 'archive', 'catalogue', 'live', 'confine'],
    'place': ['base'],
    'web': [],
    'report': ['base', 'observe', 'archive', 'catalogue', 'place', 'web'],
    'cmd': ['base', 'capture', 'decode', 'observe', 'archive', 'identify', 'scan', 'catalogue', 'intake', 'confine', 'live', 'watch',
            'place', 'report'],
}

src = pathlib.Path(sys.argv[1])
wrong = []
files = sorted(src.glob('*/*.[ch]'))
for path in files:
    stage = path.parent.name
    if stage not in UPSTREAM:
        wrong.append(f'{path}: the folder {stage} is no stage (add it to {sys.argv[0]})')
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'#include "(.+)"', line)
        if not found or found[1] == 'build_config.h':
            continue
        parts = found[1].split('/')
        if len(parts) != 2:
            wrong.append(f'{path}:{number}: includes "{found[1]}" without its stage')
        elif parts[0] != stage and parts[0] not in UPSTREAM[stage]:
            wrong.append(f'{path}:{number}: {stage} may not know {parts[0]}')
        elif parts[0] != stage and parts[1].endswith('_internal.h'):
            wrong.append(f'{path}:{number}: {found[1]} belongs to {parts[0]} alone')
print('\n'.join(wrong) or f'{len(files)} files include only what lies upstream')
sys.exit(bool(wrong))
