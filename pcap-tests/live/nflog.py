#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nflog.py - Read captures of nflog groups (tcpdump -i nflog:N) with marks.

  nflog.py raw IN OUT             write the packets as a capture of raw IP
  nflog.py same BEFORE AFTER TXT  BEFORE and AFTER are captures of the same
                                  packets, TXT is the output of `waymark replay
                                  --packets` for BEFORE: compare the marks of
                                  AFTER with those in TXT
"""
import collections
import re
import struct
import sys

LINKTYPE_RAW = 101
LINKTYPE_NFLOG = 239
NFULA_MARK = 2
NFULA_PAYLOAD = 9


def packets(path):
    """(record header, mark, IP packet) of each record of an nflog capture."""
    data = open(path, "rb").read()
    if struct.unpack_from("<I", data, 20)[0] != LINKTYPE_NFLOG:
        sys.exit(f"{path}: not an nflog capture")
    at = 24
    while at + 16 <= len(data):
        header = data[at:at + 8]
        caplen = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        mark, packet, tlv = 0, b"", 4
        while tlv + 4 <= len(frame):
            size, kind = struct.unpack_from("<HH", frame, tlv)
            value = frame[tlv + 4:tlv + size]
            if kind == NFULA_MARK:
                mark = struct.unpack(">I", value)[0]
            elif kind == NFULA_PAYLOAD:
                packet = value
            tlv += (size + 3) & ~3
        yield header, mark, packet


def write_raw(source, target):
    with open(target, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144,
                              LINKTYPE_RAW))
        for header, _, packet in packets(source):
            out.write(header + struct.pack("<II", len(packet), len(packet)))
            out.write(packet)


def same(before, after, printed):
    live = collections.defaultdict(list)
    for _, mark, packet in packets(after):
        live[packet].append(mark)
    marks = {}
    for line in open(printed):
        found = re.match(r"(\d+) .* mark (0x[0-9a-f]+) (\S+) ", line)
        if found:
            number, mark, path = found.groups()
            marks[int(number)] = None if path == "drop" else int(mark, 16)
    compared = differ = 0
    for number, (_, _, packet) in enumerate(packets(before), 1):
        want = marks.get(number, 0)
        got = live[packet].pop(0) if live[packet] else None
        compared += 1
        if got != want:
            differ += 1
            show = ["dropped" if mark is None else f"{mark:#010x}"
                    for mark in (got, want)]
            print(f"packet {number}: live {show[0]}, replay {show[1]}")
    print(f"{compared} packets, {differ} with another mark")
    return compared > 0 and differ == 0


if sys.argv[1] == "raw":
    write_raw(sys.argv[2], sys.argv[3])
else:
    sys.exit(0 if same(*sys.argv[2:5]) else 1)
