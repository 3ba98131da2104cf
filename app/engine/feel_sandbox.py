"""V8, walled in: contexts that hold the FEEL bundle and nothing else, with limits of time and memory.

A breach costs its context, not the process. A small pool serves other threads meanwhile. V8 does not survive a fork: each process makes
its own pool, lazily. Only ``feel`` uses this.
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

from py_mini_racer import (
    DEFAULT_V8_FLAGS,
    JSEvalException,
    JSOOMException,
    JSTimeoutException,
    MiniRacer,
    init_mini_racer,
)

#: seconds of one call
TIME_LIMIT = 0.5
#: bytes of one context's heap
MEMORY_LIMIT = 32 * 1024 * 1024
#: contexts of one process (about 4 MB each)
CONTEXTS = 4
#: characters sent to a context before its garbage is collected
GARBAGE = 1024 * 1024
#: what a call leaves behind besides its text, in characters
CALL_COST = 1000
#: seconds to wait for a free context
PATIENCE = 10.0

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
    began = time.process_time()
    try:
        return context.run(code)
    except JSOOMException:
        untidy = context.untidy
        context.renew()
        if not untidy:
            raise
    except JSTimeoutException:
        starved = time.process_time() - began < TIME_LIMIT / 10
        context.renew()
        if not starved:
            raise
    except JSEvalException:
        context.renew()
        raise
    # V8 counts garbage too: only an empty context shows whether this call alone takes too much. And on a machine that is too busy to
    # let this process compute, the limit says nothing about the call: it gets one more turn.
    try:
        return context.run(code)
    except JSEvalException:
        context.renew()
        raise


class _Context:
    """A V8 context with the bundle in it. Used by one thread at a time."""

    def __init__(self) -> None:
        # One thread per context and no helpers of V8's own: they would not survive a fork, and they compete for the cores.
        init_mini_racer(flags=(*DEFAULT_V8_FLAGS, "--single-threaded"), ignore_duplicate_init=True)
        self._open()

    def _open(self) -> None:
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
        task = context._dll.mr_eval(context._ctx, written.raw, _TO_THE_QUEUE)
        try:
            answer = answers.get(timeout=TIME_LIMIT)
        except queue.Empty:
            context._dll.mr_cancel_task(context._ctx, task)
            with suppress(queue.Empty):
                answers.get(timeout=TIME_LIMIT)
            raise JSTimeoutException from None
        self._open_call = False
        return context._value_handle_to_python(answer)

    @property
    def untidy(self) -> bool:
        """Whether garbage of earlier calls may fill a good part of the memory."""
        return self._sent > GARBAGE // 4

    def renew(self) -> None:
        """Start afresh after a breach.

        The stopped work must have reported its end before its context is closed: V8 answers in order, so an answer to something else
        proves it. One that will not stop is left alone, until this process ends.
        """
        racer = self._racer
        with suppress(JSEvalException):
            try:
                racer.eval("0", timeout_sec=TIME_LIMIT)
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


def _after_fork() -> None:
    global _pool
    _pool = _Pool()


os.register_at_fork(after_in_child=_after_fork)
