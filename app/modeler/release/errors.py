"""Why a request is not made, or not released: Chinese, English."""

from __future__ import annotations

CONFLICTS: dict[str, tuple[str, str]] = {
    "request_decided": ("这份发布申请已由{by}于 {at} 处理。", "{by} decided this request at {at}."),
    "request_stale": (
        "草稿在提交之后又有改动，这份申请已过时。请提交人重新提交。",
        "A draft has changed since this was asked for; ask for its release again.",
    ),
    "request_moved_on": (
        "您打开这一页之后，有人发布了同一定义的新版本。请重新看过差异再决定。",
        "Somebody has released one of these definitions since you opened the page; look at the difference again.",
    ),
    "request_own": (
        "您提交过或画过其中的内容，须由另一位管理员发布。",
        "You asked for this or drew part of it: another administrator has to release it.",
    ),
    "request_not_yours": ("只有提交人能撤回申请。", "Only who asked for it may withdraw it."),
    "request_nothing_new": (
        "内容与现行版本相同，没有什么可发布。",
        "The content is that of the newest versions: there is nothing to release.",
    ),
    "request_empty": ("请至少选择一份草稿。", "Choose at least one draft."),
    "request_twice": (
        "两份草稿的文件名都是 {resource}，只能发布其中一份。",
        "Two drafts are called {resource}; only one of them can be released.",
    ),
    "comment_needed": ("请写明这次修改内容及理由。", "Say what has changed and why."),
    "reason_needed": ("请写明理由。", "Give a reason."),
}
