#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""downloads.py - downloads that last a while, for the live tests.

  downloads.py serve PORT              IPv4 and IPv6
  downloads.py get ADDRESS PORT SECONDS COUNT
                                       prints "under way" when all have begun,
                                       and how many were complete
"""
import socket
import socketserver
import sys
import threading
import time

PIECE = b"x" * 8192
EVERY_S = 0.05
PATIENCE_S = 20


class Download(socketserver.BaseRequestHandler):
    def handle(self):
        count = int(self.request.recv(16))
        for _ in range(count):
            self.request.sendall(PIECE)
            time.sleep(EVERY_S)


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def get(address, port, count, begun, complete):
    received = 0
    try:
        with socket.create_connection((address, port), PATIENCE_S) as sock:
            sock.send(f"{count}\n".encode())
            while piece := sock.recv(65536):
                received += len(piece)
                if received == len(piece):
                    begun.release()
    except OSError as error:
        sys.stdout.write(f"{address}: {error}\n")    # of several threads
    complete.append(received == count * len(PIECE))


def main():
    if sys.argv[1] == "serve":
        Server(("::", int(sys.argv[2])), Download).serve_forever()
    address, port = sys.argv[2], int(sys.argv[3])
    count = int(float(sys.argv[4]) / EVERY_S)
    begun, complete = threading.Semaphore(0), []
    threads = [threading.Thread(target=get, args=(address, port, count, begun,
                                                  complete))
               for _ in range(int(sys.argv[5]))]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire(timeout=PATIENCE_S)
    print("under way", flush=True)
    for thread in threads:
        thread.join()
    print(f"complete {sum(complete)} of {len(complete)}")


if __name__ == "__main__":
    main()
