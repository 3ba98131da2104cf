"""V8, walled in: contexts that hold the FEEL bundle and nothing else, with limits of time and memory.

Time is what V8 itself computed, so that a machine busy with other work refuses nothing; where that cannot be measured (not on Linux), and
as a far outer bound, the time on the wall counts. A breach costs its context, not the process, and is tried once more in a new one: only
an empty context shows whether this call alone takes too much. A small pool serves other threads meanwhile. V8 does not survive a fork:
each process makes its own pool, lazily. Only ``feel`` uses this.
"""

from __future__ import annotations

import ctypes
import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from py_mini_racer import (
    DEFAULT_V8_FLAGS,
    JSEvalException,
    JSOOMException,
    JSTimeoutException,
    MiniRacer,
    init_mini_racer,
)

#: seconds of computing of one call
TIME_LIMIT = 0.5
#: seconds on the wall of one call, and for a stopped one to report its end
OUTER_LIMIT, STOPPING = 30.0, 5.0
#: bytes of one context's heap
MEMORY_LIMIT = 32 * 1024 * 1024
#: contexts of one process (about 4 MB each)
CONTEXTS = 4
#: characters sent to a context before its garbage is collected
GARBAGE = 1024 * 1024
#: what a call leaves behind besides its text, in characters
CALL_COST = 1000
#: seconds to wait for a free context
PATIENCE = 2 * OUTER_LIMIT

#: mini-racer's callback that puts an answer into the context's queue
_TO_THE_QUEUE = 0

_WARM_UP = r"""feel.evaluate('{"e": ["date and time(\\"2020-05-21T08:00:00+08:00\\") + duration(\\"P1D\\") > now()"], "v": {}}')"""
_BUNDLE = Path(__file__).resolve().parent.parent / "static" / "dist" / "feel.js"


class Stopped(Exception):
    """A call was stopped. ``reason``: ``time``, ``memory``, ``busy`` (no context became free) or ``engine``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run(code: str) -> str:
    """The text that the JavaScript *code* yields. Raises ``Stopped``."""
    with _pool.context() as context:
        try:
            return _run(context, code)
        except JSEvalException as error:
            kinds = {JSTimeoutException: "time", JSOOMException: "memory"}
            raise Stopped(kinds.get(type(error), "engine")) from error


def _run(context: _Context, code: str) -> str:
    try:
        return context.run(code)
    except JSEvalException:
        context.renew()
    try:
        return context.run(code)
    except JSEvalException:
        context.renew()
        raise


_TASKS = Path("/proc/self/task")


def _threads() -> set[int]:
    """The threads of this process, by the kernel's ids; empty where they cannot be known."""
    return {int(each.name) for each in _TASKS.iterdir()} if _TASKS.exists() else set()


def _computed(thread: int) -> float:
    """Seconds that *thread* has computed. The number is the kernel's clock of one thread (CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED)."""
    return time.clock_gettime(~thread << 3 | 6)


def _busiest(threads: set[int]) -> int | None:
    """Of new *threads* the one that has computed most; Python's own do not count."""
    own = {thread.native_id for thread in threading.enumerate()}
    return max(threads - own, key=_computed, default=None)


class _Context:
    """A V8 context with the bundle in it. Used by one thread at a time."""

    def __init__(self) -> None:
        # One thread per context and no helpers of V8's own: they would not survive a fork, and they compete for the cores.
        init_mini_racer(flags=(*DEFAULT_V8_FLAGS, "--single-threaded"), ignore_duplicate_init=True)
        self._open()

    def _open(self) -> None:
        with _opening:  # one at a time: the thread that is new is its own
            before = _threads()
            self._load()
            self._thread = _busiest(_threads() - before)

    def _load(self) -> None:
        self._racer = MiniRacer()
        self._sent = 0
        #: a call began and its answer has not been taken
        self._open_call = False
        # Python must never collect a context by itself: at exit, and in a forked child, that waits for threads which are gone.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._racer))
        self._racer.set_hard_memory_limit(MEMORY_LIMIT)
        self._racer.eval(_BUNDLE.read_text(encoding="utf-8"))
        # what V8 compiles at first use must not count against the first caller's half second
        self._racer.eval(_WARM_UP)

    def run(self, code: str) -> str:
        """The text that *code* yields. Collects garbage now and then: V8 itself would only do so beyond the limit."""
        self._sent += len(code) + CALL_COST
        if self._sent > GARBAGE:
            self._sent = len(code)
            self._racer.low_memory_notification()
        return str(self._evaluate(code))

    def _evaluate(self, code: str) -> object:
        """``MiniRacer.eval`` with a time limit, without the event loop that it goes through.

        That loop is one more thread to change to, twice a call, and costs more than most expressions (0.26 against 0.09 ms). A context is
        used by one thread at a time, so the one queue of answers is enough.
        """
        if self._open_call:
            self.renew()  # that caller was interrupted (Ctrl-C): the answer that may still come is not ours
        context = self._racer._ctx
        if context is None:
            raise JSEvalException("this context is closed")
        answers = context._non_cancelable_mr_task_results_queue
        written = context._python_to_value_handle(code)
        self._open_call = True
        began = self.computed()
        task = context._dll.mr_eval(context._ctx, written.raw, _TO_THE_QUEUE)
        answer = self._awaited(answers, began)
        if answer is None:
            context._dll.mr_cancel_task(context._ctx, task)
            with suppress(queue.Empty):
                answers.get(timeout=STOPPING)
            raise JSTimeoutException
        self._open_call = False
        return context._value_handle_to_python(answer)

    def computed(self) -> float:
        """Seconds that V8 has computed in this context."""
        return time.monotonic() if self._thread is None else _computed(self._thread)

    def _awaited(self, answers: queue.Queue[Any], began: float) -> Any:
        """The answer, or None once the limit is reached. To compute for a while takes at least that while: it is looked at no sooner."""
        end = time.monotonic() + OUTER_LIMIT
        while (left := began + TIME_LIMIT - self.computed()) > 0 and time.monotonic() < end:
            with suppress(queue.Empty):
                return answers.get(timeout=max(left, 0.005))
        return None

    def renew(self) -> None:
        """Start afresh after a breach.

        The stopped work must have reported its end before its context is closed: V8 answers in order, so an answer to something else
        proves it. One that will not stop is left alone, until this process ends.
        """
        racer = self._racer
        with suppress(JSEvalException):
            try:
                racer.eval("0", timeout_sec=STOPPING)
            except JSTimeoutException:
                self._open()
                return
        racer.close()
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(racer))
        self._open()


class _Pool:
    """The contexts of one process, made when first needed."""

    def __init__(self) -> None:
        self._free: list[_Context] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(CONTEXTS)

    @contextmanager
    def context(self) -> Iterator[_Context]:
        """A context for this thread alone."""
        if not self._slots.acquire(timeout=PATIENCE):
            raise Stopped("busy")
        try:
            with self._lock:
                context = self._free.pop() if self._free else None
            context = context or _Context()
            try:
                yield context
            finally:
                with self._lock:
                    self._free.append(context)
        finally:
            self._slots.release()


_pool = _Pool()
_opening = threading.Lock()


def _after_fork() -> None:
    global _pool, _opening
    _pool, _opening = _Pool(), threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
