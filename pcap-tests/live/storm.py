#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""storm.py - constant traffic that nothing discourages, for the live tests.

  storm.py SECONDS KIND:PORT:ADDRESS[=WORDS] ...

KIND is udp, tcp, or long for one TCP connection that says WORDS first and is
never made anew. The others also begin a new flow at each turn. Whatever
becomes of a packet, the next one follows. Prints for each how much was
answered, and whether the long flow broke:

  udp 198.51.100.7 5002 sent 990 answered 720
"""
import socket
import sys
import time

TURN_S = 0.005
YOUNG_MOST = 100


class Talk:
    def __init__(self, word):
        where, _, self.words = word.partition("=")
        self.kind, port, address = where.split(":", 2)
        self.peer = (address, int(port))
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sent = self.answered = 0
        self.broken = False
        self.young = []
        self.old = self.begin()

    def begin(self):
        kind = socket.SOCK_DGRAM if self.kind == "udp" else socket.SOCK_STREAM
        sock = socket.socket(self.family, kind)
        sock.setblocking(False)
        try:
            sock.connect(self.peer)
        except OSError:
            pass    # in progress, or refused: the next one may not be
        return sock

    def say(self, sock):
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

    def hear(self, sock):
        try:
            while heard := sock.recv(65536):
                self.answered += heard.count(b"\n")
            return False
        except BlockingIOError:
            return True
        except OSError:
            return self.kind == "udp"

    def turn(self):
        if not self.broken:
            self.broken = not (self.say(self.old) and self.hear(self.old))
        if self.kind == "long":
            self.words = ""
            return
        sock = self.begin()
        self.say(sock)
        self.young.append(sock)
        for sock in self.young[:10]:
            self.hear(sock)
        if len(self.young) > YOUNG_MOST:
            self.young.pop(0).close()

    def tell(self):
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
        talk.tell()


if __name__ == "__main__":
    main()
