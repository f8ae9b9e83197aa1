#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""storm.py - Constant traffic that ignores errors, for the live tests.

  storm.py SECONDS KIND:PORT:ADDRESS[=WORDS] ...

KIND is udp, tcp, or long: one TCP connection that sends WORDS first and is not
reopened. The others also start a new flow at each turn. Prints for each how many
lines were answered, and whether the long flow broke:

  udp 198.51.100.7 5002 sent 990 answered 720
"""
import socket
import sys
import time

TURN_S = 0.005
MAX_YOUNG = 100


class Talk:
    def __init__(self, word):
        where, _, self.words = word.partition("=")
        self.kind, port, address = where.split(":", 2)
        self.peer = (address, int(port))
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sent = self.answered = 0
        self.broken = False
        self.young = []
        self.old = self.start()

    def start(self):
        kind = socket.SOCK_DGRAM if self.kind == "udp" else socket.SOCK_STREAM
        sock = socket.socket(self.family, kind)
        sock.setblocking(False)
        try:
            sock.connect(self.peer)
        except OSError:
            pass    # in progress, or refused: the next one may not be
        return sock

    def send(self, sock):
        try:
            sock.send((self.words or "hello").encode() + b"\n")
            self.sent += 1
        except BlockingIOError:
            pass
        except OSError as error:
            return error.errno in (socket.errno.ENOTCONN,
                                   socket.errno.EHOSTUNREACH,
                                   socket.errno.ENETUNREACH)
        return True

    def receive(self, sock):
        try:
            while data := sock.recv(65536):
                self.answered += data.count(b"\n")
            return False
        except BlockingIOError:
            return True
        except OSError:
            return self.kind == "udp"

    def turn(self):
        if not self.broken:
            self.broken = not (self.send(self.old) and self.receive(self.old))
        if self.kind == "long":
            self.words = ""
            return
        sock = self.start()
        self.send(sock)
        self.young.append(sock)
        for sock in self.young[:10]:
            self.receive(sock)
        if len(self.young) > MAX_YOUNG:
            self.young.pop(0).close()

    def report(self):
        print(self.kind, *self.peer, "sent", self.sent, "answered",
              self.answered, "broken" if self.broken else "", flush=True)


def main():
    talks = [Talk(word) for word in sys.argv[2:]]
    time.sleep(0.2)
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        for talk in talks:
            talk.turn()
        time.sleep(TURN_S)
    for talk in talks:
        talk.report()


if __name__ == "__main__":
    main()
