#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# ipfix.py - a collector of IPFIX (RFC 7011): prints an object for each record.
# ipfix.py tcp|udp PORT; its socket for TCP has a small buffer.
import ipaddress
import json
import socket
import struct
import sys

REVERSE, NTOP = 29305, 35632
NAMES = {
    (0, 152): "start", (0, 153): "end", (0, 1): "octets", (0, 2): "packets",
    (REVERSE, 1): "reverse_octets", (REVERSE, 2): "reverse_packets",
    (0, 8): "src", (0, 12): "dst", (0, 27): "src", (0, 28): "dst",
    (0, 225): "nat_src", (0, 226): "nat_dst", (0, 281): "nat_src",
    (0, 282): "nat_dst", (0, 7): "sport", (0, 11): "dport",
    (0, 227): "nat_sport", (0, 228): "nat_dport", (0, 10): "in",
    (0, 14): "out", (0, 4): "proto", (0, 136): "end_reason",
    (0, 239): "direction", (0, 95): "app_id", (0, 96): "app_name",
    (0, 94): "app_description", (0, 82): "if_name", (0, 83): "if_description",
    (NTOP, 188): "sni",
}
ADDRESSES = {"src", "dst", "nat_src", "nat_dst"}
TEXTS = {"app_name", "app_description", "if_name", "if_description", "sni"}


def value_of(name, data):
    if name in ADDRESSES:
        return str(ipaddress.ip_address(data))
    if name in TEXTS:
        return data.rstrip(b"\0").decode()
    if name == "app_id":
        return data.hex()
    return int.from_bytes(data, "big")


class Session:
    def __init__(self):
        self.templates = {}
        self.sequence = None

    def read_template(self, data, is_options):
        template, count = struct.unpack_from("!HH", data)
        at = 6 if is_options else 4
        fields = []
        for _ in range(count):
            element, length = struct.unpack_from("!HH", data, at)
            at += 4
            enterprise = 0
            if element & 0x8000:
                enterprise = struct.unpack_from("!I", data, at)[0]
                element &= 0x7fff
                at += 4
            fields.append((NAMES[enterprise, element], length))
        self.templates[template] = fields
        return data[at:]

    def read_record(self, template, data):
        record = {}
        for name, length in self.templates[template]:
            if length == 65535:
                length, data = data[0], data[1:]
                if length == 255:
                    length = struct.unpack_from("!H", data)[0]
                    data = data[2:]
            record[name] = value_of(name, data[:length])
            data = data[length:]
        return record, data

    def read_message(self, message):
        _, length, _, sequence, domain = struct.unpack_from(
            "!HHIII", message)
        if self.sequence not in (None, sequence):
            print(json.dumps({"gap": sequence - self.sequence}), flush=True)
        self.sequence = sequence
        at = 16
        while at < length:
            kind, size = struct.unpack_from("!HH", message, at)
            data = message[at + 4:at + size]
            at += size
            # Less than that is padding.
            while len(data) >= 4:
                if kind < 256:
                    data = self.read_template(data, kind == 3)
                    continue
                record, data = self.read_record(kind, data)
                record.update(template=kind, domain=domain)
                self.sequence += 1
                print(json.dumps(record), flush=True)


def read_exactly(peer, size):
    data = b""
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def serve_tcp(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    while True:
        peer, _ = listener.accept()
        session = Session()
        while header := read_exactly(peer, 4):
            rest = struct.unpack("!HH", header)[1] - 4
            session.read_message(header + read_exactly(peer, rest))


def serve_udp(port):
    sessions = {}
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", port))
    while True:
        message, peer = listener.recvfrom(65536)
        sessions.setdefault(peer, Session()).read_message(message)


(serve_tcp if sys.argv[1] == "tcp" else serve_udp)(int(sys.argv[2]))
