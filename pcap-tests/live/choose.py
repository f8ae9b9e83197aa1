#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""choose.py - a UDP socket that chooses its uplink, for the live tests: print the
source address that the server saw.

  choose.py unicast-if|pktinfo DEVICE ADDRESS PORT
"""
import os
import socket
import struct
import sys

IP_UNICAST_IF, IPV6_UNICAST_IF = 50, 76         # linux/in.h, linux/in6.h
IP_PKTINFO = 8


def main():
    way, device, address, port = sys.argv[1:]
    index = socket.if_nametoindex(device)
    is_v6 = ":" in address
    sock = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET,
                         socket.SOCK_DGRAM)
    sock.settimeout(2 * int(os.environ.get("LAB_SLOW", 1)))
    control = []
    if way == "pktinfo" and is_v6:
        control = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO,
                    struct.pack("@16sI", bytes(16), index))]
    elif way == "pktinfo":
        control = [(socket.IPPROTO_IP, IP_PKTINFO,
                    struct.pack("@I4s4s", index, bytes(4), bytes(4)))]
    elif is_v6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_UNICAST_IF,
                        struct.pack("!I", index))
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF,
                        struct.pack("!I", index))
    sock.sendmsg([b"hello\n"], control, 0, (address, int(port)))
    print(sock.recv(99).decode().strip())


if __name__ == "__main__":
    main()
