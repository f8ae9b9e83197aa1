#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""begin.py - Flows that begin all the time, for the live tests.

  begin.py ADDRESS TCP-PORT UDP-PORT FILE

A UDP and a TCP flow begin each 20 ms until FILE exists. Print "under way" after
some, and at the end how many flows there were, and how many of them were not
answered from then on. Clients repeat: UDP each 200 ms, TCP as the kernel does.
"""
import os
import select
import socket
import sys
import time

BEGIN_S = 0.02
AGAIN_S = 0.2
FLOWS_MAX = 400
UNDER_WAY = 20
PATIENCE_S = 8 * int(os.environ.get("LAB_SLOW", 1))


class Flow:
    def __init__(self, family, kind, address, port):
        self.sock = socket.socket(family, kind)
        self.sock.setblocking(False)
        self.is_udp = kind == socket.SOCK_DGRAM
        self.is_answered = False
        self.sock.connect_ex((address, port))
        self.send()

    def send(self):
        self.sent = time.monotonic()
        if self.is_udp:
            try:
                self.sock.send(b"\n")
            except OSError:
                pass    # an ICMP error

    # A TCP flow is answered once it is connected; it stays so.
    def take(self):
        if not self.is_udp:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self.is_answered = error == 0
            return
        try:
            self.sock.recv(4096)
            self.is_answered = True
        except OSError:
            pass


def turn(flows):
    now = time.monotonic()
    for flow in flows:
        if flow.is_udp and now - flow.sent > AGAIN_S:
            flow.send()
    reads = [flow.sock for flow in flows if flow.is_udp]
    writes = [flow.sock for flow in flows
              if not flow.is_udp and not flow.is_answered]
    ready = select.select(reads, writes, [], BEGIN_S)
    for flow in flows:
        if flow.sock in ready[0] or flow.sock in ready[1]:
            flow.take()


def main():
    address, tcp, udp, stop = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flows = []
    due = 0
    while not os.path.exists(stop):
        if len(flows) < FLOWS_MAX and time.monotonic() >= due:
            due = time.monotonic() + BEGIN_S
            flows.append(Flow(family, socket.SOCK_DGRAM, address, int(udp)))
            flows.append(Flow(family, socket.SOCK_STREAM, address, int(tcp)))
            if len(flows) == UNDER_WAY:
                print("under way", flush=True)
        turn(flows)
    for flow in flows:
        if flow.is_udp:
            flow.is_answered = False
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and not all(f.is_answered for f in flows):
        turn(flows)
    for name, is_udp in (("UDP", True), ("TCP", False)):
        missing = sum(f.is_udp == is_udp and not f.is_answered for f in flows)
        print(f"{name} unanswered {missing}", flush=True)
    print(f"flows {len(flows)}", flush=True)


if __name__ == "__main__":
    main()
