#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""look_up.py - Query the DNS for a name as a stub resolver does, from a given
source address.

  look_up.py FROM NAME udp|tcp SERVER [TYPE...]

TYPEs are A (the default), AAAA, HTTPS. Several use one connection, in one
segment, and each answer is read in turn. Prints the last bytes of the last
answer as an address, which is also where an HTTPS record has its hint.
"""
import os
import socket
import struct
import sys

TYPES = {"A": 1, "AAAA": 28, "HTTPS": 65}


def question(name, kind, number):
    labels = b"".join(bytes([len(part)]) + part.encode()
                      for part in name.split("."))
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + \
        b"\0" + struct.pack(">2H", TYPES[kind], 1)


def take(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            sys.exit("look_up: the connection was closed")
        data += more
    return data


def by_tcp(sock, questions):
    sock.sendall(b"".join(struct.pack(">H", len(q)) + q for q in questions))
    answer = b""
    for _ in questions:
        answer = take(sock, struct.unpack(">H", take(sock, 2))[0])
    return answer


def by_udp(sock, questions):
    for q in questions:
        sock.send(q)
    answer = b""
    for _ in questions:
        answer = sock.recv(4096)
    return answer


def main():
    source, name, proto, server, *kinds = sys.argv[1:]
    kinds = kinds or ["A"]
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if proto == "tcp"
                         else socket.SOCK_DGRAM)
    sock.settimeout(3 * int(os.environ.get("LAB_SLOW", 1)))
    sock.bind((source, 0))
    sock.connect((server, 53))
    questions = [question(name, kind, i) for i, kind in enumerate(kinds)]
    answer = (by_tcp if proto == "tcp" else by_udp)(sock, questions)
    if kinds[-1] == "AAAA":
        print(socket.inet_ntop(socket.AF_INET6, answer[-16:]))
    else:
        print(socket.inet_ntoa(answer[-4:]))


main()
