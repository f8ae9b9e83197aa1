#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""talk.py - Client and server of a flow, for the live tests.

  talk.py serve tcp:25 udp:53 ...      answer each line or datagram with its
                                       source address
  talk.py ask tcp|udp ADDRESS PORT     send lines, check that each is
      [--from ADDR] [--port N]         answered, and print the source address
      [--device NAME]                  that the server saw
      [--lines N] [--wait S] [--pause S]
      [--say TEXT] [--tos N] [--mark N] [--patience S]

--patience S waits S seconds for an answer, times LAB_SLOW.
"""
import argparse
import os
import selectors
import socket
import sys
import time

SO_RCVBUFFORCE = 33             # asm-generic/socket.h


def address_of(peer):
    return peer[0].removeprefix("::ffff:")


def listener(kind, port):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    if kind == socket.SOCK_DGRAM:
        # To reply from the address that was asked, v4-mapped included.
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        # On a busy machine this process may not run for a while.
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        sock.listen(4096)
    return sock


def answer_datagram(sock):
    _, control, _, peer = sock.recvmsg(65536, 1024)
    # IPV6_PKTINFO also applies to mapped addresses. Clear the interface, so
    # that routing chooses it.
    control = [(level, kind, data[:16] + bytes(4))
               for level, kind, data in control
               if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)]
    sock.sendmsg([address_of(peer).encode() + b"\n"], control, 0, peer)


def answer_stream(sock, selector):
    try:
        data = sock.recv(65536)
        if data:
            line = address_of(sock.getpeername()).encode() + b"\n"
            sock.sendall(line * data.count(b"\n"))
            return
    except OSError:
        pass
    selector.unregister(sock)
    sock.close()


def serve(where):
    selector = selectors.DefaultSelector()
    for word in where:
        proto, port = word.split(":")
        kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
        selector.register(listener(kind, int(port)), selectors.EVENT_READ,
                          "listen" if proto == "tcp" else "datagram")
    while True:
        for key, _ in selector.select():
            if key.data == "listen":
                sock, _ = key.fileobj.accept()
                selector.register(sock, selectors.EVENT_READ, "stream")
            elif key.data == "datagram":
                answer_datagram(key.fileobj)
            else:
                answer_stream(key.fileobj, selector)


def connect(args):
    kind = socket.SOCK_STREAM if args.proto == "tcp" else socket.SOCK_DGRAM
    family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.settimeout(args.patience * int(os.environ.get("LAB_SLOW", 1)))
    if args.tos:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, args.tos)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, args.tos)
    if args.mark:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, args.mark)
    if args.device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        args.device.encode())
    if args.source or args.port:
        any_address = "::" if family == socket.AF_INET6 else "0.0.0.0"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((args.source or any_address, args.port))
    sock.connect((args.address, args.server_port))
    return sock


def ask(args):
    sock = connect(args)
    seen = []
    time.sleep(args.wait)
    for number in range(args.lines):
        if number:
            time.sleep(args.pause)
        sock.sendall(args.say.encode() + b"\n")
        data = b""
        while not data.endswith(b"\n"):
            more = sock.recv(4096)
            if not more:
                sys.exit("talk: closed by the server")
            data += more
        if data.decode().strip() not in seen:
            seen.append(data.decode().strip())
    print(" ".join(seen))


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("serve").add_argument("where", nargs="+")
    asker = verbs.add_parser("ask")
    asker.add_argument("proto", choices=["tcp", "udp"])
    asker.add_argument("address")
    asker.add_argument("server_port", type=int)
    asker.add_argument("--from", dest="source")
    asker.add_argument("--port", type=int, default=0)
    asker.add_argument("--device")
    asker.add_argument("--lines", type=int, default=3)
    asker.add_argument("--pause", type=float, default=0)
    asker.add_argument("--wait", type=float, default=0)
    asker.add_argument("--say", default="hello")
    asker.add_argument("--tos", type=lambda text: int(text, 0), default=0)
    asker.add_argument("--mark", type=lambda text: int(text, 0), default=0)
    asker.add_argument("--patience", type=float, default=2)
    args = parser.parse_args()
    if args.verb == "serve":
        serve(args.where)
    try:
        ask(args)
    except OSError as error:
        sys.exit(f"talk: {error}")


if __name__ == "__main__":
    main()
