#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""balance.py - Many concurrent flows and the source address of each, for the live
tests of load balancing.

  balance.py COUNT LINES PROTO:PORT:SERVER[=CLIENT] ...

COUNT flows of each kind send LINES lines, each after the answer to the previous
one; talk.py answers with the source address of a line. Prints the number of
flows of each address, of flows with several, and of lines without answer:

  203.0.113.18 300 203.0.113.34 100 split 0 lost 0
"""
import collections
import os
import selectors
import socket
import sys
import time

PATIENCE_S = 3 * int(os.environ.get("LAB_SLOW", 1))
AT_ONCE = 100


class Flow:
    def __init__(self, word, lines):
        where, _, client = word.partition("=")
        proto, port, server = where.split(":", 2)
        kind = socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM
        self.sock = socket.socket(
            socket.AF_INET6 if ":" in server else socket.AF_INET, kind)
        self.sock.setblocking(False)
        if client:
            self.sock.bind((client, 0))
        self.sock.connect_ex((server, int(port)))
        self.left, self.seen = lines, set()

    def ready(self, events):
        """Return the event to wait for next, 0 if the flow has ended."""
        try:
            if events & selectors.EVENT_WRITE:
                self.sock.send(b"hello\n")
                return selectors.EVENT_READ
            answer = self.sock.recv(65536)
        except OSError:
            return 0
        if not answer:
            return 0
        self.seen.add(answer.decode().strip())
        self.left -= 1
        return selectors.EVENT_WRITE if self.left else 0


def run(flows):
    selector = selectors.DefaultSelector()
    for flow in flows:
        selector.register(flow.sock, selectors.EVENT_WRITE, flow)
    end = time.monotonic() + PATIENCE_S
    while selector.get_map() and time.monotonic() < end:
        for key, events in selector.select(0.1):
            following = key.data.ready(events)
            if following:
                selector.modify(key.fileobj, following, key.data)
            else:
                selector.unregister(key.fileobj)
    for flow in flows:
        flow.sock.close()


def main():
    count, lines, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    paths = collections.Counter()
    split = lost = 0
    todo = [word for word in words for _ in range(count)]
    for at in range(0, len(todo), AT_ONCE):
        flows = [Flow(word, lines) for word in todo[at:at + AT_ONCE]]
        run(flows)
        for flow in flows:
            split += len(flow.seen) > 1
            lost += flow.left
            if len(flow.seen) == 1:
                paths[flow.seen.pop()] += 1
    for path in sorted(paths):
        print(path, paths[path], end=" ")
    print("split", split, "lost", lost)


if __name__ == "__main__":
    main()
