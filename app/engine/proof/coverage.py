"""What no verification looks at, and why: the page of seals says it. A test holds it against every column that there is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import MetaData, Table

from app.engine import contents
from app.engine.chain_models import Seal, SealedHead
from app.engine.change_journal import followed_rows
from app.engine.models import Activity, Event, TaskCandidate

#: tables, or columns of tables, that are left out together: (what they are and why, in Chinese; in English)
LEFT_OUT: dict[tuple[str, ...], tuple[str, str]] = {
    ("draft",): ("表单草稿：尚未提交，随提交消失", "Drafts of forms: not handed in, and gone with the submission"),
    ("model_draft", "model_draft_version", "model_draft_presence", "trial", "scenario_run"): (
        "图纸草稿、试运行和场景的运行结果：发布前不生效，发布的内容在核验范围内",
        "Drafts of drawings, trials and results of scenarios: not in force before a release, which is covered",
    ),
    ("login_session", "login_failure", "account.totp_counter", "account.locale"): (
        "登录状态、失败次数和界面语言：登录、退出和锁定另有记录",
        "Sessions, counts of failed sign-ins and the language of screens: signing in and out and locking is recorded",
    ),
    (
        "job.state",
        "job.retry_at",
        "job.retries",
        "job.failures",
        "job.lease_until",
        "job.fence",
        "job.error",
        "job.created_at",
        "job.only",
        "call.started",
    ): (
        "正在执行的即时作业、作业的重试和租约、已启动几个子流程：定时和服务作业本身、待启动的子流程在核验范围内",
        "Work that is done at once, attempts and leases of jobs, how many children were started: timers, service jobs and children still "
        "to be started themselves are covered",
    ),
    ("idempotency", "import_run", "operation_item"): (
        "重复请求的应答、导入和批量处理的进度：所做的每件事另有记录",
        "Answers to repeated requests, progress of imports and batches: what they do is recorded",
    ),
    ("notification.read_at",): ("通知是否已读", "Whether a notification has been read"),
    ("process_instance.result",): ("子流程交回的输出值：由其变量得出", "The output of child processes: it follows from their variables"),
    (
        "instance_migration.tokens",
        "instance_migration.variables",
        "instance_migration.changes",
        "verification.records",
        "verification.total",
        "verification.position",
        "verification.files_from",
        "verification.findings",
        "erasure.step",
        "erasure.position",
        "erasure.changed",
    ): (
        "迁移前的备份，核验的明细，核验和清除的进度：核验的结论在核验范围内",
        "The state before a migration, details of verifications, progress of verifications and erasures: how one ended is covered",
    ),
    ("record_index", "record_span", "installation", "deployment.number"): (
        "检索索引（按记录随时可以重建，检索不到不等于没有记录）、安装标识、部署序号",
        "The index of searches (it follows from the records; that a search does not find one does not say that there is none), what an "
        "installation is called, numbers of deployments",
    ),
}
#: Looked at row by row, with all their columns.
_WHOLE = {model.__tablename__ for model in (Event, Activity, Seal, SealedHead, TaskCandidate)} | {"chain"}
#: Counts the writers of a row.
_REVISION = "revision"
_HEADS = {"process_instance": {"chain_length", "chain_head"}, "document_template": {"content"}, "definition": {"content"}}


def words(locale: str) -> list[str]:
    """What is left out, as sentences in ``zh`` or ``en``."""
    return [text[1 if locale == "en" else 0] for text in LEFT_OUT.values()]


def unsaid(metadata: MetaData) -> list[str]:
    """Columns that nothing looks at and that are not in ``LEFT_OUT``."""
    said = {name for names in LEFT_OUT for name in names}
    return sorted(
        f"{table.name}.{column}"
        for table in metadata.tables.values()
        if table.name not in _WHOLE and table.name not in said
        for column in _unseen(table)
        if f"{table.name}.{column}" not in said
    )


def _unseen(table: Table) -> Iterator[str]:
    seen = {_REVISION} | _HEADS.get(table.name, set())
    if table.name in followed_rows.FOLLOWED:
        seen |= set(followed_rows.FOLLOWED[table.name].columns)
    if table.name in contents.COVERED:
        seen |= set(contents.COVERED[table.name][1])
    yield from (column.name for column in table.columns if column.name not in seen)
