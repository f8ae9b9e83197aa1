#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""datagrams.py - one UDP conversation that nothing can end, for the live
tests: a numbered datagram each 50 ms, whatever becomes of it.

  datagrams.py ADDRESS PORT COUNT      prints how many were not answered
"""
import select
import socket
import sys
import time

EVERY_S = 0.05
PATIENCE_S = 0.5


def read(sock, seconds):
    heard = 0
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        try:
            sock.recv(4096)
            heard += 1
        except OSError:
            pass    # an ICMP error: the datagram counts as lost
    return heard


def main():
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.connect((address, port))
    heard = 0
    for number in range(count):
        try:
            sock.send(f"{number}\n".encode())
        except OSError:
            pass
        heard += read(sock, EVERY_S)
    heard += read(sock, PATIENCE_S)
    print(f"sent {count} lost {count - heard}")


if __name__ == "__main__":
    main()
