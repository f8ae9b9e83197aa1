# SPDX-License-Identifier: GPL-2.0-or-later
"""notify.py - the service manager's side of sd_notify(3), for live tests.

    notify.py receive SOCKET   print each message on one line, its lines joined
                               with " | "; for READY=1 a second line shows
                               what the kernel holds at that moment
    notify.py freeze PID       stop one worker thread of a daemon, print its
                               number, and continue it at the end of input
"""
import ctypes
import os
import socket
import subprocess
import sys

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False).stdout


def in_force():
    """What a set-up consists of: rules by mark, the table, bound queues."""
    found = []
    if "fwmark" in output_of("ip", "-4", "rule"):
        found.append("rules")
    if "queue" in output_of("nft", "list", "table", "inet", "waymark"):
        found.append("table")
    with open("/proc/net/netfilter/nfnetlink_queue", encoding="ascii") as text:
        if text.read():
            found.append("queue")
    return " ".join(found)


def receive(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path)
    while True:
        message = server.recv(65536).decode()
        print(message.strip().replace("\n", " | "), flush=True)
        if "READY=1" in message.split("\n"):
            print("in force:", in_force(), flush=True)


def is_worker(task):
    """Only workers have no capability but CAP_NET_ADMIN."""
    with open(task + "/status", encoding="ascii") as text:
        return "CapEff:\t0000000000001000" in text.read()


def freeze(pid):
    tasks = f"/proc/{pid}/task"
    tid = next(int(task) for task in sorted(os.listdir(tasks))
               if is_worker(f"{tasks}/{task}"))
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if ptrace(request, tid, None, None) < 0:
            sys.exit(f"ptrace {tid}: {os.strerror(ctypes.get_errno())}")
    os.waitpid(tid, WALL)
    print(tid, flush=True)
    sys.stdin.read()    # the kernel detaches when the tracer ends


if sys.argv[1] == "receive":
    receive(sys.argv[2])
else:
    freeze(sys.argv[2])
