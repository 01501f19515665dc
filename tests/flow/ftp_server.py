"""A small FTP server that speaks enough for passive and active transfers (RFC 959, RFC 2428): PASV, EPSV, PORT, EPRT."""
import socket
import threading

DATA = b'notes\n' * 100


class FtpServer:
    def __init__(self, listener, address):
        """LISTENER is a listening socket of the server's namespace; data sockets are made there too, by MAKE."""
        self.listener, self.address = listener, address
        self.data_ports = []

    def answer(self, connection, make):
        """One control connection, until QUIT. MAKE(source_port) gives a socket in the server's network."""
        lines = connection.makefile('rwb', buffering=0)
        opener = None

        def say(words):
            lines.write(words.encode() + b'\r\n')

        say('220 ready')
        while True:
            line = lines.readline().decode(errors='replace').strip()
            if not line:
                return
            word, _, rest = line.partition(' ')
            word = word.upper()
            if word == 'USER':
                say('331 password')
            elif word == 'PASS':
                say('230 in')
            elif word in ('PASV', 'EPSV'):
                s = make(0)
                s.listen(1)
                port = s.getsockname()[1]
                self.data_ports.append(port)
                if word == 'PASV':
                    say('227 Entering Passive Mode (%s,%d,%d)' % (self.address.replace('.', ','), port >> 8, port & 255))
                else:
                    say('229 Entering Extended Passive Mode (|||%d|)' % port)
                opener = lambda s=s: s.accept()[0]
            elif word == 'PORT':
                n = [int(x) for x in rest.split(',')]
                to = ('.'.join(map(str, n[:4])), n[4] << 8 | n[5])
                say('200 noted')
                opener = lambda to=to: self.connect(make, to)
            elif word == 'EPRT':
                _, _, host, port, _ = rest.split(rest[0])
                say('200 noted')
                opener = lambda to=(host, int(port)): self.connect(make, to)
            elif word == 'RETR':
                say('150 here it comes')
                with opener() as data:
                    data.sendall(DATA)
                say('226 that was it')
            elif word == 'QUIT':
                say('221 bye')
                return
            else:
                say('200 well')

    @staticmethod
    def connect(make, to):
        s = make(0)
        s.connect(to)
        return s

    def run(self, make):
        def loop():
            while True:
                try:
                    connection, _ = self.listener.accept()
                except OSError:
                    return
                threading.Thread(target=self.answer, args=(connection, make), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
