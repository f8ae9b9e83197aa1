# SPDX-License-Identifier: GPL-2.0-or-later
"""starttls.py CERTIFICATE KEY - Servers that start TLS within a protocol.

For `openssl s_client -starttls`: each port answers what that client sends, then
starts TLS. They implement nothing else of their protocols.
"""
import socket
import ssl
import sys
import threading

LDAP_DONE = bytes.fromhex("300c02010178070a010004000400")
MYSQL = (b"\x34\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0"
         b"\xff\xdf\x15" + bytes(10) + b"ijklmnopqrst\0")
SIEVE = (b'"IMPLEMENTATION" "lab"\r\n"SIEVE" "fileinto"\r\n"STARTTLS"\r\n'
         b"OK\r\n")

# Port: greeting, then what the client sends and the answer to it. A number is
# a length in bytes.
SERVERS = {
    7001: (b"220 mx ESMTP\r\n", [(b"EHLO", b"250-mx\r\n250 STARTTLS\r\n"),
                                 (b"STARTTLS", b"220 go\r\n")]),
    7002: (b"* OK ready\r\n",
           [(b". CAPABILITY",
             b"* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n"),
            (b". STARTTLS", b". OK go\r\n")]),
    7003: (b"+OK\r\n", [(b"STLS", b"+OK\r\n")]),
    7004: (b"220 ready\r\n", [(b"FEAT", b"211-\r\n AUTH TLS\r\n211 End\r\n"),
                              (b"AUTH TLS", b"234 go\r\n")]),
    7005: (b"200 ready\r\n",
           [(b"CAPABILITIES", b"101 list\r\nSTARTTLS\r\n.\r\n"),
            (b"STARTTLS", b"382 go\r\n")]),
    7006: (SIEVE, [(b"STARTTLS", b"OK\r\n")]),
    7007: (b"", [(b"STARTTLS", b":lab 670 * :go\r\n")]),
    7008: (MYSQL, [(36, b"")]),
    7009: (b"", [(8, b"S")]),
    7010: (b"", [(31, LDAP_DONE)]),
}


def read(conn, wanted):
    data = b""
    while len(data) < wanted if isinstance(wanted, int) else \
            not data.endswith(b"\n"):
        more = conn.recv(1)
        if not more:
            raise EOFError
        data += more
    if isinstance(wanted, bytes) and not data.startswith(wanted):
        raise ValueError(data)


def serve(conn, greeting, steps, context):
    try:
        conn.sendall(greeting)
        for wanted, answer in steps:
            read(conn, wanted)
            conn.sendall(answer)
        context.wrap_socket(conn, server_side=True).recv(1)
    except (EOFError, OSError, ValueError) as error:
        print(error, flush=True)
    finally:
        conn.close()


def listen(port, greeting, steps, context):
    with socket.create_server(("", port)) as server:
        while True:
            serve(server.accept()[0], greeting, steps, context)


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    for port, (greeting, steps) in SERVERS.items():
        threading.Thread(target=listen,
                         args=(port, greeting, steps, context)).start()


main()
