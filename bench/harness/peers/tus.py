"""Uploads files with the protocol of resumable uploads (tus 1.0.0, https://tus.io/protocols/resumable-upload)."""

import base64
from urllib.parse import urlsplit

from ..client import Connection, Slice, TransferError
from .peer import Peer, expect

RESUMABLE = "Tus-Resumable: 1.0.0"
BYTES = "Content-Type: application/offset+octet-stream"
SMALL_BYTES = 1 << 20


class TusPeer(Peer):
    """A server that speaks tus. A large file is uploaded with one PATCH; a file of up to `SMALL_BYTES` is sent with the
    POST that creates it, if the server supports `creation-with-upload`."""

    collection: str
    """The path that uploads are created at."""

    def prepare(self) -> None:
        super().prepare()
        with self.connect() as connection:
            answer = expect(connection.ask("OPTIONS", self.collection, self.headers), 200, 204)
        self._creation_with_upload = "creation-with-upload" in answer.headers.get("tus-extension", "")

    def upload(self, connection: Connection, name: str, body: Slice) -> str:
        if self._creation_with_upload and body.size_bytes <= SMALL_BYTES:
            return self.create(connection, name, body.size_bytes, body)
        path = self.create(connection, name, body.size_bytes)
        headers = (*self.headers, RESUMABLE, BYTES, "Upload-Offset: 0")
        answer = expect(connection.ask("PATCH", path, headers, body), 204, 200)
        expect_offset(answer.headers, body.size_bytes)
        return path

    def create(self, connection: Connection, name: str, size_bytes: int, body: Slice | None = None) -> str:
        """Creates an upload, with or without its bytes; returns its path, from which the file is also downloaded."""
        metadata = f"Upload-Metadata: filename {base64.b64encode(name.encode()).decode()}"
        headers = (*self.headers, RESUMABLE, f"Upload-Length: {size_bytes}", metadata, *((BYTES,) if body else ()))
        answer = expect(connection.ask("POST", self.collection, headers, body), 201)
        if body:
            expect_offset(answer.headers, size_bytes)
        location = answer.headers.get("location")
        if not location:
            raise TransferError("no Location of the new upload")
        return self.remember(urlsplit(location).path)

    def remove(self, connection: Connection, path: str) -> None:
        expect(connection.ask("DELETE", path, (*self.headers, RESUMABLE)), 204)


def expect_offset(headers: dict[str, str], size_bytes: int) -> None:
    """Fails unless the server's `Upload-Offset` is the file's size."""
    if headers.get("upload-offset") != str(size_bytes):
        raise TransferError(f"Upload-Offset {headers.get('upload-offset')} instead of {size_bytes}")
