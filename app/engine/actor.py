"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for whom, from where."""

    #: user name, or "system" for the job worker
    name: str
    #: the absent person whom ``name`` stands in for
    on_behalf_of: str = ""
    #: an IP address, "worker", "cli" (with the machine's account) or "simulation"
    origin: str = ""


#: The job worker.
SYSTEM = Actor("system", origin="worker")
