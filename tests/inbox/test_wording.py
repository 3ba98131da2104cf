"""The plan's sentence is for people, its R-ids for tracing."""

from __future__ import annotations

import pytest

from app.acts.wording import without_requirements


@pytest.mark.parametrize(
    ("documentation", "words"),
    [
        ("先核查再填报。(R21)", "先核查再填报。"),
        ("时间安排\uff1a5月21日。(R04)\n倒排工期。(R02)", "时间安排\uff1a5月21日。\n倒排工期。"),
        ("每天审核\uff0c及时反馈。R28", "每天审核\uff0c及时反馈。"),
        ("核对\uff08R19\uff0cR20\uff09\n再报。", "核对\n再报。"),
        ("R05、R06\uff1a印材料", "印材料"),
        ("没有编号", "没有编号"),
    ],
)
def test_the_ids_are_taken_out_of_the_sentence(documentation: str, words: str) -> None:
    assert without_requirements(documentation) == words
