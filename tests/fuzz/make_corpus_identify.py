#!/usr/bin/env python3
"""Writes the corpus of fuzz_identify: make_corpus_identify.py BUILD/tests/fuzz/make_corpus_identify.

Beside the samples of the unit tests: what is long, what never ends, what is no text, a certificate."""
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent / "corpus" / "identify"
ODD = {
    "empty": b"\xfe\x00",
    "escapes": b"\xfe\x00\x1b]0;title\x07\x1b[2J220 \x1b[31mred\r\n",
    "nuls": b"\xfe\x00" + b"220 a\x00b\x00c\r\n" + bytes(64),
    "long-line": b"\xfe\x00" + b"A" * 20000,
    "long-ssh": b"\xfe\x00SSH-2.0-" + b"x" * 2000,
    "many-headers": b"\xfe\x00HTTP/1.1 200 OK\r\n" + b"Server: a/1\r\n" * 1000,
    "latin1": b"\xfe\x00HTTP/1.1 200 OK\r\nServer: \xe9\xe8/\xff\r\n\r\n<title>\x80\x81",
    "deep-ber": b"\xfe\x00" + b"\x30\x80" * 2000,
    "dns-many": b"\x1d\x01^k\x84\x00\x00\x00\xff\xff\x00\x00\x00\x00" + b"\xc0\x0c\x00\x10\x00\x03" + bytes(600),
    "unended-reply": b"\xfe\x02" + b"220-\r\n" * 3000,
}


def certificate():
    with tempfile.TemporaryDirectory() as folder:
        key, der = f"{folder}/key.pem", f"{folder}/certificate.der"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-subj", "/O=Campus/CN=www.example.org", "-addext",
                        "subjectAltName=DNS:www.example.org,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org", "-outform", "DER",
                        "-out", der], check=True, capture_output=True)
        return pathlib.Path(der).read_bytes()


FOLDER.mkdir(parents=True, exist_ok=True)
subprocess.run([sys.argv[1], FOLDER], check=True)
for name, data in ODD.items():
    (FOLDER / name).write_bytes(data)
if not (FOLDER / "certificate").exists():
    (FOLDER / "certificate").write_bytes(b"\xff\x00" + certificate())
print(f"{len(list(FOLDER.iterdir()))} inputs")
