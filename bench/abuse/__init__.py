"""Attacks a SnapDrop server of its own with everything that a stranger can send, while somebody else uses it.

`SECURITY.md` says what limits hold. This program starts the release binary on loopback, attacks it in each of the ways
below `attacks`, and checks for each one that the limit holds, that the memory stays bounded, and that a bystander got
every answer meanwhile. Many clients are made on one machine by the many addresses of the loopback network: the
bystander is 127.0.0.1, the attackers are others.
"""
