"""Installs and runs nginx with its WebDAV module, as Debian packages it."""

import getpass
import grp
import os
import shutil
import subprocess
from pathlib import Path

from ..installing import NotInstalled, apt_unpack, once
from .peer import Peer
from .tls import TlsPeer

CONFIG = """
user {user} {group};
worker_processes auto;
daemon off;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_max_body_size 0;
    # Beside the root, on the same file system: a PUT ends with a rename.
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        location / {{
            root files;
            dav_methods PUT DELETE;
            min_delete_depth 1;
        }}
    }}
}}
"""


class Nginx(Peer):
    """nginx, chosen because it is the web server that most people have installed already."""

    name = "nginx"

    def install(self) -> None:
        self._program = (
            shutil.which("nginx") or once("nginx", "debian", lambda folder: apt_unpack(folder, "nginx")) / "usr/sbin/nginx"
        )
        if "http_dav_module" not in self._ask("-V"):
            raise NotInstalled(f"{self._program} has no WebDAV module")

    def version(self) -> str:
        return self._ask("-v").rpartition("/")[2].strip()

    def command(self) -> list[str | Path]:
        (self.folder / "files").mkdir()
        group = grp.getgrgid(os.getgid()).gr_name
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(user=getpass.getuser(), group=group, port=self.port, tls=self.tls()))
        return [self._program, "-p", self.folder, "-c", config, "-e", "stderr"]

    def tls(self) -> str:
        """What follows the port in the configuration."""
        return ""

    def _ask(self, flag: str) -> str:
        return subprocess.run([self._program, flag], capture_output=True, text=True).stderr


class NginxTls(TlsPeer, Nginx):
    """The same over TLS. The kernel encrypts what nginx sends if it can (kTLS), as nginx's makers advise for files."""

    name = "nginx-tls"

    def tls(self) -> str:
        certificate, key = self.certify()
        lines = [f"ssl_certificate {certificate}", f"ssl_certificate_key {key}", "ssl_protocols TLSv1.2 TLSv1.3"]
        return " ssl; " + "; ".join([*lines, "ssl_conf_command Options KTLS"])
