"""*Where did practice leave the plan?* Rules with counts; each rule's table and what it found, with the ways to the evidence.

Data quality only: what happened is listed, nobody is. Who it was stands in the evidence.
"""

from __future__ import annotations

from flask import abort, render_template, request
from sqlalchemy.orm import Session

from app.audit import queries, sentence_lookups, wording
from app.audit.blueprint import blueprint
from app.audit.conformance import rules, tables
from app.audit.conformance.rules import Count, Finding
from app.audit.history import entries
from app.audit.history.records import campaigns
from app.auth import access, database
from app.auth.language import locale


@blueprint.get("/conformance")
@access("auditor")
def conformance() -> str:
    """All rules of one campaign (the newest, unless the address says which); their counts come one after the other (``counted``)."""
    with database().reading() as session:
        known = campaigns(session)
        campaign = queries.cursor(request.args.get("campaign", "")) or (known[0][0] if known else 0)
        together = [[Count(rule) for rule in some] for some in rules.together()]
        return render_template(
            "audit/conformance/rules.html",
            campaign=campaign,
            chips=[(*each, None) for each in known],
            together=together if campaign else [],
        )


@blueprint.get("/conformance/<int:campaign>/<name>/count")
@access("auditor")
def conformance_count(campaign: int, name: str) -> str:
    """Lines of the overview: this rule and those that look at the same facts, counted."""
    some = next((some for some in rules.together() if any(rule.id == name for rule in some)), None) or abort(404)
    with database().reading() as session:
        return render_template("audit/conformance/counts.html", campaign=campaign, counts=rules.counts(session, campaign, some), known=True)


@blueprint.get("/conformance/<int:campaign>/<name>")
@access("auditor")
def conformance_rule(campaign: int, name: str) -> str:
    """One rule: its decision table, and what it says about the campaign's facts, a chunk at a time."""
    rule = rules.RULES.get(name)
    if rule is None:
        abort(404)
    after = request.args.get("after", "")[:100].replace("\x00", "")
    with database().reading() as session:
        file = rules.file_of(session, rule)
        found, looked, rest = rules.findings(session, rule, file, campaign, after) if file else ([], 0, "")
        return render_template(
            "audit/conformance/rule.html",
            campaign=campaign,
            rule=rule,
            file=file,
            table=tables.read(file.content, rule.decision, locale()) if file else None,
            findings=[(each, label, _said(each)) for each, label in zip(found, _labels(session, campaign, found), strict=True)],
            looked=looked,
            after=rest,
            first=bool(after),
        )


def _labels(session: Session, campaign: int, found: list[Finding]) -> list[str]:
    """What each finding is about, as people call it."""
    known = sentence_lookups.labels(session, {(campaign, each.fact.subject) for each in found if each.fact.subject})
    return [
        known.get((campaign, each.fact.subject)) or (wording.subject(each.fact.subject, locale()) if each.fact.subject else "")
        for each in found
    ]


def _said(finding: Finding) -> list[str]:
    return [entries.said(each, locale()) for each in finding.said]
