"""A server over TLS, with a certificate that is made for the run."""

import subprocess
from pathlib import Path

from ..client import Connection, TlsConnection
from .peer import Peer


class TlsPeer(Peer):
    """Comes before the server in the list of bases of one that speaks TLS."""

    def connect(self) -> Connection:
        return TlsConnection(self.port)

    def certify(self) -> tuple[Path, Path]:
        """Makes a certificate with a key of the kind that most servers have (ECDSA on P-256); returns their paths."""
        certificate, key = (self.folder.with_suffix(ending) for ending in (".cert.pem", ".key.pem"))
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*command, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return certificate, key
