"""What an API token may do. A token never does more than its owner's roles allow; its scopes narrow that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope. ``code`` is what is stored."""

    code: str
    zh: str
    en: str

    def label(self, locale: str) -> str:
        """The scope's name in ``zh`` or ``en``."""
        return self.en if locale == "en" else self.zh


READ, WORK, MESSAGES, JOBS, DEPLOY = "read", "work", "messages", "jobs", "deploy"

#: code → scope
SCOPES: dict[str, Scope] = {
    each.code: each
    for each in (
        Scope(READ, "查询", "read"),
        Scope(WORK, "办理任务和流程", "work on tasks and instances"),
        Scope(MESSAGES, "发布消息", "publish messages"),
        Scope(JOBS, "处理作业和异常", "jobs and incidents"),
        Scope(DEPLOY, "部署", "deploy"),
    )
}

#: What somebody may give a token that he makes himself: a deployment needs a second person, so that scope is given at the console.
OWN = tuple(code for code in SCOPES if code != DEPLOY)

#: For how many days a token may work, and for how many it does when nothing is said.
LONGEST, USUAL = timedelta(days=365), timedelta(days=90)


def stored(codes: Iterable[str]) -> str:
    """Scopes as a column keeps them: in the order of ``SCOPES``, a blank between. ValueError for what is none, and for none at all."""
    wanted = set(codes)
    if not wanted or wanted - set(SCOPES):
        raise ValueError(f"scopes are {', '.join(SCOPES)}")
    return " ".join(code for code in SCOPES if code in wanted)


def read(text: str) -> frozenset[str]:
    """The scopes of a column."""
    return frozenset(text.split())
