#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""flood.py COUNT - Write a capture of COUNT flows, one per ms, to stdout.

Raw IP: UDP datagrams of 100 bytes, each with another source.
"""
import struct
import sys

LINK_RAW = 101
PAYLOAD = b"x" * 100
LENGTH = 20 + 8 + len(PAYLOAD)
RECORD = struct.Struct("<IIII")
HEADERS = struct.Struct("!BBHHHBBHIIHHHH")


def records(first, last):
    for i in range(first, last):
        yield RECORD.pack(1000 + i // 1000, i % 1000 * 1000, LENGTH, LENGTH)
        yield HEADERS.pack(0x45, 0, LENGTH, 0, 0, 64, 17, 0,
                           0x0a000001 + i // 50000, 0xc6336407,
                           1024 + i % 50000, 5000, 8 + len(PAYLOAD), 0)
        yield PAYLOAD


def main():
    count = int(sys.argv[1])
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                          LINK_RAW))
    for first in range(0, count, 10000):
        out.write(b"".join(records(first, min(first + 10000, count))))


main()
