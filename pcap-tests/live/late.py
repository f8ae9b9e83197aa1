#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""late.py - A client that sends lines, each after the answer to the previous one,
and prints how the flow ended.

  late.py tcp|udp FROM ADDRESS PORT LINE...

An empty LINE sends nothing and waits for data of the server.
Prints "answered N", "reset N" (TCP) or "refused N" (UDP): after N answers.
"""
import os
import socket
import sys


def main():
    proto, source, address, port, *lines = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if proto == "tcp"
                         else socket.SOCK_DGRAM)
    sock.settimeout(5 * int(os.environ.get("LAB_SLOW", 1)))
    sock.bind((source, 0))
    sock.connect((address, int(port)))
    answers, end = 0, "answered"
    try:
        for line in lines:
            if line:
                sock.sendall(line.encode() + b"\n")
            if not sock.recv(4096):
                sys.exit("late: the connection was closed")
            answers += 1
    except ConnectionResetError:
        end = "reset"
    except ConnectionRefusedError:
        end = "refused"
    print(end, answers)


main()
