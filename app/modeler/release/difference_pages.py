"""The visual difference of two versions, on a page of its own."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access, database
from app.border import whole_number
from app.modeler.blueprint import blueprint
from app.modeler.drafts import store
from app.modeler.release import shown, words
from app.modeler.release.comparing import Comparison


@blueprint.get("/drafts/<int:draft>/difference")
@access("admin")
def difference(draft: int) -> str:
    """Two versions of a draft: ``left`` and ``right`` are numbers of versions, or ``base`` for the deployed one that it began from."""
    left, right = request.args.get("left", "base"), request.args.get("right", "")
    with database().reading() as session:
        if not right:
            right = str(store.find(session, draft).number)
        found, comparison = shown.of_draft(session, draft, left, right)
    return _page(comparison, url_for("modeler.draft", key=found.key), _("回到草稿"))


@blueprint.get("/definitions/<int:key>/difference")
@access("admin")
def definition_difference(key: int) -> str:
    """A deployed version against the one before it, or against ``version``."""
    with database().reading() as session:
        found, comparison = shown.of_definition(session, key, request.args.get("version", type=whole_number))
    return _page(comparison, url_for("modeler.definition", key=found.key), _("回到这个版本"))


def _page(comparison: Comparison, back: str, back_label: str) -> str:
    return render_template("modeler/difference.html", comparison=comparison, back=back, back_label=back_label, words=words)
