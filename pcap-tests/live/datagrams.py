#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""datagrams.py - One UDP flow that ignores errors, for the live tests: a numbered
datagram each 50 ms.

  datagrams.py ADDRESS PORT COUNT      print how many were not answered
"""
import os
import select
import socket
import sys
import time

EVERY_S = 0.05
PATIENCE_S = 0.5 * int(os.environ.get("LAB_SLOW", 1))


def read(sock, seconds):
    answered = 0
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        try:
            sock.recv(4096)
            answered += 1
        except OSError:
            pass    # an ICMP error: the datagram counts as lost
    return answered


def main():
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.connect((address, port))
    answered = 0
    for number in range(count):
        try:
            sock.send(f"{number}\n".encode())
        except OSError:
            pass
        answered += read(sock, EVERY_S)
    answered += read(sock, PATIENCE_S)
    print(f"sent {count} lost {count - answered}")


if __name__ == "__main__":
    main()
