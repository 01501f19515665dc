"""Holds what is written about the program against what it says itself.

Every command, option and exit status stands in the manual page, in its Japanese page and in the bash completion, and
none stands there that the program does not have; every command's --help has examples; both pages render.

Usage: check_words.py SEKIMORI SOURCE_ROOT
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

OPTION = re.compile(r'(?<![\w-])--[a-z][a-z-]*')
PAGES = ('docs/sekimori.1', 'docs/ja/sekimori.1')
COMPLETION = 'packaging/sekimori.bash-completion'
ELSEWHERE = {'HOME'}  # variables that need no words: the pages write ~

wrong = []


def expect_same(what, said, where, written):
    for word in sorted(said - written):
        wrong.append(f'{where} lacks the {what} {word}')
    for word in sorted(written - said):
        wrong.append(f'{where} has the {what} {word}, which the program does not')


def run(*command, **more):
    env = dict(os.environ, LC_ALL='C.UTF-8', LANGUAGE='', MANWIDTH='100')
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, **more)


def ask_help(sekimori):
    """The program's commands with their options, from its own words."""
    usage = run(sekimori, '--help')
    names = re.findall(r'^  ([a-z]+) {2,}\S', usage.stdout, re.MULTILINE)
    general = set(OPTION.findall(usage.stdout)) & {'--help', '--version'}
    options = {}
    for name in names:
        told = run(sekimori, name, '--help')
        if told.returncode or told.stderr:
            wrong.append(f'sekimori {name} --help ends with {told.returncode}: {told.stderr}')
        examples = told.stdout.partition('\nExamples:\n')[2].partition('\n\n')[0]
        if not re.search(rf'\bsekimori {name}\b', examples):
            wrong.append(f'sekimori {name} --help has no example')
        options[name] = set(OPTION.findall(told.stdout)) | general
    return options


def read_page(path):
    """The page's text without fonts and escapes, and the tags of its paragraphs."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith('.\\"')]
    text = re.sub(r'\\f[A-Z]', '', '\n'.join(lines)).replace('\\-', '-')
    tags = [tag.replace('"', '') for tag in re.findall(r'^\.TP\n(.*)$', text, re.MULTILINE)]
    return text, tags


def constants(root):
    """Exit statuses and environment variables, from the sources."""
    declared = re.search(r'enum exit_status \{(.*?)\}', (root / 'src/cmd/cmd_internal.h').read_text(), re.DOTALL)
    sources = ''.join(p.read_text() for p in sorted((root / 'src').rglob('*.c')))
    variables = set(re.findall(r'(?:getenv|user_path)\("([A-Z_]+)"', sources)) - ELSEWHERE
    return set(re.findall(r'= (\d+)', declared.group(1))), variables


def check_page(root, name, options, version):
    text, tags = read_page(root / name)
    statuses, variables = constants(root)
    everything = set().union(*options.values())
    expect_same('command', set(options), name, set(re.findall(r'^sekimori ([a-z]+)', text.split('.fi')[0], re.MULTILINE)))
    expect_same('option', everything, name, {o for tag in tags for o in OPTION.findall(tag)})
    expect_same('option', everything, name + ' (anywhere)', set(OPTION.findall(text)))
    expect_same('exit status', statuses, name, {tag[3:] for tag in tags if re.fullmatch(r'\.B \d+', tag)})
    for variable in sorted(v for v in variables if v not in text):
        wrong.append(f'{name} lacks the variable {variable}')
    for command in options:
        if not any(re.match(rf'\.BR? {command}\b', tag) for tag in tags):
            wrong.append(f'{name} does not explain {command}')
    if f'"sekimori {version}"' not in text:
        wrong.append(f'{name} is not of version {version}')


def check_rendering(path):
    for tool, command in (('man', ('man', '--warnings', '-l')), ('mandoc', ('mandoc', '-T', 'lint', '-W', 'warning'))):
        if not shutil.which(tool):
            print(f'{path.name} is not shown by {tool}: it is not here')
            continue
        shown = run(*command, path)
        complaints = shown.stderr + (shown.stdout if tool == 'mandoc' else '')
        if shown.returncode or complaints:
            wrong.append(f'{tool} says of {path}: {complaints}')


def check_completion(root, options):
    def complete(*words):
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sekimori; printf "%s\\n" "${COMPREPLY[@]}"'
        return set(run('bash', '-c', script, 'bash', root / COMPLETION, 'sekimori', *words).stdout.split())

    expect_same('command', set(options), COMPLETION, {w for w in complete('') if not w.startswith('-')})
    for name, of_command in options.items():
        expect_same(f'option of {name}', of_command, COMPLETION, complete(name, '--'))
    expect_same('format', {'text', 'csv', 'json'}, COMPLETION, complete('list', '--format', ''))
    expect_same('format of report', {'text', 'csv', 'json', 'html'}, COMPLETION, complete('report', '--format', ''))
    if complete('list', '--include', 'inside,ftp') != {'inside,ftp-data'}:
        wrong.append(f'{COMPLETION} does not complete the second mark')


def main(sekimori, root):
    version = run(sekimori, '--version').stdout.split()[1]
    options = ask_help(sekimori)
    for name in PAGES:
        check_page(root, name, options, version)
        check_rendering(root / name)
    check_completion(root, options)
    print('\n'.join(wrong) or f'{len(options)} commands, {len(set().union(*options.values()))} options')
    return 1 if wrong or not options else 0


sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
