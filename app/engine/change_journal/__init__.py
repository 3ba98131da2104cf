"""Rows that change, and whose every change a record tells of: who alters one behind the records' back is found.

A room names them (``followed.follow``). Whatever is written to such a row through a session, by the unit of work (``changes``) or by a
statement (``bulk``), the records of the same transaction keep under ``states``: name of the row → [digest before, digest after], "" where
there was none or is none. Added up over all records these steps leave the digest of the row as it must be, in whatever order they are
read (``proof.elsewhere``). ``anew`` tells every row once more: when the product begins to follow them, and when older steps are erased.
"""
