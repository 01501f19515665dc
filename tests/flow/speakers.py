"""
Services for the checks of version detection: small servers on loopback that say what they are told to, each on a port of its own.
"""
import socket
import ssl
import subprocess
import threading
import time


def certificate(folder):
    """A certificate and its key as one file, or None where there is no openssl."""
    path = f'{folder}/server.pem'
    try:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path,
                        '-out', path + '.crt', '-days', '30', '-subj', '/O=Campus/CN=www.example.org', '-addext',
                        'subjectAltName=DNS:www.example.org,DNS:alt.example.org'], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    with open(path, 'a') as out, open(path + '.crt') as crt:
        out.write(crt.read())
    return path


class Crowd:
    """How many connections there are at once, over all speakers that share it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0

    def change(self, by):
        with self.lock:
            self.now += by
            self.most = max(self.most, self.now)


class Speaker:
    """Listens on a free port, or that of ADDRESS, and hands each connection to TALK(connection), in a thread of its own, or one after the other."""

    def __init__(self, talk, alone=False, crowd=None, address=('127.0.0.1', 0)):
        self.talk, self.alone, self.crowd = talk, alone, crowd or Crowd()
        self.listener = socket.create_server(address, backlog=512)
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            if self.alone:
                self.answer(connection)
            else:
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        self.crowd.change(1)
        try:
            connection.settimeout(20)
            self.talk(connection)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()
            self.crowd.change(-1)


def until_closed(connection):
    while connection.recv(65536):
        pass


def says(words):
    """Says it at once, then listens until it is left."""
    def talk(connection):
        connection.sendall(words)
        until_closed(connection)
    return talk


def answers(words, only_to=b''):
    """Says nothing until it is asked; closes where the question does not begin with ONLY_TO."""
    def talk(connection):
        if connection.recv(65536).startswith(only_to):
            connection.sendall(words)
            until_closed(connection)
    return talk


def silent(connection):
    until_closed(connection)


def within_tls(path, talk):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def secured(connection):
        talk(context.wrap_socket(connection, server_side=True))
    return secured


def smtp_with_starttls(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def talk(connection):
        connection.sendall(b'220 mail.example.org ESMTP Postfix\r\n')
        while True:
            line = connection.recv(4096)
            if line.startswith(b'EHLO'):
                connection.sendall(b'250-mail.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n')
            elif line.startswith(b'STARTTLS'):
                connection.sendall(b'220 go ahead\r\n')
                connection = context.wrap_socket(connection, server_side=True)
            elif not line:
                return
            else:
                connection.sendall(b'500 what?\r\n')
    return talk


def web_of_tls(path, talk, plain):
    """TLS for those who speak it; PLAIN for others, as web servers do."""
    secured = within_tls(path, talk)

    def either(connection):
        if connection.recv(1, socket.MSG_PEEK) == b'\x16':
            secured(connection)
        else:
            answers(plain)(connection)
    return either


def redis(connection):
    """Says that it does not know the question, and does know INFO."""
    while True:
        line = connection.recv(65536)
        if not line:
            return
        info = b'# Server\r\nredis_version:7.2.4\r\n'
        connection.sendall(b'$%d\r\n%s\r\n' % (len(info), info) if line.startswith(b'INFO') else b"-ERR unknown command 'GET'\r\n")


def greets_late(words):
    """On its first connection, and only after others were made: it was waited for."""
    seen = threading.Semaphore(0)
    first = threading.Lock()

    def talk(connection):
        if not first.acquire(blocking=False):
            seen.release()
            until_closed(connection)
            return
        for _ in range(2):
            seen.acquire(timeout=30)
        connection.sendall(words)
        until_closed(connection)
    return talk


def flood(connection):
    """A gigabyte, if it is let."""
    piece = b'A' * 65536
    for _ in range(16384):
        connection.sendall(piece)


def drip(words):
    """A byte now and then, for ever."""
    def talk(connection):
        while True:
            for i in range(len(words)):
                connection.sendall(words[i:i + 1])
                time.sleep(0.02)
    return talk


def endless_records(connection):
    """To a ClientHello: TLS records of a handshake message that never ends (its length: 16 MB)."""
    if connection.recv(65536)[:1] != b'\x16':
        return
    connection.sendall(b'\x16\x03\x03\x40\x00' + b'\x02\xff\xff\xff' + bytes(16380))
    while True:
        connection.sendall(b'\x16\x03\x03\x40\x00' + bytes(16384))


class DatagramSpeaker:
    """A port for datagrams: ANSWER(question) gives what is said, or None."""

    def __init__(self, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(65536)
            words = self.answer(question)
            if words:
                self.socket.sendto(words, peer)
