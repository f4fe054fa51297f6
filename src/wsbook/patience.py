"""Waiting for what a server does: as long as it takes, and not a moment longer than it is certain that it won't.

Patience is counted in the server's own time, which stands still while the server waits. So neither a slow answer
nor a loaded machine decides a verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ._load import Failure
from ._loop import Standing
from .process import MISSING, Process
from .transcript import Transcript
from .verdict import CheckFailed

ANSWER = 1.25
"""Seconds of the server's own time that it may wait before it answers: the contracts' 1 s, and a little mercy."""
SETTLED = 2.25
"""Seconds of the server's own time until a count must be true again: the contracts' 2 s, and a little mercy."""
AT_ONCE = 0.002
"""Real seconds in which most answers come; only after that the server is asked what it is doing."""
OUTSIDE = 3.0
"""Seconds to wait for a thread, or something else outside of the event loop, that may still bring an answer. They are
counted in looks, so that patience grows with the load of the machine."""
LOOK = 0.02
"""Real seconds of one such look."""
ROUND = 0.04
"""Seconds from one such look to the next on an idle machine: the server looks for a moment, too."""
DEAF = 3.0
"""Seconds of its own computing after which a process that gives no sign of life is said to stand still."""
DEAF_AT_IMPORT = 8.0
"""The same for a process that imports."""
AT_LAST = 30.0
"""Seconds without a word from the process after which it is given up, counted in looks."""
ARRIVAL = 60.0
"""Real seconds for what is on its way between two processes of this machine."""
GUARD = 300.0
"""Real seconds after which a wait is given up that ends by itself, were there no mistake in the grader."""


class Work:
    """The waiting for what is at work outside of a server's event loop: a thread, or a child process.

    Its computing counts, and so do looks at it, unless it only waits for a processor (`Standing.computes`).
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._before: float | None = None
        self.waited = 0.0

    def look(self, standing: Standing) -> None:
        """Count a look, LOOK seconds after the one before."""
        if self._before is None:
            self._before = self._process.computing()
        self.waited += 0 if standing.computes else ROUND

    @property
    def computed(self) -> float:
        """Seconds for which it has computed since the first look."""
        return 0.0 if self._before is None else self._process.computing() - self._before

    def is_long(self, allowance: float = 0.0) -> bool:
        """Whether that is more than OUTSIDE, or what is allowed if that is more."""
        return self.computed + self.waited > max(OUTSIDE, allowance)


class Patience:
    """What is expected to have reached one server's process, and the waiting for what it makes of that."""

    def __init__(self, process: Process, transcript: Transcript) -> None:
        self._process = process
        self._transcript = transcript
        self.requests = 0
        self.gone: set[int] = set()
        self.standing: Standing | None = None

    def wait(
        self,
        done: Callable[[float], bool],
        allowance: float | None = None,
        hopeless: Callable[[Standing], bool] = lambda standing: True,
    ) -> bool:
        """Wait for something that the server does. False only when it is certain that it will not.

        `done(seconds)` looks, for at most so long. `allowance` is how much of the server's own time may pass; the
        time that a loaded machine takes does not count. When the server is at rest, `hopeless` tells whether that
        settles it; if not, the thing is on its way already.
        """
        if done(AT_ONCE):
            return True
        allowance = ANSWER if allowance is None else allowance
        work = Work(self._process)
        heard = 0
        deadline = time.monotonic() + GUARD
        # What is on its way arrives first: no time passes but for what has not come when all is at rest.
        patience = 0.0
        while time.monotonic() < deadline:
            place = len(self._transcript.lines)
            standing = self.rest(patience, done=done)
            self._transcript.wait(place, standing.moved)
            allowance -= standing.moved
            if standing.state == "quiet":
                if not hopeless(standing):
                    return done(ARRIVAL)
                if done(0) or patience >= allowance:
                    return done(0)
                patience = allowance
                # To find out that it is hopeless may take long, as with a browser on a loaded machine.
                deadline = time.monotonic() + GUARD
                continue
            # What is at work outside of the loop may need time, too.
            patience = max(0.0, allowance) if standing.state == "unknown" else 0.0
            if done(0):
                return True
            if standing.state == "stalled":
                raise CheckFailed("stalled", "the whole server stands still")
            if standing.state in ("busy", "gone"):
                return done(0.1)
            if standing.state == "unknown":
                now_heard = sum(line.arrow in "←✕" for line in list(self._transcript.lines))
                if heard != now_heard:  # what others hear meanwhile shows that the work goes on
                    heard, work = now_heard, Work(self._process)
                if done(LOOK):
                    return True
                work.look(standing)
                if work.is_long(allowance) and not _goes_on(work):
                    return done(0)
        return done(0)

    def rest(
        self,
        allowance: float,
        *,
        whole: bool = False,
        regardless: bool = False,
        done: Callable[[float], bool] = lambda seconds: False,
    ) -> Standing:
        """Let the server come to rest; see `_loop.Standing` for what comes back."""
        process = self._process
        number = process.tell("rest", allowance, whole, self.requests, frozenset(self.gone), regardless)
        silent_looks = 0
        while not process.has_replied(number) and silent_looks * LOOK < AT_LAST:
            if process.hear(LOOK):
                silent_looks = 0
            else:
                silent_looks += 1
                if not process.has_pipe:
                    return Standing("gone")
                if process.computing_in_silence() > (DEAF if process.port else DEAF_AT_IMPORT):
                    break
            if process.failure is not None:
                return Standing("gone")
            if not whole and not process.has_replied(number) and done(0):
                return Standing("unknown")
        reply = process.reply(number)
        if reply is MISSING and not process.port:
            process.failure = Failure("endless import", "")
            return Standing("gone")
        self.standing = Standing("stalled") if reply is MISSING else reply
        return self.standing


def _goes_on(work: Work) -> bool:
    """Whether a thread may still bring an answer after all that time. Fails if it has only computed."""
    if work.computed > OUTSIDE * 2 / 3:
        raise CheckFailed("busy thread", "a thread of the server computes without end")
    return work.computed > work.waited / 4
