#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""offload.py - Compare kernel rules, engine and replay with random flows.

  offload.py CLIENT WAYMARK STATE POLICY POLICIES

Runs on the router, where an engine uses the policy file POLICY; CLIENT is the
network namespace of the client. For each of POLICIES random policies, flows are
sent with `kernel-routes on` and `kernel-routes off`. The packets and marks in
nflog group 9 must be the same, and equal to those of replay. Prints how many
packets were compared, and each difference.
"""
import ctypes
import os
import random
import select
import socket
import struct
import subprocess
import sys

CLONE_NEWNET = 0x40000000
FLOWS = 48
NETLINK_NETFILTER = 12
ULOG = 4 << 8
NFULA_MARK, NFULA_PAYLOAD = 2, 9
PATIENCE, EXTRA = 2 * int(os.environ.get("LAB_SLOW", 1)), 0.01
SERVERS4 = [f"198.51.100.{n}" for n in (7, 8, 9, 10)]
SERVERS6 = [f"2001:db8:5e::{n}" for n in (7, 8, 9, 10)]
PORTED = {6: "tcp", 17: "udp", 132: "sctp", 136: "udplite"}

rng = random.Random(20240229)
serial = 0


# ---- policies ----

def ports():
    blocks = [rng.randrange(0, 14) for _ in range(rng.randint(1, 3))]
    return "{ " + ", ".join(f"{b * 256}-{(b + rng.randint(0, 1)) * 256 + 255}"
                            for b in blocks) + " }"


def clients():
    some = [f"10.{n}.0.0/16" for n in range(6)] + \
        [f"2001:db8:a{n}::/48" for n in range(6)] + \
        ["0.0.0.0/0", "::/0", "@half", "@long", "10.1.0.0-10.4.255.255"]
    return "{ " + ", ".join(rng.sample(some, rng.randint(1, 3))) + " }"


def servers():
    some = SERVERS4 + SERVERS6 + ["198.51.100.8/30", "2001:db8:5e::8/126"]
    return "{ " + ", ".join(rng.sample(some, rng.randint(1, 3))) + " }"


def atom(headers):
    kind = rng.randrange(12)
    if kind < 3:
        return rng.choice(["tcp ", "udp ", ""]) + "dport " + ports()
    if kind == 3:
        return "sport " + ports()
    if kind < 6:
        return "from " + clients()
    if kind == 6:
        return "to " + servers()
    if kind == 7 and not headers:
        return rng.choice(["app ssh", "app tls", "host example.com",
                           "app dns", "payload /never said/"])
    return rng.choice([
        "tcp", "udp", "icmp", "icmpv6", "sctp", "proto 47", "udplite",
        "dscp ef", "dscp { 1, 2, 46 }", "tos 0x02/0x03", "tos 0x10/0x1c",
        "length 0-80", "length { 60, 200-65535 }", "length 65000-65535",
        "in lan0", "in lan*", "in { up1, up* }"])


def condition(headers, depth=0):
    kind = rng.randrange(7)
    if depth > 2 or kind < 3:
        return rng.choice(["", "", "not "]) + atom(headers)
    if kind == 3:
        return f"not ({condition(headers, depth + 1)})"
    word = " and " if kind < 6 else " or "
    return f"({condition(headers, depth + 1)})" + word + \
        f"({condition(headers, depth + 1)})"


def outcome(may_share=True):
    """Paths that share flows, too; the fourth has no IPv6."""
    if may_share and rng.randrange(3) == 0:
        paths = rng.sample(["one", "two", "three", "four", "main"],
                           rng.randint(2, 5))
        return "via { " + ", ".join(
            f"{path} {rng.choice([1, 1, 2, 3, 7, 40])}" for path in paths
        ) + " }" + rng.choice(["", "", " by source"])
    return rng.choice(["via one", "via two", "via three", "via main", "drop"])


def policy():
    """The routes of a policy; some in long runs, for the maps."""
    lines = ["list addresses half { 10.0.0.0/16, 10.3.0.0/16, "
             "2001:db8:a0::/48, 2001:db8:a3::/48 }",
             "list addresses long { 10.1.0.0/16, 10.4.0.0/16, "
             "2001:db8:a4::/48, " + ", ".join(
                 f"10.2{n}.0.0/17, 2001:db8:b{n}::/48"
                 for n in range(10, 50)) + " }"]
    style = rng.randrange(5)
    for _ in range(rng.randint(1, 9) if style else rng.randint(8, 30)):
        test = condition(False)
        if style == 0:
            test = rng.choice(["tcp dport ", "udp dport "]) + ports()
        elif style == 1:
            test = "from " + clients() + rng.choice(["", " tcp", " dscp ef"])
        line = f"route {test} {outcome()}"
        if rng.randrange(6) == 0:
            line += " except " + rng.choice(["@half", "10.2.0.0/16"])
        lines.append(line)
    if rng.randrange(4) == 0:
        lines.append(f"route per packet {condition(True)} {outcome(False)}")
    lines.append(f"default {outcome()}")
    return "\n".join(lines) + "\n"


# ---- packets ----

def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Packet:
    """A packet of a flow that was never seen before, but for its tag."""

    def __init__(self):
        self.v6 = rng.randrange(3) == 0
        self.net = rng.randrange(6)
        self.server = rng.randrange(4)
        self.proto = rng.choice([6, 6, 6, 17, 17, 17, 1, 47, 50, 132, 136])
        self.sport = rng.randrange(16) * 256 + rng.randrange(256)
        self.dport = rng.randrange(16) * 256 + rng.randrange(256)
        self.options = self.v6 and rng.randrange(4) == 0
        self.vary()

    def vary(self):
        self.tos = rng.choice([0, 0, 0xb8, 0x10, 0x02, 0xbb, 0x04, 0x08])
        self.room = rng.choice([0, 0, 0, 20, 100, 900])

    def transport(self, tag):
        ends = struct.pack(">HH", self.sport, self.dport)
        fill = bytes(self.room) + tag
        if self.proto == 6:
            return ends + struct.pack(">IIBBHHH", 1, 0, 0x50, 2, 8192, 0,
                                      0) + fill
        if self.proto == 17:
            return ends + struct.pack(">HH", 8 + len(fill), 0) + fill
        if self.proto == 136:
            return ends + struct.pack(">HH", 0, 1) + fill
        if self.proto == 132:
            return ends + struct.pack(">IIBBHIIHH", 0, 0, 1, 0, 20, 1, 65536,
                                      1, 1) + tag
        if self.proto == 1:
            return struct.pack(">BBHHH", 128 if self.v6 else 8, 0, 0,
                               self.sport, 1) + fill
        return struct.pack(">HHI", 0, 0x0800, self.sport) + fill

    def bytes(self, host, number):
        """As from a client that nobody else is."""
        body = self.transport(struct.pack(">I", 0xfff70000 + number))
        if self.v6:
            proto = 58 if self.proto == 1 else self.proto
            if self.options:
                body = bytes([proto, 0, 1, 4, 0, 0, 0, 0]) + body
                proto = 60
            source = f"2001:db8:a{self.net}:{host >> 8:x}::{host & 255:x}"
            return struct.pack(">IHBB", 6 << 28 | self.tos << 20, len(body),
                               proto, 64) + \
                socket.inet_pton(socket.AF_INET6, source) + \
                socket.inet_pton(socket.AF_INET6, SERVERS6[self.server]) + body
        header = struct.pack(">BBHHHBBH", 0x45, self.tos, 20 + len(body),
                             number & 0xffff, 0, 64, self.proto, 0) + \
            bytes([10, self.net, host >> 8, host & 255]) + \
            socket.inet_aton(SERVERS4[self.server])
        return header[:10] + struct.pack(">H", checksum(header)) + \
            header[12:] + body


def flows():
    """Rows of packets: the second of a flow varies in what may vary."""
    rows = []
    for _ in range(FLOWS):
        packet = Packet()
        first = (packet.tos, packet.room)
        packet.vary()
        rows.append((packet, first, (packet.tos, packet.room)))
    return rows


# ---- sending and seeing ----

def attribute(kind, value):
    data = struct.pack("<HH", 4 + len(value), kind) + value
    return data + bytes(-len(data) % 4)


class Log:
    """What an nflog group sees: the tag of each packet, and its mark."""

    def __init__(self, group):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                    NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
        for attributes in (attribute(1, b"\1"),
                           attribute(2, struct.pack(">IBB", 2048, 2, 0)) +
                           attribute(4, struct.pack(">I", 1)) +
                           attribute(5, struct.pack(">I", 1))):
            body = struct.pack(">BBH", 0, 0, group) + attributes
            self.socket.send(struct.pack("<IHHII", 16 + len(body), ULOG | 1,
                                         1, 1, 0) + body)

    def read(self, want):
        """{tag: mark}, once so many are there, and any more that come."""
        seen = {}
        while select.select([self.socket], [], [],
                            PATIENCE if len(seen) < want else EXTRA)[0]:
            data = self.socket.recv(1 << 16)
            at = 0
            while at + 16 <= len(data):
                size, kind = struct.unpack_from("<IH", data, at)
                if kind == ULOG:
                    self.take(data[at + 20:at + size], seen)
                at += (size + 3) & ~3
        return seen

    @staticmethod
    def take(attributes, seen):
        at, mark, tag = 0, 0, 0
        while at + 4 <= len(attributes):
            size, kind = struct.unpack_from("<HH", attributes, at)
            value = attributes[at + 4:at + size]
            if kind == NFULA_MARK:
                mark = struct.unpack(">I", value)[0]
            elif kind == NFULA_PAYLOAD:
                tag = struct.unpack(">I", value[-4:])[0] & 0xffff
            at += (size + 3) & ~3
        seen[tag] = mark


def client_socket(namespace, interface):
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(namespace, os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(other, CLONE_NEWNET) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    libc.setns(own, CLONE_NEWNET)
    return sender


class Lab:
    def __init__(self, client, waymark, state, path):
        self.sender = client_socket(client, "eth0")
        mac = open("/sys/class/net/lan0/address").read().replace(":", "")
        self.frame = bytes.fromhex(mac.strip()) + \
            self.sender.getsockname()[4]
        self.log = Log(9)
        self.waymark, self.state, self.path = waymark, state, path
        self.head = open(path).read().split("# routes")[0]

    def reload(self, text, offload):
        with open(self.path, "w") as out:
            out.write(f"{self.head}# routes\nkernel-routes {offload}\n{text}")
        done = subprocess.run(
            [self.waymark, "reload", "--state-dir", self.state],
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"reload: {done.stderr}\n{text}")

    def send(self, packets, want):
        for data in packets:
            kind = b"\x08\x00" if data[0] >> 4 == 4 else b"\x86\xdd"
            self.sender.send(self.frame + kind + data)
        return self.log.read(want)

    def run(self, rows):
        """By number: the mark, None for what was dropped, and what replay
        says it has to be; how many replay queued."""
        global serial
        hosts = range(serial + 1, serial + 1 + len(rows))
        serial += len(rows)
        sent, marks = [], {}
        for turn in (0, 1):
            batch = []
            for i, (packet, *fields) in enumerate(rows):
                if turn == 1 and marks[i] is None:
                    continue
                packet.tos, packet.room = fields[turn]
                number = turn * FLOWS + i
                batch.append((number, packet.bytes(hosts[i], number)))
            sent += batch
            said, queued = self.replay(sent)
            want = sum(said[number] is not None for number, _ in batch)
            seen = self.send([data for _, data in batch], want)
            for number, _ in batch:
                marks[number] = seen.get(number)
        return marks, said, queued

    def replay(self, sent):
        capture = self.path + ".pcap"
        with open(capture, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144,
                                  101))
            for at, (_, data) in enumerate(sent):
                out.write(struct.pack("<IIII", 1, at, len(data), len(data)))
                out.write(data)
        done = subprocess.run(
            [self.waymark, "replay", "--packets", "--in", "lan0",
             self.path, capture], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"replay: {done.stderr}")
        marks, queued = {}, 0
        for line in done.stdout.splitlines():
            words = line.split()
            if "mark" not in words or words[0] == "flow":
                continue
            at = words.index("mark")
            number = sent[int(words[0]) - 1][0]
            marks[number] = None if words[at + 2] == "drop" else \
                int(words[at + 1], 16)
            queued += words[-1] == "queued"
        return marks, queued


def main():
    lab = Lab(*sys.argv[1:5])
    compared = differ = queued = 0
    for turn in range(int(sys.argv[5])):
        text, rows = policy(), flows()
        lab.reload(text, "off")
        off, said_off, _ = lab.run(rows)
        lab.reload(text, "on")
        on, said, asked = lab.run(rows)
        queued += asked
        for number in on:
            compared += 1
            # Balanced paths differ by client, and so from turn to turn.
            values = (on[number], said[number], off.get(number),
                      said_off.get(number))
            if values[0] != values[1] or values[2] != values[3] or \
                    (values[0] != values[2] and "via {" not in text):
                differ += 1
                if differ > 8:
                    continue
                packet = rows[number % FLOWS]
                print(f"policy {turn}, packet {number}: on and off, each with "
                      f"replay: {values} {vars(packet[0])} {packet[1:]}\n{text}")
    print(f"{compared} packets, {differ} differ, {queued} queued")


if __name__ == "__main__":
    main()
