"""Workbooks in and out."""

from __future__ import annotations

import io

from flask import flash, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def uploaded() -> tuple[bytes, str]:
    """The uploaded workbook and its name; nothing (with a message) when there is none."""
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(_("请先选择文件。"), "error")
        return b"", ""
    return file.read(), file.filename.replace("\\", "/").rsplit("/", 1)[-1]


def send(workbook: bytes, name: str) -> Response:
    """A workbook as a download that no cache keeps."""
    answer = send_file(io.BytesIO(workbook), mimetype=_XLSX, as_attachment=True, download_name=name, max_age=0)
    answer.headers["Cache-Control"] = "no-store"
    return answer
