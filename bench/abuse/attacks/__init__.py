"""The attacks, one module for each kind, in the order in which they are carried out."""

from ..stage import Attack
from . import bodies, claims, connections, content, damage, guesses, handshakes, lists, sockets

ATTACKS: tuple[Attack, ...] = (
    sockets.pings,
    sockets.unfinished_frames,
    sockets.fast_frames,
    sockets.empty_fragments,
    sockets.idle_sockets,
    sockets.deaf_sockets,
    lists.many_files,
    lists.archive_heads,
    lists.archives,
    lists.pages,
    lists.unread_lists,
    bodies.slow_bodies,
    bodies.slow_heads,
    bodies.deaf_downloads,
    handshakes.half_open_handshakes,
    connections.many_connections,
    guesses.seats,
    guesses.rooms,
    guesses.pins,
    claims.space,
    claims.space_of_many,
    claims.joined_parts,
    claims.new_files,
    claims.texts,
    damage.flipped_bits_after_an_orderly_end,
    damage.flipped_bits_after_a_kill,
    damage.flipped_bits_of_the_log,
    content.closed_room,
    content.strange_requests,
)
