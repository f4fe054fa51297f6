"""The selector below a graded server's event loop: it knows when the loop would wait, and for what.

Where the loop would wait, the grader can ask three things: let it come to rest, prove that nothing more will come
of itself, or move the clock from timer to timer. Rest means: nothing is ready, no socket readable, no thread at
work, and each client has answered a ping that was sent behind everything else.
"""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._clock import Clock
from ._threads import Threads
from ._traffic import Traffic

AFTER = 1e-6
"""Seconds by which the clock goes past a timer, so that rounding never leaves it a hair too early."""
A_MOMENT = 0.001
"""Real seconds between two looks at a thread that is often done in a moment."""
A_WHILE = 0.005
"""The same after some looks."""
SOON = 0.02
"""Real seconds in which a thread may be done without a word of it to the grader."""

_real_monotonic = time.monotonic


@dataclass(frozen=True)
class Standing:
    """How the server stands after a request of the grader.

    `state` is "quiet" (nothing will come within the allowance), "moved" (time passed), "unknown" (something
    outside of the loop is at work), "busy" (the loop does not come to rest) or "stalled" (it does not turn at all).
    `computes`: what is at work is a thread that wants to compute; how soon it has, is a matter of the load.
    """

    state: str
    moved: float = 0.0
    fence: int = 0
    unanswered: int = 0
    lines: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    detail: str = ""
    computes: bool = False


@dataclass
class Request:
    """Seconds that may pass, or (`whole`) that shall pass; and what must have arrived before that counts.

    Time passes until something happens; then it is the grader's turn to say how it goes on.
    `regardless` lets time pass although something outside of the loop is at work.
    """

    number: int
    allowance: float
    whole: bool
    requests: int
    gone: frozenset[int]
    regardless: bool = False
    moved: float = 0.0
    activity: int | None = None
    fenced: bool = False


class WatchedSelector(selectors.BaseSelector):
    """The platform's selector, with a clock that stands still while it waits."""

    def __init__(
        self, clock: Clock, threads: Threads, traffic: Traffic, reply: Callable[[int, Standing], None]
    ) -> None:
        self._real = selectors.DefaultSelector()
        self._clock = clock
        self._threads = threads
        self._traffic = traffic
        self._reply = reply
        self._fence = 0
        self._fenced_activity = -1
        self._owed = 0.0
        self.turns = 0
        self.waits = False
        self.request: Request | None = None
        self.running = threading.Event()
        self.running.set()
        self.held = threading.Event()
        self.expected: set[int] = set()
        self.foreign: Callable[[], str] = lambda: ""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.turns += 1
        if not self.running.is_set():
            self._hold()
        if timeout is not None and timeout <= 0:
            return self._real.select(0)
        if self._works():
            return self._wait_for_threads(timeout)
        self._clock.stop()
        try:
            return self._wait(timeout)
        finally:
            self._clock.run()

    def _works(self) -> bool:
        """Whether a thread is at work, and that counts."""
        return not (self.request and self.request.regardless) and self._threads.at_work()

    def _hold(self) -> None:
        """Stand still until the grader lets the server go on, then until the sockets that it names are ready."""
        self._clock.stop()
        self.held.set()
        self.running.wait()
        self.held.clear()
        for _ in range(200):
            if self.expected <= {key.fd for key, _ in self._real.select(0)}:
                break
            threading.Event().wait(0.005)
        self._clock.run()

    def _wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        # No thread is at work by now, and what one has left for the loop is seen here.
        events = self._real.select(0)
        if events or (self.request and self._serve(self.request, timeout)):
            return events
        self.waits = True
        try:
            return self._real.select(None)
        finally:
            self.waits = False

    def _wait_for_threads(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for a thread, which cannot be made to hurry.

        Its own time passes, not that of a loaded machine; and no more of it than the grader's requests allow, so that
        what a timer brings never comes too early for them.
        """
        self._clock.stop()
        due = None if timeout is None else self._clock.monotonic() + timeout
        asked, soon = self.request, _real_monotonic() + SOON
        try:
            while self._works() and (due is None or self._clock.monotonic() < due):
                pause = A_MOMENT
                if self.request is not None and self.request is not asked:
                    asked, soon = self.request, _real_monotonic() + SOON
                elif _real_monotonic() > soon:
                    pause = A_WHILE
                    self._answer("unknown", "a thread is at work")
                computed = time.process_time()
                events = self._real.select(pause)
                if events:
                    return events
                self._owed += time.process_time() - computed if self._threads.want_to_compute() else pause
                self._pay(due)
            self._owed = 0.0
            return []
        finally:
            self._clock.run()

    def _pay(self, due: float | None) -> None:
        """Let the time pass that threads have taken: up to the next timer, and as far as a request allows it."""
        request = self.request
        if request is not None:
            passed = min(self._owed, max(0.0, request.allowance - request.moved))
            if due is not None:
                passed = min(passed, max(0.0, due - self._clock.monotonic()) + AFTER)
            self._owed -= passed
            request.moved += passed
            self._clock.move(passed)

    def _serve(self, request: Request, timeout: float | None) -> bool:
        """Go on with a request, while the loop would wait `timeout` seconds for its next timer.

        Returns whether the loop is to turn, for there may be something to do; otherwise it waits.
        """
        traffic = self._traffic
        if traffic.requests < request.requests or traffic.unsettled(request.gone):
            return False
        foreign = "" if request.regardless else self.foreign()
        if foreign:
            self._answer("unknown", foreign)
            return False
        if not request.fenced or traffic.activity != self._fenced_activity:
            # A fence for each request: what a client has just sent may still be on its way, and comes before its pong.
            request.fenced = True
            self._fence += 1
            self._fenced_activity = traffic.activity
            traffic.fence(self._fence)
            return True  # writing to whoever has gone may have left something to do
        if request.activity is None:
            request.activity = traffic.activity
        remaining = request.allowance - request.moved
        awakening = self._clock.next_awakening()
        if awakening is not None:
            timeout = awakening if timeout is None else min(timeout, awakening)
        if request.moved and traffic.activity != request.activity:
            self._answer("moved")
        elif timeout is not None and timeout <= remaining + AFTER:
            self._clock.move(timeout + AFTER)
            request.moved += timeout + AFTER
            return True
        else:
            if request.whole and remaining > 0:
                self._clock.move(remaining)
                request.moved += remaining
            self._answer("moved" if request.whole else "quiet")
        return False

    def _answer(self, state: str, detail: str = "") -> None:
        request, self.request = self.request, None
        if request is not None:
            self._reply(request.number, self.standing(state, request.moved, detail))

    def standing(self, state: str, moved: float = 0.0, detail: str = "") -> Standing:
        traffic = self._traffic
        lines = frozenset(traffic.lines)
        unread = frozenset(port for port, line in traffic.lines.items() if line.read_paused)
        computes = state == "unknown" and self._threads.want_to_compute()
        return Standing(state, moved, self._fence, traffic.unanswered, lines, unread, detail, computes)

    # The rest is the platform's.

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Any:
        return self._real.get_map()
