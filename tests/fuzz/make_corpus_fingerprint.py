#!/usr/bin/env python3
"""Makes corpus/fingerprint, corpus/regex and corpus/banner anew: good inputs and spoilt ones."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<fingerprints matches="k" protocol="x" preference="0.5">\n'
TAIL = '</fingerprints>\n'

FILES = {
    'full': HEAD + '''<fingerprint pattern="^a(?: (\\d+))?(.*)$" flags="REG_ICASE,REG_DOT_NEWLINE" certainty="0.7">
<description>all of it</description>
<example service.version="12">A 12 b</example>
<example _encoding="base64">YSAxMgpi</example>
<param pos="0" name="service.product" value="P"/><param pos="1" name="service.version"/>
<param pos="2" name="_tmp.rest"/><param pos="0" name="os.product" value="{_tmp.rest}{service.product}"/>
<param pos="0" name="service.cpe23" value="cpe:/a:p:p:{service.version}"/>
</fingerprint>\n''' + TAIL,
    'no-key': '<fingerprints><fingerprint pattern="a"><description/></fingerprint></fingerprints>',
    'bomb': '<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><fingerprints matches="&b;"/>',
    'external': '<!DOCTYPE f SYSTEM "file:///etc/hostname"><fingerprints/>',
    'file-example': HEAD + '<fingerprint pattern="a"><description/><example _filename="../x"/></fingerprint>' + TAIL,
    'self': HEAD + '<fingerprint pattern="a"><description/><param pos="0" name="n" value="{n}{n}{n}"/></fingerprint>' + TAIL,
    'deep': '<fingerprints>' + '<a>' * 40,
    'cut': HEAD + '<fingerprint pattern="a"><descr',
    'position': HEAD + '<fingerprint pattern="(a)"><description/><param pos="99999999999" name="n"/></fingerprint>' + TAIL,
    'utf-16': (HEAD.replace('UTF-8', 'UTF-16') + TAIL).encode('utf-16'),
    'empty': '',
}

PATTERNS = {
    'ruby': ('(?i)a(?m).b|\\h+[\\v[x]]{,3}x{2}?(?<n>y){1,2}+', 'a\nb'),
    'classes': ('[]a[bc[:digit:]]\\p{Alpha}]+', ']ab1'),
    'unicode': ('\\u00e9(.)[é]\\p{Greek}', 'é\u3042éα'),
    'stars': ('^(?:a|aa)+(.+)*$', 'a' * 600 + '!'),
    'missing': ('abc(?:def)?ghi|x', 'abcghi'),
    'condition': ('(a)?(?(1)bcd|efg)', 'efg'),
    'look': ('(?<=ab)c(?!d)(?>e+)', 'abcee'),
    'comment': ('(?x) a b # (c\n d(?#e)', 'abd'),
    'open': ('((((', ''),
    'verb': ('(*UTF)a', 'a'),
    'kelvin': ('(?i)link', 'LIN\u212a'),
    'long': ('x(.)y', '.' * 700 + 'xéy'),
}

BANNERS = {
    'openssh': b'OpenSSH_9.2p1 Debian-2+deb12u3',
    'strange': b'OpenSSH_9 a:b{service.version}%00\xff\x1b[31m',
    'nul': b'dropbear_2022\0.83',
    'long': b'OpenSSH_' + b'9' * 20000,
    'writes-a-cpe': b'OpenSSH_9 cpe:2.3::n\xfb',
    'empty': b'',
}


def keep(folder, name, content):
    path = HERE / 'corpus' / folder
    path.mkdir(exist_ok=True)
    (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())


for name, text in FILES.items():
    keep('fingerprint', name + '.xml', text)
for name, (pattern, text) in PATTERNS.items():
    keep('regex', name, pattern + '\0' + text)
for name, text in BANNERS.items():
    keep('banner', name, text)
