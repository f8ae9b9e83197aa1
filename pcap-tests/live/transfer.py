#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""transfer.py - Whole transfers between a client and a server, for the live
tests: a download over HTTP, or datagrams that are echoed.

  transfer.py serve tcp:25 udp:53 ...
  transfer.py tcp|udp FROM PORT ADDRESS PORT [--tos N] [--host NAME]

The first PORT is the source port, 0 for any. Exit status 0 if all data has
arrived unchanged.
"""
import argparse
import hashlib
import http.client
import http.server
import os
import socket
import sys
import threading

SIZE = 300_000
DATAGRAMS = 20
PATIENCE_S = 3 * int(os.environ.get("LAB_SLOW", 1))
DATA = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(SIZE // 32))


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True


def echo(sock):
    while True:
        data, control, _, peer = sock.recvmsg(65536, 1024)
        # Reply from the address that was asked; routing chooses the interface.
        control = [(level, kind, value[:16] + bytes(4))
                   for level, kind, value in control
                   if kind == socket.IPV6_PKTINFO]
        sock.sendmsg([data], control, 0, peer)


def serve(ports):
    for word in ports:
        proto, port = word.split(":")
        if proto == "tcp":
            target, args = Server(("::", int(port)), Page).serve_forever, ()
        else:
            sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            sock.bind(("::", int(port)))
            target, args = echo, (sock,)
        threading.Thread(target=target, args=args).start()


def connect(args):
    family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if args.proto == "tcp"
                         else socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, args.tos)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, args.tos)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.settimeout(PATIENCE_S)
    sock.bind((args.source, args.source_port))
    sock.connect((args.address, args.port))
    return sock


def host_name(text):
    return text if text.isascii() else text.encode("idna").decode()


def download(args):
    connection = http.client.HTTPConnection(args.address, args.port)
    connection.sock = connect(args)
    connection.request("GET", "/", headers={"Host": host_name(args.host)})
    if connection.getresponse().read() != DATA:
        sys.exit("transfer: the data differs")


def exchange(args):
    sock = connect(args)
    for number in range(DATAGRAMS):
        datagram = b"%d " % number + DATA[:1000]
        sock.send(datagram)
        if sock.recv(65536) != datagram:
            sys.exit("transfer: a datagram differs")


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("proto", choices=["tcp", "udp"])
    parser.add_argument("source")
    parser.add_argument("source_port", type=int)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--tos", type=lambda text: int(text, 0), default=0)
    parser.add_argument("--host", default="lab.example")
    args = parser.parse_args()
    try:
        (download if args.proto == "tcp" else exchange)(args)
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"transfer: {error}")


main()
