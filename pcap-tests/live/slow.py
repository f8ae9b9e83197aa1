#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slow.py - A client that connects, and sends its first line when a file exists.

  slow.py SERVER PORT FILE

Prints "answered", or "silence" after two seconds without an answer.
"""
import os
import socket
import sys
import time

SLOW = int(os.environ.get("LAB_SLOW", 1))

with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5 * SLOW) as sock:
    sock.settimeout(2 * SLOW)
    while not os.path.exists(sys.argv[3]):
        time.sleep(0.05)
    sock.sendall(b"a first line\n")
    try:
        print("answered" if sock.recv(100) else "closed")
    except TimeoutError:
        print("silence")
