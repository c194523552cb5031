"""The servers that are measured, by name."""

from .copyparty import Copyparty
from .dufs import Dufs
from .limit import Limit
from .nginx import Nginx, NginxTls
from .peer import Peer
from .snapdrop import SnapDrop, SnapDropTls
from .tus_server import TusServer

PEERS: dict[str, type[Peer]] = {
    peer.name: peer for peer in (SnapDrop, Nginx, Dufs, Copyparty, TusServer, SnapDropTls, NginxTls, Limit)
}
