"""Auditors replay, ask and prove; nothing here changes what it shows."""
