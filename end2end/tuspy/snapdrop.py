"""Defines what the tests need: the real server as a child process, a room on it, and a network to it that can break."""

import hashlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import requests

PROGRAM = os.environ.get("SNAPDROP_BIN", str(Path(__file__).resolve().parents[2] / "target/release/snapdrop"))


class Server:
    """The server on a free port, with its own data folder."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="snapdrop-tuspy-")
        self._log = open(os.path.join(self._folder, "log"), "w+", encoding="utf-8")
        self._run("127.0.0.1:0")

    def kill(self):
        """Kills the server, so that it cannot finish anything."""
        self._end(signal.SIGKILL)

    def start_again(self):
        """Starts the server again, with the same data folder and on the same port."""
        self._run(urlsplit(self.address).netloc)

    def dispose(self):
        """Stops the server and removes its folder; returns its exit code and its log's lines about panics and errors."""
        code = self._end(signal.SIGTERM)
        self._log.seek(0)
        complaints = [line for line in self._log if re.search(r"panicked|\bERROR\b", line)]
        self._log.close()
        shutil.rmtree(self._folder)
        return code, complaints

    def _run(self, listen):
        command = [PROGRAM, "--listen", listen, "--data-dir", os.path.join(self._folder, "data")]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        announced = re.match(r"SnapDrop listens on (http://\S+)", self._process.stdout.readline())
        if announced is None:
            raise RuntimeError(f"{PROGRAM} did not start")
        self.address = announced[1]

    def _end(self, how):
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process.stdout.close()
        return code


class Room:
    """A new room, and the token of its owner."""

    def __init__(self, server):
        answer = requests.post(f"{server.address}/api/rooms", json={}, timeout=10)
        answer.raise_for_status()
        self._address = server.address
        self.path = f"/api/rooms/{answer.json()['pin']}"
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def endpoint(self, address=None):
        """The URL at which uploads are created; `address` is where the client reaches the server, such as a cable."""
        return f"{address or self._address}{self.path}/files"

    def files(self):
        """The room's files, from its snapshot."""
        answer = requests.get(f"{self._address}{self.path}", headers=self.headers, timeout=10)
        answer.raise_for_status()
        return answer.json()["room"]["files"]

    def remove(self, url):
        """Removes a file from the room."""
        headers = {**self.headers, "Tus-Resumable": "1.0.0"}
        requests.delete(f"{self._address}{urlsplit(url).path}", headers=headers, timeout=10).raise_for_status()

    def sha256_of(self, url):
        """Downloads a file directly from the server, without any cable, and returns its digest as hex."""
        answer = requests.get(f"{self._address}{urlsplit(url).path}", headers=self.headers, timeout=60)
        answer.raise_for_status()
        return hashlib.sha256(answer.content).hexdigest()


class Cable:
    """A plain TCP relay between client and server that can break or hold uploads."""

    def __init__(self, server):
        self._target = ("127.0.0.1", urlsplit(server.address).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._left = None
        self._breaks = False
        threading.Thread(target=self._accept, daemon=True).start()

    def break_after(self, size):
        """Resets the connection on which `size` bytes have passed, counted over all connections; later ones work."""
        with self._lock:
            self._left, self._breaks = size, True

    def hold_after(self, size):
        """Passes nothing on after `size` bytes, counted over all connections, but keeps the connections open."""
        with self._lock:
            self._left, self._breaks = size, False

    def let_through(self):
        """Lets new connections work; connections that are held stay held, as in a dead network."""
        with self._lock:
            self._left = None

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=_down, args=(server, client), daemon=True).start()

    def _up(self, client, server):
        try:
            while chunk := client.recv(16 * 1024):
                with self._lock:
                    if self._left is not None:
                        self._left -= len(chunk)
                    used_up = self._left is not None and self._left <= 0
                    if used_up and self._breaks:
                        self._left = None
                if used_up and not self._breaks:
                    # The connection stays open without passing anything on, and the server does not notice it.
                    threading.Event().wait()
                if used_up:
                    break
                server.sendall(chunk)
        except OSError:
            pass
        for end in (client, server):
            _reset(end)


def _down(server, client):
    try:
        while chunk := server.recv(64 * 1024):
            client.sendall(chunk)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _reset(end):
    """Resets a connection, as if the network had broken it."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
        end.close()
    except OSError:
        pass
