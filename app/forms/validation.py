"""The server's check of a submitted form: the same schema and the same FEEL as in the browser, then the rules.

In this order: structure (unknown fields are refused), types, held and read-only fields, conditions and computed values (what the client
sent for those is ignored; what is hidden is dropped), limits, and, when all that is right, the decisions named in the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.forms import findings, given, keyed_rows, masking, paths, values
from app.forms.findings import Decide
from app.forms.instances import Instance, settle, visible, walk
from app.forms.outcome import Finding, Outcome, language
from app.forms.schema import OPTIONS, Form, Rows

__all__ = ["Finding", "Outcome", "validate"]

#: Keys beside the form's own: reasons for warnings by finding id or code; ids of problems that were shown.
REASONS, SEEN = "_reasons", "_seen"
_GIVEN = _l("页面打开后，系统提供的数据已有变化，现已换成最新数据。您填写的内容都在，请核对后再提交。")
_MOVED = _l("名单已更新，此行已办结或移出；请刷新页面后再提交，已填内容已保留")


def validate(
    form: Form,
    data: Mapping[str, Any],
    *,
    context: Mapping[str, Any],
    locked: Mapping[str, Any],
    decide: Decide,
    initial: Mapping[str, Any] | None = None,
) -> Outcome:
    """Check *data* against *form*.

    ``context``: names that expressions and decisions may use besides the form's fields: ``as_of`` (the campaign's day, added here),
    ``settings``, ``household``, ``extract``, ``duplicate_ids``, ``attachments`` ([{"id": …}]) … ``locked``: path → reason (text or
    ``hooks.Lock``); a locked field keeps its initial value, is not required and raises no findings. ``initial``: what the form started
    with (``Prepared.data``); read-only fields keep it and masked personal values are restored from it. ``decide``: evaluates a
    decision. Raises ``ExpressionError`` when a form's FEEL or a decision fails.
    """
    check = _Check(form, dict(context), {path: _reason(lock) for path, lock in locked.items()}, dict(initial or {}))
    check.take(data)
    check.settle()
    check.limits()
    outcome = check.outcome(data)
    if not outcome.errors:
        _judge(form, outcome, check, decide, data.get(REASONS))
    return outcome


def _reason(lock: Any) -> str:
    return str(getattr(lock, "reason", lock))


class _Check:
    """One run of ``validate``: the data as they become clean, and the errors found on the way."""

    def __init__(self, form: Form, context: dict[str, Any], locked: dict[str, str], initial: dict[str, Any]) -> None:
        self.form = form
        self.context = {"as_of": clock.local(clock.now()).date().isoformat(), **initial, **context}
        self.locked = locked
        self.initial = initial
        self.errors: dict[str, list[str]] = {}
        #: errors of structure: they stand even where the field is hidden
        self.refused: set[str] = set()
        #: places that the page showed otherwise than they are now
        self.stale: set[str] = set()
        self.data: dict[str, Any] = {}
        self.instances: list[Instance] = []

    def complain(self, path: str, *sentences: str) -> None:
        if sentences:
            self.errors.setdefault(path, []).extend(sentences)

    def lock_on(self, path: str) -> str | None:
        """Why *path* is held, or None."""
        return next((reason for held, reason in self.locked.items() if paths.covers(held, path)), None)

    # 1. structure and types

    def take(self, raw: Mapping[str, Any]) -> None:
        own = {key: value for key, value in raw.items() if key not in (REASONS, SEEN)}
        self.data = self._known(self.form.tree, own, "")
        self.initial, strangers = keyed_rows.aligned(self.form, self.initial, self.data)
        for path in strangers:
            self.complain(path, str(_MOVED))
        masking.restore(self.form, self.data, self.initial)
        for path, reason in self.locked.items():
            self._keep(path, _l("此项暂不能修改：%(reason)s", reason=reason))
        for path, node in given.places(self.form).items():
            if node.repeats:
                self._give(path)
        self.instances = walk(self.form, self.data)
        for instance in self.instances:
            if instance.node.fixed is True:
                self._read_only(instance)
            if instance.node.keyed and instance.node.type not in OPTIONS and instance.node.type != "expression":
                self._read(instance)

    def _known(self, tree: dict[str, Any], raw: Mapping[str, Any], path: str) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for key, value in raw.items():
            place = f"{path}.{key}" if path else str(key)
            if key not in tree:
                self.complain(place, _("表单中没有此项"))
                self.refused.add(place)
                continue
            below = tree[key]
            if isinstance(below, dict):
                known[key] = self._group(below, value, place)
            elif isinstance(below, Rows):
                known[key] = self._rows(below, value, place)
            else:
                known[key] = paths.copied(value)
        return known

    def _group(self, tree: dict[str, Any], value: Any, path: str) -> dict[str, Any]:
        if value is None or isinstance(value, dict):
            return self._known(tree, value or {}, path)
        self.complain(path, _("数据格式不正确，请刷新页面后重试"))
        self.refused.add(path)
        return {}

    def _rows(self, below: Rows, value: Any, path: str) -> list[dict[str, Any]]:
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > below.most:
            text = _("最多 %(limit)s 行", limit=below.most) if isinstance(value, list) else _("数据格式不正确，请刷新页面后重试")
            self.complain(path, text)
            self.refused.add(path)
            return []
        return [self._group(below.tree, row, f"{path}[{index}]") for index, row in enumerate(value)]

    def _keep(self, path: str, sentence: Any) -> None:
        """A held or read-only place keeps its initial value; anything else that was sent there is an error (the lazy *sentence*)."""
        known, sent = paths.get(self.initial, path), paths.get(self.data, path)
        if sent != known and (answers := self._answers(path, sent)) and answers != self._answers(path, known):
            self.complain(path, str(sentence))
        if not paths.put(self.data, path, paths.copied(known)) and not _blank(known):
            self.complain(path.rsplit("[", 1)[0], str(sentence))

    def _give(self, path: str) -> None:
        """A place that the system fills: what the page showed there must be what is so now."""
        before, sent, known = len(self.errors.get(path, ())), paths.get(self.data, path), paths.get(self.initial, path)
        self._keep(path, _GIVEN)
        if sent == [] and known:  # the page showed no row
            self.complain(path, str(_GIVEN))
        if len(self.errors.get(path, ())) > before:
            self.stale.add(path)

    def _answers(self, path: str, value: Any) -> dict[str, Any]:
        """What a person answered at or below *path*: nothing that is empty or computed."""
        return {
            place: answer
            for place, answer in paths.leaves(value, path)
            if not _blank(answer) and ((field := self.form.field(place)) is None or field.type != "expression")
        }

    def _read(self, instance: Instance, options: list[Any] | None = None) -> None:
        files: set[str] = set()
        if instance.node.type == "filepicker":
            files.update(str(file["id"]) for file in self.context.get("attachments") or ())
            files.update(str(key) for key in paths.get(self.initial, instance.path) or ())
        try:
            instance.holder[instance.key] = values.read(instance.node, instance.value, options=options, files=frozenset(files))
        except values.IllTyped as error:
            instance.holder[instance.key] = None
            self.complain(instance.path, str(error))

    # 2. conditions, computed values, read-only fields

    def settle(self) -> None:
        settle(self.instances, self.data, self.context)
        restored = [self._read_only(instance) for instance in self.instances if instance.node.fixed is not False]
        if any(restored):
            settle(self.instances, self.data, self.context)
        for instance in self.instances:
            if instance.node.type in OPTIONS and not instance.gone and self.lock_on(instance.path) is None:
                self._read(instance, list(self._options(instance)))

    def _read_only(self, instance: Instance) -> bool:
        component = instance.node.component
        fixed = instance.evaluated(component.get("readonly")) is True or instance.evaluated(component.get("disabled")) is True
        if not fixed or not instance.node.keyed or instance.node.type == "expression":
            return False
        before = instance.value
        self._give(instance.path)
        after = instance.value
        return before != after and self._answers(instance.path, before) != self._answers(instance.path, after)

    def _options(self, instance: Instance) -> Iterator[Any]:
        component = instance.node.component
        if component.get("valuesExpression") is not None:
            listed = instance.evaluated(component["valuesExpression"])
        elif component.get("valuesKey") is not None:
            listed = self.context.get(component["valuesKey"])
        else:
            listed = component.get("values")
        for option in listed if isinstance(listed, list) else ():
            yield option.get("value") if isinstance(option, dict) else option

    # 3. limits

    def limits(self) -> None:
        for instance in self.instances:
            if instance.gone or self.lock_on(instance.path) is not None:
                continue
            if instance.node.repeats:
                least = int(instance.node.properties.get("minRows") or 0)
                if len(instance.value or ()) < least:
                    self.complain(instance.path, _("至少填写 %(limit)s 行", limit=least))
            elif instance.node.keyed and instance.path not in self.errors:
                self.complain(instance.path, *values.limits(instance.node, instance.value, instance.evaluated))

    def outcome(self, raw: Mapping[str, Any]) -> Outcome:
        gone = {instance.path for instance in self.instances if instance.gone}
        errors = {path: found for path, found in self.errors.items() if path not in gone or path in self.refused}
        shown = visible(self.instances, self.data)
        computed = {
            instance.path: instance.value for instance in self.instances if instance.node.type == "expression" and not instance.gone
        }
        seen = raw.get(SEEN)
        known = masking.masked(self.form, self.initial)
        stale = self.stale & errors.keys()
        fresh = {path: paths.get(known, path) for path in sorted({*stale, *given.places(self.form)})} if stale else {}
        ids = frozenset(map(str, seen)) if isinstance(seen, list) else frozenset()
        return Outcome(shown, errors, computed=computed, seen=ids, fresh=fresh)


def _blank(value: Any) -> bool:
    return value in (None, "", [], {}, False)


def _judge(form: Form, outcome: Outcome, check: _Check, decide: Decide, reasons: Any) -> None:
    given = reasons if isinstance(reasons, dict) else {}
    for finding in findings.found(form, outcome.data, check.context, decide):
        if finding.path and check.lock_on(finding.path) is not None:
            continue
        if finding.severity == "E":
            outcome.errors.setdefault(finding.path, []).append(finding.text(language()))
        elif finding.severity == "W":
            reason = given.get(finding.id) or given.get(finding.code)
            outcome.warnings.append(replace(finding, reason=reason.strip()[:1000] if isinstance(reason, str) else ""))
        else:
            outcome.problems.append(finding)
