#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""flows.py - Thousands of short flows and some long ones, for the live tests.

  flows.py FIRST TURNS EVERY KEPT PROTO:PORT:ADDRESS=WORDS ...

Each turn starts a new flow of each kind, which sends WORDS and ends with the
answer. Turns are EVERY seconds apart; there are at least TURNS of them, and more
until a SIGTERM. KEPT flows of each kind start first and send a line at every
tenth turn. Source ports count from FIRST, so that all flows differ. Prints

  new 1200 answered 1200 kept 960 answered 960
"""
import os
import selectors
import signal
import socket
import sys
import time

PATIENCE_S = 4 * int(os.environ.get("LAB_SLOW", 1))


class Counts:
    sent = answered = 0


class Flow:
    def __init__(self, word, own_port, selector, counts, is_kept):
        where, _, words = word.partition("=")
        proto, port, address = where.split(":", 2)
        kind = socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM
        self.words = words.encode() + b"\n"
        self.selector, self.counts, self.is_kept = selector, counts, is_kept
        self.sock = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("", own_port))
        self.sock.connect_ex((address, int(port)))
        selector.register(self.sock, selectors.EVENT_WRITE, self)

    def send(self):
        try:
            self.sock.send(self.words)
            self.counts.sent += 1
        except OSError:
            pass

    def ready(self, events):
        if events & selectors.EVENT_WRITE:
            self.send()
            self.selector.modify(self.sock, selectors.EVENT_READ, self)
            return
        try:
            answer = self.sock.recv(65536)
        except OSError:
            answer = b""
        self.counts.answered += answer.count(b"\n")
        if not answer or not self.is_kept:
            self.selector.unregister(self.sock)
            self.sock.close()


class Storm:
    def __init__(self, words):
        self.words = words
        self.selector = selectors.DefaultSelector()
        self.new, self.kept = Counts(), Counts()
        self.goes_on = True
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.goes_on = False

    def wait(self, end):
        while (left := end - time.monotonic()) > 0:
            for key, events in self.selector.select(left):
                key.data.ready(events)

    def begin(self, own_port, counts):
        return [Flow(word, own_port, self.selector, counts,
                     counts is self.kept) for word in self.words]

    def run(self, port, turns, every, count):
        kept = [flow for i in range(count)
                for flow in self.begin(port + i, self.kept)]
        self.wait(time.monotonic() + 0.5)
        start, turn = time.monotonic(), 0
        while turn < turns or self.goes_on:
            self.begin(port + count + turn, self.new)
            for flow in kept if turn % 10 == 0 else ():
                flow.send()
            turn += 1
            self.wait(start + turn * every)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and (
                self.new.answered < turn * len(self.words) or
                self.kept.answered < self.kept.sent):
            self.wait(time.monotonic() + 0.1)
        return turn * len(self.words)


def main():
    storm = Storm(sys.argv[5:])
    flows = storm.run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]),
                      int(sys.argv[4]))
    print("new", flows, "answered", storm.new.answered,
          "kept", storm.kept.sent, "answered", storm.kept.answered)


if __name__ == "__main__":
    main()
