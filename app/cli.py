"""The commands of ``run.py``."""

from __future__ import annotations

import argparse
import errno
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from app import clock, create_app, proving, simulation
from app.auth import accounts
from app.auth.directory import Directory
from app.auth.roles import SEPARATED
from app.auth.scopes import LONGEST, SCOPES, USUAL
from app.campaign import demonstration, plan
from app.config import Config, ConfigError, from_environment
from app.db import outage
from app.deploying import COMMAND_LINE, prepare, read_files, shipped_files
from app.engine import definitions, jobs
from app.engine.errors import Refused
from app.engine.proof.anchors import AnchorError
from app.modeler.trial import scenarios


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="run.py", description="倒排 Daopai")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add = commands.add_parser
    serve_parser = add("serve", help="serve, on loopback unless DAOPAI_BIND says otherwise (the default)")
    serve_parser.add_argument("--port", type=int, default=5000)
    serve_parser.add_argument("--no-worker", action="store_true", help="run no job worker in this process")
    check_parser = add("check", help="validate these files, or all diagrams, forms and decisions")
    check_parser.add_argument("files", nargs="*", type=Path)
    deploy_parser = add("deploy", help="deploy these files together")
    deploy_parser.add_argument("files", nargs="+", type=Path)
    deploy_parser.add_argument("--comment", default="")
    simulation.add_arguments(add("simulate", help="play the whole campaign"))
    verify_parser = add("verify", help="check that nobody changed the records; exit status 1 when something is not as it was written")
    verify_parser.add_argument("--anchor", type=Path, help="an anchor file kept elsewhere (default: the one in DAOPAI_HOME/anchors)")
    verify_parser.add_argument("--archive", type=Path, help="check a campaign's archive instead, without the database")
    add("seal", help="seal all records now and append to the anchor file")
    add("worker", help="run a job worker until it is stopped")
    _token_arguments(add("token", help="make an API token for a user"))
    account_parser = add("account", help="make an account, e.g. the first security administrator of a new installation")
    account_parser.add_argument("user")
    account_parser.add_argument("--name", default="", help="the person's name")
    account_parser.add_argument("--role", default="security_admin", choices=sorted(SEPARATED), help="default: security_admin")
    # `run.py --port 8000` means `run.py serve --port 8000`.
    given = sys.argv[1:] if arguments is None else arguments
    if not given or (given[0].startswith("-") and given[0] not in {"-h", "--help"}):
        given = ["serve", *given]
    options = parser.parse_args(given)
    try:
        return _COMMANDS[options.command](options)
    except (ConfigError, Refused, accounts.AccountError, AnchorError) as error:
        print(error, file=sys.stderr)
    except (DBAPIError, OSError) as error:
        print(_outage(error), file=sys.stderr)
    return 1


def _outage(error: Exception) -> str:
    """What the machine refused, in a sentence; an error of any other kind is a fault of ours and goes on."""
    found = outage(error)
    if found is not None:
        return found.value
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}：{error.strerror} (check that it exists and may be written)"
    if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}:
        return f"端口不能使用：{error.strerror}，请用 --port 指定另一个端口 (the port cannot be used: choose another one with --port)"
    raise error


def _serve(options: argparse.Namespace) -> int:
    config = from_environment()
    if config.production:
        return _serve_production(options)
    database = prepare(config)
    if database.is_sqlite:
        # The only process there is: what an earlier one left behind when it was killed is nobody's.
        jobs.release_leases(database)
    demonstration.load(database)
    app = create_app(config, database)
    worker = None if options.no_worker else jobs.Worker(database)
    server = make_server(config.bind, options.port, app, threaded=True, request_handler=_Handler)
    if worker:
        worker.start()
    print(f"\n  倒排 Daopai  →  {_address(config, server.server_port)}/\n", flush=True)
    print(demonstration.welcome(), flush=True)
    _until_stopped(server.serve_forever, server.shutdown)
    if worker:
        worker.stop()
    database.dispose()
    return 0


def _address(config: Config, port: int) -> str:
    """Where this server is reached; an IPv6 address stands in brackets."""
    return f"http://[{config.bind}]:{port}" if ":" in config.bind else f"http://{config.bind}:{port}"


class _Handler(WSGIRequestHandler):
    """Keeps connections open and the log quiet."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _until_stopped(run: Callable[[], object], stop: Callable[[], None]) -> None:
    """Run until SIGTERM or Ctrl-C, then stop cleanly."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop, daemon=True).start())
    run()


def _serve_production(options: argparse.Namespace) -> int:
    """Migrate and deploy, then become gunicorn; workers and job worker start in its children (``app.wsgi``)."""
    config = from_environment()
    prepare(config).dispose()
    workers = os.environ.get("WEB_CONCURRENCY", "2")
    bind = _address(config, options.port).removeprefix("http://")
    # The application alone decides whose word about a client counts (DAOPAI_PROXIES): gunicorn trusts no header.
    command = ["-m", "gunicorn", "--bind", bind, "--forwarded-allow-ips", "", "--workers", workers, "--threads", "4"]
    if options.no_worker:
        os.environ["DAOPAI_NO_WORKER"] = "1"
    os.execv(sys.executable, [sys.executable, *command, "--worker-class", "gthread", "app.wsgi:app()"])  # noqa: S606


def _check(options: argparse.Namespace) -> int:
    shipped = shipped_files()
    given = read_files(options.files) if options.files else {**shipped, **read_files([plan.FILE])}
    plans = {name: content for name, content in given.items() if name == plan.FILE.name}
    files = {name: content for name, content in given.items() if name not in plans}
    # what is given stands over what is shipped, as it would after its deployment
    problems = definitions.check(files, definitions.known_files({**shipped, **files}, roles=Directory.roles))
    for problem in problems:
        print(problem.bilingual())
    wrong = [f"{name}: {problem}" for name, content in plans.items() for problem in plan.problems(content)]
    for sentence in wrong:
        print(sentence)
    refused = bool(wrong) or any(problem.severity == "error" for problem in problems)
    if not refused:
        print(f"{len(given)} 个文件，没有错误 ({len(given)} files, no errors)")
    return 1 if refused else 0


def _deploy(options: argparse.Namespace) -> int:
    files = read_files(options.files)
    database = prepare(from_environment())
    ran = scenarios.run_all(database, files)
    differing = [found for found in ran if not found.ok and found.step]
    result = database.in_transaction(
        lambda session: definitions.deploy(session, files, COMMAND_LINE, comment=options.comment, now=clock.now())
    )
    for found in differing:
        print(f"场景与预期不同 (scenario differs): {found.name}: {found.step}: {found.difference}")
    for text in scenarios.warnings(found.as_json() for found in ran):
        print(f"提醒 (warning): {text}")
    for warning in result.warnings:
        print(warning.bilingual())
    for definition in result.created:
        print(f"{definition.resource}: {definition.kind} {definition.id} v{definition.version} ({definition.key})")
    for name in result.unchanged:
        print(f"{name}: 未变化，不产生新版本 (unchanged, no new version)")
    database.dispose()
    return 0


def _worker(_options: argparse.Namespace) -> int:
    database = prepare(from_environment())
    worker = jobs.Worker(database)
    stopped = threading.Event()
    worker.start()
    print("作业处理器已启动 (job worker running)", flush=True)
    _until_stopped(stopped.wait, stopped.set)
    worker.stop()
    return 0


def _with_accounts(work: Callable[[Session], str]) -> int:
    """Run *work* where accounts can speak to people, and print what it returns."""
    config = from_environment()
    database = prepare(config)
    with create_app(config, database).app_context():
        print(database.in_transaction(work))
    database.dispose()
    return 0


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user")
    parser.add_argument("--scope", action="append", choices=list(SCOPES), help="may be given several times (default: all)")
    parser.add_argument("--days", type=int, default=USUAL.days, help=f"how long it works, at most {LONGEST.days} (default: {USUAL.days})")
    parser.add_argument("--label", default="", help="what it is for")


def _token(options: argparse.Namespace) -> int:
    lasts, allowed = timedelta(days=options.days), options.scope or list(SCOPES)
    return _with_accounts(
        lambda session: accounts.make_token(session, options.user, COMMAND_LINE, label=options.label, allowed=allowed, lasts=lasts)
    )


def _account(options: argparse.Namespace) -> int:
    """Make an account with a system role; its first password is printed once and must be changed."""
    password = secrets.token_urlsafe(12)

    def work(session: Session) -> str:
        name = options.name or options.user
        accounts.create_user(session, options.user, name, password=password, actor=COMMAND_LINE, must_change_password=True)
        accounts.assign_role(session, options.user, options.role, actor=COMMAND_LINE)
        return f"{options.user} ({options.role})\n初始密码，首次登录须修改 (first password, to be changed at once): {password}"

    return _with_accounts(work)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "serve": _serve,
    "check": _check,
    "deploy": _deploy,
    "simulate": simulation.run,
    "verify": proving.verify,
    "seal": proving.seal,
    "worker": _worker,
    "token": _token,
    "account": _account,
}


if __name__ == "__main__":
    sys.exit(main())
