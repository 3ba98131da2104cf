"""Proof for people: the state of the seals, a verification that can be watched or left, files to keep elsewhere, and erasure."""
