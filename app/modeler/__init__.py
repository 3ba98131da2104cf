"""Administrators draw, try, release, migrate and mend."""
