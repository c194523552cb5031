"""Moves the same files through SnapDrop and its peers, and measures what it costs each of them."""
