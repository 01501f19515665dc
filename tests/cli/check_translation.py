"""Holds po/*.po against a fresh extraction of the sources: every text translated, none fuzzy, none left over.

Usage: check_translation.py SOURCE_ROOT
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = ('xgettext', 'msgmerge', 'msgattrib', 'msgfmt')
KEYWORDS = ('--keyword=_', '--keyword=N_', '--keyword=ngettext:1,2')
TEXT = re.compile(r'\b(?:_|N_|ngettext)\(')


def run(*command, root):
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f'{command[0]}: {done.stderr}')
    return done.stdout


def check_list_of_sources(root):
    """po/POTFILES names just the files that have texts."""
    listed = set((root / 'po/POTFILES').read_text().split())
    have = {str(p.relative_to(root)) for p in (root / 'src').rglob('*.c') if TEXT.search(p.read_text())}
    return [f'po/POTFILES lacks {name}' for name in sorted(have - listed)] + \
           [f'po/POTFILES names {name}, which has no texts' for name in sorted(listed - have)]


def entries(root, po, option):
    """The entries of PO that msgattrib picks by OPTION, without its header."""
    text = run('msgattrib', option, '--no-wrap', po, root=root)
    return [e.strip() for e in text.split('\n\n')[1:] if e.strip()]


def check_language(root, language, pot, folder):
    po = folder / f'{language}.po'
    merged = run('msgmerge', '--quiet', f'po/{language}.po', pot, root=root)
    po.write_text(merged)
    run('msgfmt', '--check-format', '--check-header', '-o', '/dev/null', po, root=root)
    wrong = []
    for option, word in (('--untranslated', 'untranslated'), ('--only-fuzzy', 'fuzzy'), ('--only-obsolete', 'obsolete')):
        wrong += [f'po/{language}.po: {word}:\n{e}' for e in entries(root, po, option)]
    return wrong


def main(root):
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f'skipped: without gettext\'s {", ".join(missing)}')
        return 77
    wrong = check_list_of_sources(root)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pot = folder / 'sekimori.pot'
        run('xgettext', '--from-code=UTF-8', *KEYWORDS, '--files-from=po/POTFILES', '-o', pot, root=root)
        for language in (root / 'po/LINGUAS').read_text().split():
            wrong += check_language(root, language, pot, folder)
    print('\n'.join(wrong) or 'all texts are translated')
    return 1 if wrong else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
