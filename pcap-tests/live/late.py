#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""late.py - a client that says lines one by one, each after the answer to the
one before, and tells how it ended.

  late.py tcp|udp FROM ADDRESS PORT LINE...

An empty LINE says nothing and waits for the server's words.
Prints "answered N", "reset N" (TCP) or "refused N" (UDP): after N answers.
"""
import socket
import sys


def main():
    proto, source, address, port, *lines = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if proto == "tcp"
                         else socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.bind((source, 0))
    sock.connect((address, int(port)))
    answers, how = 0, "answered"
    try:
        for line in lines:
            if line:
                sock.sendall(line.encode() + b"\n")
            if not sock.recv(4096):
                sys.exit("late: the connection was closed")
            answers += 1
    except ConnectionResetError:
        how = "reset"
    except ConnectionRefusedError:
        how = "refused"
    print(how, answers)


main()
