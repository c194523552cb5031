"""Moves the same files through SnapDrop and through other servers, and measures the speed and cost of each server."""
