#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Send the first packet of some flows without waiting for answers.

usage: first.py KIND COUNT NET4 NET6

KIND is udp4, tcp4, other4 (a protocol without ports), udp6, tcp6 or other6.
Flows with ports go to NET4.9 and NET6::9, port 443, each from another port; the
others to COUNT addresses. Each run sends the same flows.
"""
import socket
import sys

OTHER = 253                     # for experiments (RFC 3692)
FIRST_PORT = 21000


def first(family, kind, address, port):
    if kind == "other":
        with socket.socket(family, socket.SOCK_RAW, OTHER) as sock:
            sock.sendto(b"first", (address, 0))
        return
    types = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    with socket.socket(family, types[kind]) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", port))
        sock.setblocking(False)
        sock.connect_ex((address, 443))
        if kind == "udp":
            sock.send(b"first")


def main():
    kind, count, net4, net6 = sys.argv[1:]
    is_v6 = kind.endswith("6")
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    for i in range(int(count)):
        host = 9 if not kind.startswith("other") else 20 + i
        address = f"{net6}::{host}" if is_v6 else f"{net4}.{host}"
        first(family, kind[:-1], address, FIRST_PORT + i)


main()
