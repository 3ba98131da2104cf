"""Error pages: what happened, what is kept, what to do."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, SQLAlchemyError, StatementError
from werkzeug.exceptions import HTTPException, InternalServerError

from app import unreadable
from app.auth.current import forget_person
from app.auth.language import locale
from app.border import Unreadable
from app.column_lengths import TooLong
from app.db import Outage, RevisionConflict, outage
from app.engine.errors import EngineError, NotFound

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """The three sentences of an error page."""

    what: LazyString
    kept: LazyString
    do: LazyString


_SENT = _l("数据没有改动。您填写的内容仍在上一页，草稿已保留。")
_NOTHING = _l("数据没有改动。")

#: A value in the database cannot be read: a list goes on without it, what is built on it does not.
DAMAGED = Words(
    _l("这一步要用的数据里，有一处无法读取。"),
    _l("没有改动任何数据；已填写的内容和草稿仍在，其他各页照常可用。"),
    _l("请把下面的编号告诉管理员，由审计员在“核验”页查明是哪一行，用备份恢复后再办理。"),
)

_ROLE = _l("如果这是您的工作，请安全管理员给您分配角色；代理他人时，请先在右上角选择“代”谁。")

WORDS: dict[int, Words] = {
    400: Words(_l("请求格式有误。"), _NOTHING, _l("请返回上一页再试一次；仍不行，请告知管理员您点击的按钮。")),
    401: Words(_l("需要先登录。"), _SENT, _l("请登录后再试一次。")),
    403: Words(_l("您没有访问该页面的权限。"), _NOTHING, _ROLE),
    404: Words(
        _l("未找到该事项，或您无权办理。"), _NOTHING, _l("该事项可能已由他人办结、已转办，或地址有误。请从待办或列表里再打开一次。")
    ),
    405: Words(_l("不支持该操作。"), _NOTHING, _l("请从页面上的按钮进入。")),
    409: Words(_l("数据已被他人更新。"), _SENT, _l("请刷新页面，核对最新情况后再办理。")),
    413: Words(_l("上传的内容太大了。"), _SENT, _l("请把照片压缩到 5 MB 以内、表格分成几份，再上传。")),
    415: Words(_l("不能接收这种文件。"), _SENT, _l("请换成页面上写明的文件类型。")),
    422: Words(_l("有内容需要改正。"), _SENT, _l("请按提示改正后再提交。")),
    429: Words(_l("操作太频繁了。"), _SENT, _l("请等一分钟再试。")),
    500: Words(_l("系统异常，本次操作未完成。"), _SENT, _l("请过一会儿再试；仍不行，请把下面的编号告诉管理员。")),
    503: Words(_l("系统正忙或正在维护。"), _SENT, _l("请过几分钟再试。")),
}


def install(app: Flask) -> None:
    """Answer every error in the form in which it was asked: page, fragment or JSON."""
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(RateLimitExceeded, http)
    app.register_error_handler(EngineError, _engine)
    app.register_error_handler(RevisionConflict, _conflict)
    app.register_error_handler(SQLAlchemyError, database)
    app.register_error_handler(OverflowError, _beyond)
    app.register_error_handler(TooLong, _too_long)
    app.register_error_handler(unreadable.UnreadableData, _damaged)
    app.register_error_handler(Exception, _unexpected)
    app.before_request(unreadable.begin)
    app.after_request(_told)


def http(error: HTTPException) -> Response | HTTPException:
    """The answer for what a route or Flask itself refuses."""
    if error.response is not None:
        return error
    if isinstance(error, InternalServerError):
        return _unexpected(error.original_exception or error)
    answer = page(error.code or 500, detail=str(error.description) if isinstance(error, Unreadable) else "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _stale_form(_error: CSRFError) -> Response:
    what = _l("这一页放得太久，或者您已在别处退出登录，安全校验没有通过。")
    return page(400, words=Words(what, _SENT, _l("请返回上一页，刷新后再提交一次。")), title="csrf")


def _engine(error: EngineError) -> Response:
    if error.status >= 500:
        return _unexpected(error)
    if isinstance(error, NotFound):
        return page(404)  # says no more than a page that never was
    say = getattr(error, "text", None)
    return page(error.status, detail=say(locale()) if say else str(error))


def _conflict(error: RevisionConflict) -> Response:
    return page(409)


#: Seconds after which trying again makes sense.
_RETRY_AFTER = {Outage.LOCKED: 2, Outage.FULL: 120}


def database(error: SQLAlchemyError) -> Response:
    """The database does not answer: 503, with what was typed on the page. Any other error of it is a fault of ours."""
    found = outage(error)
    if isinstance(error, DataError) or (isinstance(error, StatementError) and isinstance(error.orig, OverflowError)):
        return _beyond(error)
    if found is None:
        return _unexpected(error)
    log.error("the database does not answer at %s %s: %s", request.method, request.path, found.name, exc_info=error)
    answer = page(503, typed=_typed())
    answer.headers["Retry-After"] = str(_RETRY_AFTER.get(found, 10))
    return answer


def _beyond(error: Exception) -> Response:
    """A value that is of the right kind and that no column or calendar has room for."""
    log.warning("a value out of range at %s %s", request.method, request.path, exc_info=error)
    return page(400, detail=str(_l("填写的数字或日期超出系统可处理的范围，请检查后重新填写。")))


def _too_long(error: TooLong) -> Response:
    log.warning("at %s %s: %s", request.method, request.path, error)
    detail = _l("“%(start)s…”有 %(length)s 个字，最多 %(limit)s 个字，请缩短。", start=error.start, length=error.length, limit=error.limit)
    return page(400 if _wants_json() else 422, detail=str(detail), typed=_typed())


#: Parts of the names of fields that are never sent back.
_SECRET = ("password", "current", "new", "again", "code")


def _typed() -> list[tuple[str, str]]:
    """The fields of the form that was sent, to be sent again as they are; none where a secret or a file would have to be given again."""
    if request.files or any(part in name for name in request.form for part in _SECRET):
        return []
    return [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]


def _damaged(error: BaseException) -> Response:
    number = secrets.token_hex(4)
    log.error("error %s at %s %s: unreadable data: %s", number, request.method, request.path, unreadable.seen(), exc_info=error)
    return page(422, words=DAMAGED, number=number, typed=_typed())


def _told(answer: Response) -> Response:
    if places := unreadable.seen():
        log.error("unreadable data at %s %s: %s", request.method, request.path, ", ".join(places))
    return answer


def _unexpected(error: BaseException) -> Response:
    if unreadable.seen():  # what failed was given a marked value
        return _damaged(error)
    if current_app.testing:
        raise error
    number = secrets.token_hex(4)
    log.error("error %s at %s %s", number, request.method, request.path, exc_info=error)
    return page(500, number=number)


def page(
    status: int,
    *,
    detail: str = "",
    number: str = "",
    words: Words | None = None,
    title: str = "",
    typed: Sequence[tuple[str, str]] = (),
) -> Response:
    """The answer for *status*: JSON (RFC 9457) for programs, a fragment for htmx, otherwise a page.

    *typed* are fields that the page offers to send again.
    """
    words = words or WORDS.get(status) or WORDS[500 if status >= 500 else 400]
    if _wants_json():
        problem = {"type": "about:blank", "title": title or str(words.what), "status": status, "detail": detail or str(words.do)}
        if number:
            problem["instance"] = number
        answer = jsonify(problem)
        answer.content_type = "application/problem+json"
    else:
        template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
        text = _rendered(template, status=status, words=words, detail=detail, number=number, typed=typed)
        answer = Response(text, mimetype="text/html")
    answer.status_code = status
    return answer


def _rendered(template: str, **values: object) -> str:
    """The page with its surroundings, or without them when those cannot be read either (the database is away, a row is damaged)."""
    try:
        return render_template(template, **values)
    except (SQLAlchemyError, ValueError, TypeError, AttributeError, LookupError):
        log.exception("the error page could not show its surroundings")
        forget_person()
        return render_template("errors/plain.html", **values)


def _wants_json() -> bool:
    if request.path.startswith("/v2/") or request.is_json:
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"
