#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reorder.py - Reorder the first payload segments of each TCP client.

  reorder.py IN.pcap OUT.pcap

For each flow, the payload frames of the client before the server's first
payload are reversed, and the last of them is duplicated. Time stamps keep their
place in the file, so that they still increase. Ethernet captures only.
"""
import struct
import sys


def frames(data):
    at = 24
    while at < len(data):
        sec, usec, caplen, length = struct.unpack_from("<IIII", data, at)
        yield sec, usec, length, data[at + 16:at + 16 + caplen]
        at += 16 + caplen


def tcp_of(frame):
    """(source, destination, payload length) of a TCP frame, else None."""
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x0800 and frame[23] == 6:
        head = 14 + (frame[14] & 15) * 4
        end = 14 + struct.unpack_from(">H", frame, 16)[0]
        hosts = frame[26:30], frame[30:34]
    elif kind == 0x86dd and frame[20] == 6:
        head = 54
        end = 54 + struct.unpack_from(">H", frame, 18)[0]
        hosts = frame[22:38], frame[38:54]
    else:
        return None
    payload = end - head - (frame[head + 12] >> 4) * 4
    return hosts[0] + frame[head:head + 2], \
        hosts[1] + frame[head + 2:head + 4], payload


def groups(packets):
    """Of each flow, where its client's first flight of payload stands."""
    flights, ended = {}, set()
    for number, packet in enumerate(packets):
        tcp = tcp_of(packet[3])
        if not tcp or tcp[2] == 0:
            continue
        source, destination, _ = tcp
        if (destination, source) in flights:
            ended.add((destination, source))
        elif (source, destination) not in ended:
            flights.setdefault((source, destination), []).append(number)
    return flights.values()


def main():
    data = open(sys.argv[1], "rb").read()
    packets = list(frames(data))
    order = list(range(len(packets)))
    twice = []
    for flight in groups(packets):
        for place, number in zip(flight, reversed(flight)):
            order[place] = number
        twice.append(flight[len(flight) // 2])
    with open(sys.argv[2], "wb") as out:
        out.write(data[:24])
        for place, number in enumerate(order):
            sec, usec = packets[place][:2]
            length, frame = packets[number][2:]
            record = struct.pack("<IIII", sec, usec, len(frame), length)
            out.write((record + frame) * (2 if place in twice else 1))


main()
