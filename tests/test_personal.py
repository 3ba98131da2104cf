"""Personal fields: encrypted for their place, masked, indexed without being readable, scrubbed from logs, shown by a recorded act."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app import personal
from app.auth.current import Identity
from app.db import Database
from app.engine.models import Event
from tests import web

KEY, NEW_KEY = "11" * 32, "22" * 32
ID_NUMBER = "500235196507151234"


@pytest.fixture(autouse=True)
def _key() -> Iterator[None]:
    before = personal._keys
    personal.install(KEY)
    yield
    personal._keys = before


@given(st.text(min_size=1, max_size=200))
def test_what_was_encrypted_can_be_read_at_its_place(text: str) -> None:
    stored = personal.encrypt("member", 7, "id_number", text)
    assert personal.is_encrypted(stored)
    assert personal.decrypt("member", 7, "id_number", stored) == text


def test_the_same_value_looks_different_each_time() -> None:
    one, other = (personal.encrypt("member", 7, "id_number", ID_NUMBER) for _each in range(2))
    assert one != other
    assert ID_NUMBER not in one


@pytest.mark.parametrize("place", [("member", 8, "id_number"), ("member", 7, "phone"), ("household", 7, "id_number")])
def test_a_value_moved_to_another_place_does_not_decrypt(place: tuple[str, int, str]) -> None:
    stored = personal.encrypt("member", 7, "id_number", ID_NUMBER)
    with pytest.raises(personal.PersonalDataError):
        personal.decrypt(*place, stored)


def test_every_altered_bit_is_noticed() -> None:
    head, body = personal.encrypt("member", 7, "id_number", ID_NUMBER).rsplit(".", 1)
    sealed = base64.urlsafe_b64decode(body)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(personal.PersonalDataError):
            personal.decrypt("member", 7, "id_number", f"{head}.{base64.urlsafe_b64encode(bytes(altered)).decode()}")


@pytest.mark.parametrize("stored", ["500235196507151234", "v1.x.y", "v2.00000000.AAAA", "v1.ffffffff.AAAA"])
def test_plain_or_foreign_text_is_not_taken_for_a_value(stored: str) -> None:
    with pytest.raises(personal.PersonalDataError):
        personal.decrypt("member", 7, "id_number", stored)


def test_a_rotated_key_still_reads_the_old_and_writes_the_new() -> None:
    old = personal.encrypt("member", 7, "phone", "13800001234")
    personal.install(NEW_KEY, earlier=(KEY,))
    assert personal.decrypt("member", 7, "phone", old) == "13800001234"
    assert personal.uses_earlier_key(old)
    new = personal.encrypt("member", 7, "phone", "13800001234")
    assert not personal.uses_earlier_key(new)
    personal.install(KEY)
    with pytest.raises(personal.PersonalDataError):
        personal.decrypt("member", 7, "phone", new)


def test_the_empty_text_stays_empty() -> None:
    assert personal.encrypt("member", 7, "phone", "") == ""
    assert personal.decrypt("member", 7, "phone", "") == ""


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("id_number", ID_NUMBER, "500235********1234"),
        ("id_number", "5002", "****"),
        ("phone", "13800001234", "138****1234"),
        ("phone", "023-5512", "****12"),
        ("bank", "6222021234567891234", "6222 **** **** 1234"),
        ("bank", "123", "****"),
        ("name", "张三丰", "张**"),
        ("health", "高血压", "******"),
        ("phone", "", ""),
    ],
)
def test_masks(kind: personal.Kind, text: str, shown: str) -> None:
    assert personal.mask(kind, text) == shown


def test_the_blind_index_finds_equal_values_and_differs_by_kind_and_key() -> None:
    index = personal.blind_index("id_number", "50023519650715123x")
    assert index == personal.blind_index("id_number", " 500235 19650715 123X ")
    assert index != personal.blind_index("phone", "50023519650715123x")
    assert ID_NUMBER not in index
    personal.install(NEW_KEY)
    assert index != personal.blind_index("id_number", "50023519650715123x")


def _logged(write: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("tests.personal.deep")
    logger.addHandler(handler)
    try:
        write(logger)  # type: ignore[operator]
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def test_the_log_never_holds_a_citizen_or_phone_number() -> None:
    def write(logger: logging.Logger) -> None:
        logger.warning("household %s of %s, phone %s", ID_NUMBER, "50023519650715123X", 13800001234)
        logger.warning({"id": "500235650715123"})
        try:
            raise ValueError(f"bad number {ID_NUMBER}")
        except ValueError:
            logger.exception("failed")

    text = _logged(write)
    for secret in (ID_NUMBER, "50023519650715123X", "13800001234", "500235650715123"):
        assert secret not in text
    assert "500235********" in text
    assert "138****1234" in text
    assert "Traceback" in text


def test_keys_amounts_and_times_are_left_alone() -> None:
    for harmless in ("909876543210987654", "2020-05-21T08:00:00", "1590019200", "1234567890123456", "a500235196507151234b"):
        assert personal.scrub(harmless) == harmless


def test_a_log_line_with_wrong_arguments_is_still_scrubbed() -> None:
    text = _logged(lambda logger: logger.warning("%d of %d", ID_NUMBER))
    assert ID_NUMBER not in text


def test_showing_a_value_needs_a_reason_and_permission_and_is_recorded(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def phone_of(_session: object, key: str, who: Identity) -> personal.Unmasked | None:
        allowed = key == "H1" and who.has("investigator")
        return personal.Unmasked("13800001234", "household:H1") if allowed else None

    app = web.application(db, tmp_path)
    monkeypatch.setattr(personal, "_resolvers", {"household.phone": phone_of})
    web.person(db, "ran", "investigator:G03")
    web.person(db, "boss", "admin")
    ran, boss = web.signed_in_as(app, "ran"), web.signed_in_as(app, "boss")
    asked = {"what": "household.phone", "key": "H1", "reason": "电话核实"}
    assert ran.post("/personal/unmask", {**asked, "reason": " "}).status_code == 422
    assert boss.post("/personal/unmask", asked).status_code == 404
    assert ran.post("/personal/unmask", {**asked, "key": "H2"}).status_code == 404
    assert ran.post("/personal/unmask", {**asked, "what": "household.bank"}).status_code == 404
    answer = ran.post("/personal/unmask", asked)
    assert answer.json == {"value": "13800001234"}
    assert answer.headers["Cache-Control"] == "no-store"
    with db.reading() as session:
        entry = session.scalars(select(Event).where(Event.kind == "personal.unmasked")).one()
        assert (entry.actor, entry.subject, entry.detail["reason"]) == ("ran", "household:H1", "电话核实")
        assert "13800001234" not in str(entry.detail)
