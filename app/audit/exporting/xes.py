"""Process instances as an XES log (IEEE 1849): a trace for each, an event where an activity was entered and where it was left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy.orm import Session

from app import clock
from app.audit.exporting.choice import Choice
from app.audit.exporting.log import Step, Trace, text, traces

_EXTENSIONS = (("Concept", "concept"), ("Lifecycle", "lifecycle"), ("Time", "time"), ("Organizational", "org"))
#: Over what every event has, as the standard wants it (global attributes): who did it is told of completed user tasks only.
_CLASSIFIERS = (
    ("Activity", "concept:name"),
    ("ActivityAndTransition", "concept:name lifecycle:transition"),
)


def as_xes(session: Session, choice: Choice, _locale: str) -> Iterator[bytes]:
    """The log, trace by trace. It names no household: instances are told by key and subject."""
    yield _head(choice).encode()
    for trace in traces(session, choice):
        yield _trace(trace).encode()
    yield b"</log>\n"


def _head(choice: Choice) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">')
    for name, prefix in _EXTENSIONS:
        lines.append(f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>')
    lines.append(f'<global scope="trace">{_string("concept:name", "unknown")}</global>')
    event = _string("concept:name", "unknown") + _string("lifecycle:transition", "complete")
    event += _date("time:timestamp", datetime(1970, 1, 1, tzinfo=clock.CAMPAIGN_ZONE))
    lines.append(f'<global scope="event">{event}</global>')
    lines += [f'<classifier name="{name}" scope="event" keys="{keys}"/>' for name, keys in _CLASSIFIERS]
    process = f" {choice.wanted.process}" if choice.wanted.process else ""
    lines += [_string("concept:name", f"campaign {choice.wanted.campaign}{process}"), _string("lifecycle:model", "standard")]
    return "\n".join(lines) + "\n"


def _trace(trace: Trace) -> str:
    each = trace.instance
    head = [_string("concept:name", each.key), _string("process", each.process_id), _int("version", each.version)]
    head += [_string(name, getattr(each, name)) for name in ("state", "subject", "scope") if getattr(each, name)]
    if each.parent_key:
        head.append(_string("parent", each.parent_key))
    return "\n".join(["<trace>", *head, *map(_event, trace.steps), "</trace>", ""])


def _event(step: Step) -> str:
    row = step.activity
    given = [
        ("concept:name", step.name),
        ("concept:instance", row.key),
        ("lifecycle:transition", step.transition),
        ("org:resource", step.resource),
        ("org:role", step.role),
        ("org:group", step.group),
        ("element", row.element_id),
        ("kind", row.kind),
        ("cause", row.cause if step.transition == "ate_abort" else ""),
    ]
    return f"<event>{''.join(_string(key, value) for key, value in given if value)}{_date('time:timestamp', step.at)}</event>"


def _string(key: str, value: Any) -> str:
    return f'<string key="{key}" value={quoteattr(text(value))}/>'


def _int(key: str, value: int) -> str:
    return f'<int key="{key}" value="{value}"/>'


def _date(key: str, at: datetime) -> str:
    return f'<date key="{key}" value="{clock.local(at).isoformat(timespec="milliseconds")}"/>'
