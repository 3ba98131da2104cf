"""Every sentence of ``problems.Problem``: code -> (Chinese, English)."""

from __future__ import annotations

from app.engine import problem_texts_bpmn, problem_texts_dmn, problem_texts_forms, problem_texts_tasks

TEXTS: dict[str, tuple[str, str]] = {
    **problem_texts_bpmn.TEXTS,
    **problem_texts_tasks.TEXTS,
    **problem_texts_forms.TEXTS,
    **problem_texts_dmn.TEXTS,
}
