"""Files: known by their content, kept under names of ours, handed out only to those who have to do with the subject."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.Image import Exif
from sqlalchemy import select

from app.acts import photos, uploads
from app.db import Database
from app.engine.models import Event
from tests.inbox.conftest import Person, next_task

Login = Callable[[str], Person]


def picture(kind: str = "JPEG", **beside: Any) -> bytes:
    """A small photo with *beside* written beside it."""
    made = io.BytesIO()
    Image.new("RGB", (60, 40), (180, 67, 42)).save(made, kind, **beside)
    return made.getvalue()


def taken_somewhere() -> Exif:
    """What a phone writes: which way up, when, by which device, and where."""
    exif = Exif()
    exif[Base.Orientation] = 6
    exif[Base.Make] = "SHASHI PHONE"
    exif[IFD.Exif] = {Base.DateTimeOriginal: "2020:05:21 10:00:00", 0x927C: b"maker: 31.0N"}
    exif[IFD.GPSInfo] = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (30.0, 55.0, 12.5)}
    return exif


JPEG = picture()
PDF = b"%PDF-1.7\n" + b"0" * 200


def office(*names: str) -> bytes:
    """A zip file with these entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "x")
    return buffer.getvalue()


def attach(person: Person, key: int, content: bytes, name: str = "photo.jpg", path: str = "photos") -> Any:
    return person.send("POST", f"/tasks/{key}/attachments", data={"file": (io.BytesIO(content), name), "path": path})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, uploads.JPEG),
        (b"\x89PNG\r\n\x1a\n....", uploads.PNG),
        (b"RIFF\0\0\0\0WEBPVP8 ", uploads.WEBP),
        (PDF, uploads.PDF),
        (office("word/document.xml"), uploads.DOCX),
        (office("xl/workbook.xml"), uploads.XLSX),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str) -> None:
    assert uploads.media_type(content) == kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"MZ\x90\0", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind"),
        (b"PK\x03\x04 not really", "kind"),
        (office("other.txt"), "kind"),
        (office("word/document.xml", "word/vbaProject.bin"), "macros"),
        (b"\xff\xd8\xff" + b"0" * uploads.LARGEST, "large"),
    ],
)
def test_other_files_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(uploads.NotAccepted) as refused:
        uploads.media_type(content)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("照片.jpeg", "照片.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\x\\y.exe", "y.jpg"),
        ("a\u202eb<c>.html", "abc.jpg"),
        ("", "附件.jpg"),
    ],
)
def test_a_shown_name_has_no_folder_no_signs_and_a_true_ending(given: str, shown: str) -> None:
    assert uploads.shown_name(given, uploads.JPEG, otherwise="附件") == shown


def test_a_photo_is_kept_served_as_attachment_and_shown_to_the_reviewer(
    db: Database, person: Login, household: Any, tmp_path: Path
) -> None:
    key = household()
    li, wang = person("li"), person("wang")
    made = attach(li, key, JPEG, "房屋.html")
    assert made.status_code == 201
    assert (made.json["name"], made.json["type"], made.json["size"]) == ("房屋.jpg", "image/jpeg", len(JPEG))
    assert wang.get(made.json["url"]).status_code == 404
    served = li.get(made.json["url"])
    assert (served.data, served.mimetype) == (JPEG, "image/jpeg")
    assert served.headers["Content-Disposition"].startswith("attachment")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    stored = [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in stored] == [JPEG]
    assert "房屋" not in stored[0].name
    answer = li.complete(key, {"head": "张三", "income": 1, "photos": [made.json["id"]]})
    assert answer.status_code == 200, answer.text
    assert wang.get(made.json["url"]).status_code == 200
    assert "房屋.jpg" in wang.page(f"/tasks/{next_task(db, key)}")


def test_taking_a_document_away_is_recorded_and_looking_at_its_page_is_not(db: Database, person: Login, household: Any) -> None:
    key = household()
    li, wang = person("li"), person("wang")
    made = attach(li, key, PDF, "残疾证.pdf")
    page = li.get(made.json["url"])
    assert page.status_code == 200 and page.mimetype == "text/html" and "残疾证.pdf" in page.text and PDF not in page.data
    address = f"{made.json['url']}/copy"
    assert f'action="{address}"' in page.text and wang.send("POST", address).status_code == 404

    def told() -> list[Event]:
        with db.reading() as session:
            return list(session.scalars(select(Event).where(Event.kind == "attachment.taken")))

    assert told() == []
    served = li.send("POST", address)
    assert (served.data, served.mimetype, served.headers["X-Content-Type-Options"]) == (PDF, "application/pdf", "nosniff")
    (record,) = told()
    assert (record.actor, record.detail["name"], record.detail["attachment"]) == ("li", "残疾证.pdf", made.json["id"])


def test_a_form_takes_only_files_of_its_own_task(person: Login, household: Any) -> None:
    first, second = household("H0001"), household("H0002")
    li = person("li")
    other = attach(li, first, JPEG).json["id"]
    answer = li.complete(second, {"head": "李四", "income": 1, "photos": [other]})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["photos"])


def test_a_refused_file_says_why_and_leaves_nothing(person: Login, household: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    key = household()
    li = person("li")
    wrong = attach(li, key, b"<html>", "photo.jpg")
    assert wrong.status_code == 415
    assert "只能上传" in wrong.json["title"]
    large = attach(li, key, JPEG + b"0" * uploads.LARGEST)
    assert large.status_code == 413
    assert "请压缩后再传" in large.json["title"]
    assert person("wang").send("POST", f"/tasks/{key}/attachments", data={"file": (io.BytesIO(JPEG), "x.jpg")}).status_code == 404
    assert not (tmp_path / "uploads").exists()


def test_one_takes_back_ones_own_file_while_the_task_is_open(person: Login, household: Any, tmp_path: Path) -> None:
    key = household()
    li, sun = person("li"), person("sun")
    first, second = attach(li, key, JPEG).json, attach(li, key, PDF, "a.pdf").json
    assert sun.send("DELETE", first["url"]).status_code == 404
    assert li.send("DELETE", first["url"]).status_code == 204
    assert li.get(first["url"]).status_code == 404
    li.complete(key, {"head": "张三", "income": 1})
    assert li.send("DELETE", second["url"]).status_code == 404
    assert [path.read_bytes() for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == [PDF]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_does_not_say_where_it_was_taken(kind: str) -> None:
    """Place, device and whatever else stands beside the picture goes; which way up and when stays, and so does the picture."""
    more = {"JPEG": {"xmp": b"<x>GPSLatitude</x>", "comment": b"at home"}, "WEBP": {"xmp": b"<x>GPSLatitude</x>", "lossless": True}}
    sent = picture(kind, exif=taken_somewhere(), **more.get(kind, {}))
    kept = photos.without_place(sent)
    for word in (b"SHASHI PHONE", b"maker", b"GPSLatitude", b"at home"):
        assert word not in kept
    shown = Image.open(io.BytesIO(kept))
    exif = shown.getexif()
    assert not exif.get_ifd(IFD.GPSInfo)
    assert (exif[Base.Orientation], exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal]) == (6, "2020:05:21 10:00:00")
    assert (shown.size, shown.format) == ((60, 40), kind)
    assert photos.without_place(sent, keep_place=True) != kept
    assert Image.open(io.BytesIO(photos.without_place(sent, keep_place=True))).getexif().get_ifd(IFD.GPSInfo)


def test_a_photo_without_metadata_stays_as_it_is() -> None:
    assert photos.without_place(JPEG) == JPEG


def test_a_field_may_ask_for_the_place(person: Login, household: Any, tmp_path: Path) -> None:
    """Only the field that says so keeps it."""
    key, li = household(), person("li")
    sent = picture(exif=taken_somewhere())
    for path, told in (("photos", False), ("where", True), ("nothing", False), ("", False)):
        made = attach(li, key, sent, path=path).json
        exif = Image.open(io.BytesIO(li.get(made["url"]).data)).getexif()
        assert bool(exif.get_ifd(IFD.GPSInfo)) == told, path


def test_a_photo_that_did_not_come_whole_is_refused(person: Login, household: Any, tmp_path: Path) -> None:
    answer = attach(person("li"), household(), picture()[:300])
    assert answer.status_code == 415
    assert "重新拍摄" in answer.json["title"]
    assert not (tmp_path / "uploads").exists()
