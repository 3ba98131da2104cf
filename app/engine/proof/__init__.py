"""Proof that nobody changed the past: seals over the chains of records, verification of everything, inclusion of one record.

``events`` and ``chains`` write; this room only reads records, and writes seals beside them.
"""
