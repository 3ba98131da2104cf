"""The rules: what each is called, which facts it looks at, and its decision in ``processes/conformance.dmn``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.audit.conformance import facts
from app.audit.conformance.facts import Fact, Source
from app.engine import decisions, definitions
from app.engine.definition_lookup import File

#: Facts, about, and chunks of them, that one look goes through; more are looked at page by page.
MOST, CHUNKS = 2_000, 20
#: Answers kept in memory: a record does not change, and looked at again it need not be judged again.
KEPT = 30_000

#: What a rule says about a fact: [{code, text_zh, text_en}].
Said = list[dict[str, Any]]
_judged: dict[tuple[bytes, str, str], Said] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``id`` stands in addresses; its decision is ``conformance_<id>``."""

    id: str
    title: LazyString
    source: Source

    @property
    def decision(self) -> str:
        return f"conformance_{self.id}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact that a rule says something about."""

    fact: Fact
    said: Said


@dataclass(slots=True)
class Count:
    """How often a rule said something, of how many facts, and whether there are more than were looked at."""

    rule: Rule
    found: int = 0
    of: int = 0
    more: bool = False


_by_hand = facts.records("instance.moved", "variables.changed", "instance.terminated")
RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule("filled_before_verified", _l("先填表后核实"), facts.forms),
        Rule("reviewed_by_investigator", _l("调查人自己审核"), facts.forms),
        Rule("rectified_and_closed_by_one", _l("同一人整改又销号"), facts.closures),
        Rule("visits_overlap", _l("走访时间重叠"), facts.visits),
        Rule("visit_too_short", _l("走访时间过短"), facts.visits),
        Rule("back_dated", _l("补填日期"), facts.visits),
        Rule("late", _l("逾期办理"), facts.overdue),
        Rule("moved_by_hand", _l("跳过步骤或人工改动"), _by_hand),
        Rule("migrated", _l("迁移到另一版本"), facts.records("instance.migrated", "instance.migration_taken_back")),
        Rule("unmasked_without_cause", _l("无故查看原文"), facts.records("personal.unmasked", everywhere=True)),
        Rule("edited_after_signature", _l("签字后又改动"), facts.records("signature.voided")),
    )
}


def file_of(session: Session, rule: Rule) -> File | None:
    """The rule's deployed file, newest version; None when nobody deployed it."""
    return definitions.newest_file(session, "decision", rule.decision)


def together() -> list[list[Rule]]:
    """Rules in their order, those side by side that look at the same facts."""
    return [list(rules) for _source, rules in groupby(RULES.values(), key=lambda rule: rule.source)]


def counts(session: Session, campaign: int, some: Sequence[Rule]) -> list[Count]:
    """Rules that look at the same facts, over the first chunks of these."""
    found = {rule.id: Count(rule) for rule in some}
    concerned = [(rule, file) for rule in some if (file := file_of(session, rule)) is not None]
    for chunk, more in _chunks(session, some[0].source, campaign) if concerned else ():
        for rule, file in concerned:
            count = found[rule.id]
            count.of += len(chunk)
            count.found += sum(1 for said in judge(file, rule, chunk) if said)
            count.more = more
    return list(found.values())


def findings(session: Session, rule: Rule, file: File, campaign: int, after: str) -> tuple[list[Finding], int, str]:
    """What a rule says about the next chunk of facts that has something: findings, facts looked at, cursor to go on from."""
    looked = 0
    for _number in range(CHUNKS):
        chunk = rule.source(session, campaign, after)
        looked, after = looked + len(chunk.facts), chunk.after
        judged = zip(chunk.facts, judge(file, rule, chunk.facts), strict=True)
        found = [Finding(fact, said) for fact, said in judged if said]
        if found or not after or looked >= MOST:
            return found, looked, after
    return [], looked, after


def _chunks(session: Session, source: Source, campaign: int) -> Iterator[tuple[list[Fact], bool]]:
    after, looked = "", 0
    for _number in range(CHUNKS):
        chunk = source(session, campaign, after)
        looked, after = looked + len(chunk.facts), chunk.after
        yield chunk.facts, bool(after)
        if not after or looked >= MOST:
            return


def judge(file: File, rule: Rule, some: Sequence[Fact]) -> list[Said]:
    """What the decision table says about each fact; [] when it fits the plan."""
    keys = [(file.content, rule.decision, json.dumps(fact.values, ensure_ascii=False, sort_keys=True)) for fact in some]
    said = {key: known for key in keys if (known := _judged.get(key)) is not None}
    fresh = {key: fact.values for key, fact in zip(keys, some, strict=True) if key not in said}
    answers = decisions.evaluate_all(file.content, rule.decision, list(fresh.values()))
    new = {key: [each for each in answer or [] if isinstance(each, dict)] for key, answer in zip(fresh, answers, strict=True)}
    if len(_judged) + len(new) > KEPT:
        _judged.clear()
    _judged.update(new)
    said |= new
    return [said[key] for key in keys]
