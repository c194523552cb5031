"""A minimal file server that shows how fast the machine can be: it receives and writes files, or sends them with
sendfile, and does nothing else that a server would do.

    limit.py PORT FOLDER

It understands just enough HTTP for the benchmark's client: PUT with Content-Length, GET and DELETE of a name.
Each connection has a process of its own, forked beforehand, so that connections share nothing but the kernel.
"""

import os
import socket
import sys

WORKERS = 20
BUFFER_BYTES = 1 << 20


def main() -> None:
    """Listens and forks the workers, which run until the program that started this one kills them."""
    port, folder = int(sys.argv[1]), sys.argv[2]
    os.chdir(folder)
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    for _ in range(WORKERS):
        if os.fork() == 0:
            work(listener)
    os.wait()


def work(listener: socket.socket) -> None:
    """Serves connections, one after the other, without end."""
    buffer = memoryview(bytearray(BUFFER_BYTES))
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                while serve(connection, buffer):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass


def serve(connection: socket.socket, buffer: memoryview) -> bool:
    """Serves one request; returns False if the client has closed the connection instead."""
    ahead = b""
    while b"\r\n\r\n" not in ahead:
        count = connection.recv_into(buffer)
        if count == 0:
            return False
        ahead += buffer[:count]
    head, _, ahead = ahead.partition(b"\r\n\r\n")
    method, path, _ = head.split(b" ", 2)
    name = path[1:]
    if method == b"PUT":
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        put(connection, buffer, name, ahead, length)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    elif method == b"GET":
        get(connection, name)
    else:
        os.unlink(name)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    return True


def put(connection: socket.socket, buffer: memoryview, name: bytes, ahead: bytes, length: int) -> None:
    """Receives a file and writes it to disk."""
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    if ahead:
        os.write(file, ahead)
    left = length - len(ahead)
    while left:
        count = connection.recv_into(buffer, min(left, BUFFER_BYTES))
        if count == 0:
            raise ConnectionResetError
        os.write(file, buffer[:count])
        left -= count
    os.close(file)


def get(connection: socket.socket, name: bytes) -> None:
    """Sends a file from the page cache."""
    file = os.open(name, os.O_RDONLY)
    left = os.fstat(file).st_size
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left, socket.MSG_MORE)
    position = 0
    while left:
        sent = os.sendfile(connection.fileno(), file, position, left)
        position, left = position + sent, left - sent
    os.close(file)


if __name__ == "__main__":
    main()
