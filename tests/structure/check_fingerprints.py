#!/usr/bin/env python3
"""The fingerprints, by a second opinion: Python's regular expressions instead of PCRE2.

usage: check_fingerprints.py FOLDER

Each file is of one key that no other has, stands in the folder's meson.build, and each of its fingerprints names a product, has an
example that it matches first, and yields from it the values that the example states. A product's CPE is of an application, has its
version where the fingerprint tells one; an operating system that is named has a vendor and a family.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

# As Ruby has them, whose syntax Recog's patterns are in: ^ and $ are those of every line.
FLAGS = {"REG_ICASE": re.IGNORECASE, "REG_DOT_NEWLINE": re.DOTALL, "REG_MULTILINE": re.DOTALL, "REG_LINE_ANY_CRLF": re.DOTALL}
NAMES = re.compile(r"(service|os|hw|host|_tmp)(\.component)?\.[a-z][a-z0-9_.]*$")
CPE = re.compile(r"cpe:/([aoh]):[a-z0-9._~%-]+:[a-z0-9._~%-]+:[^:]+$")

wrong = []


def compiled(fingerprint):
    flags = re.MULTILINE
    for flag in (fingerprint.get("flags") or "").replace("|", ",").split(","):
        flags |= FLAGS[flag.strip()] if flag.strip() else 0
    return re.compile(fingerprint.get("pattern").replace(r"\z", r"\Z"), flags)  # the text's end: Python's name for it


def values_of(fingerprint, match):
    """The params' values: captures first, since others may be made of them."""
    values = {}
    for param in fingerprint.findall("param"):
        position = int(param.get("pos"))
        if position and match[position] is not None:
            values[param.get("name")] = match[position]
    for param in fingerprint.findall("param"):
        if param.get("pos") != "0":
            continue
        name = param.get("name")
        needed = re.findall(r"\{([^}]+)\}", param.get("value"))
        if name.endswith(".cpe23") or all(one in values for one in needed):
            values[name] = re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "-"), param.get("value"))
    return {name: value for name, value in values.items() if not name.startswith("_tmp.")}


def check_params(where, fingerprint):
    names = [param.get("name") for param in fingerprint.findall("param")]
    values = {param.get("name"): param.get("value") for param in fingerprint.findall("param")}
    if len(set(names)) != len(names):
        wrong.append(f"{where}: a param stands there twice")
    wrong.extend(f"{where}: {name}: no such param" for name in names if not NAMES.match(name))
    if not values.get("service.product"):
        wrong.append(f"{where}: no service.product")
    if "{service.version}" not in (values.get("service.cpe23") or "{service.version}") and "service.version" in names:
        wrong.append(f"{where}: service.cpe23 leaves the version out")
    for name in names:
        if name.endswith(".cpe23") and not CPE.match(values[name]):
            wrong.append(f"{where}: {name}: {values[name]}: no CPE as Recog writes them")
    if any(name.startswith("os.") for name in names) and "os.family" not in names:
        wrong.append(f"{where}: of the operating system the family is missing")


def check_example(where, fingerprints, i, example):
    text = example.text or ""
    for j, (pattern, fingerprint) in enumerate(fingerprints):
        match = pattern.search(text)
        if not match:
            continue
        if j != i:
            wrong.append(f"{where}: the example is answered by fingerprint {j + 1} of the file: {text[:60]!r}")
            return
        values = values_of(fingerprint, match)
        for name, value in example.attrib.items():
            if values.get(name) != value:
                wrong.append(f"{where}: {name} is {values.get(name)!r}, the example states {value!r}")
        return
    wrong.append(f"{where}: nothing matches the example {text[:60]!r}")


def check_file(path, keys, products):
    root = ElementTree.parse(path).getroot()
    key = root.get("matches")
    if keys.setdefault(key, path.name) != path.name:
        wrong.append(f"{path.name}: {keys[key]} is of the same key, {key}")
    fingerprints = [(compiled(one), one) for one in root.findall("fingerprint")]
    for i, (_, fingerprint) in enumerate(fingerprints):
        where = f"{path.name}: {fingerprint.findtext('description')}"
        check_params(where, fingerprint)
        examples = fingerprint.findall("example")
        if not examples:
            wrong.append(f"{where}: no example")
        for example in examples:
            check_example(where, fingerprints, i, example)
        products.update(param.get("value") for param in fingerprint.findall("param") if param.get("name") == "service.product")
    return len(fingerprints)


def main():
    folder = pathlib.Path(sys.argv[1])
    keys, products, n = {}, set(), 0
    files = sorted(folder.glob("*.xml"))
    listed = set(re.findall(r"'([^']+\.xml)'", (folder / "meson.build").read_text()))
    wrong.extend(f"{name}: stands in meson.build or in the folder, not in both" for name in listed ^ {path.name for path in files})
    for path in files:
        n += check_file(path, keys, products)
    for one in wrong:
        print(one)
    print(f"{len(files)} files, {n} fingerprints, {len(products)} products")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
