"""The watch: grades each exercise as it is saved, and shows the verdict until there is another."""

from __future__ import annotations

import contextlib
import queue
import time
from pathlib import Path
from typing import Any, NamedTuple

from . import hints, results, views
from .comparison import comparison
from .course import Exercise, Problem, exercises
from .grader import Grader, Reply
from .overview import absence, following, share, standings
from .saves import Saves
from .terminal import Terminal
from .text import Line, plain

TICK = 0.1
"""Seconds after which is looked whether the terminal has another size, or a grading takes too long."""
UNFINISHED = 0.15
"""Seconds for which a file that is missing or empty is given time: its editor may be about to write it."""
TWICE = 0.5
"""Seconds within which a second save of the same text counts as the same save."""
OUTDATED = 1.0
"""Seconds for which a grading of what is no longer there may go on, at least, before it is stopped."""
NAME = "FastAPI WebSocket Workbook"


class Verdict(NamedTuple):
    """What was found, in what, and when."""

    reply: Reply
    digest: str
    at: float
    words: str


def watch(root: Path) -> None:
    """Watch until `q` or Ctrl-C."""
    events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    with contextlib.suppress(KeyboardInterrupt), Terminal(lambda key: events.put(("key", key))) as terminal:
        watching = Watch(root, terminal, events)
        try:
            with Saves(root / "exercises", lambda stems: events.put(("saved", stems))):
                watching.run()
        finally:
            watching.grader.stop()


class Watch:
    """What is graded, what waits to be, and what the screen shows."""

    def __init__(self, root: Path, terminal: Terminal, events: queue.SimpleQueue[tuple[str, Any]]) -> None:
        self._root = root
        self._terminal = terminal
        self._events = events
        self._here = following(root) or exercises(root)[0]
        self._verdicts: dict[str, Verdict] = {}
        self._waiting: dict[str, tuple[float, float]] = {}
        self._took = OUTDATED
        self._view = "map"
        self._body: list[Line] = []
        self._offset = 0
        self._is_whole = False
        self._wants_hint = False
        self._is_watching = False
        self.grader = self._new_grader()

    def _new_grader(self) -> Grader:
        return Grader(self._root, lambda reply: self._events.put(("graded", reply)))

    def run(self) -> None:
        """Go on until `q`."""
        self._show("map")
        while True:
            self._draw()
            try:
                kind, value = self._events.get(timeout=TICK)
            except queue.Empty:
                kind, value = "tick", None
            if kind == "key" and value in ("q", "\x04"):
                return
            if kind == "key":
                self._press(value)
            elif kind == "saved":
                self._is_watching = True
                self._saved(value)
            elif kind == "graded":
                self._graded(value)
            self._grade_next()

    # Grading

    def _saved(self, stems: set[str]) -> None:
        saved = [exercise for exercise in exercises(self._root) if exercise.stem in stems and self._is_news(exercise)]
        if saved and self._here not in saved:
            self._here = saved[0]
        now = time.monotonic()
        for exercise in saved:
            is_written = False
            with contextlib.suppress(OSError):
                is_written = exercise.own.is_dir() or exercise.own.stat().st_size > 0
            self._waiting[exercise.stem] = (now, now if is_written else now + UNFINISHED)
        if saved and self._view != "verdict":
            self._show("verdict" if self._here.stem in self._verdicts else "beginning")

    def _is_news(self, exercise: Exercise) -> bool:
        """Whether a save is more than the echo of one that is being graded, or just was."""
        if exercise.stem in self._waiting:
            return True
        found = self._digest(exercise)
        if self.grader.exercise == exercise:
            return self.grader.digest != found
        last = self._verdicts.get(exercise.stem)
        return last is None or last.digest != found or time.monotonic() - last.at > TWICE

    def _digest(self, exercise: Exercise) -> str:
        with contextlib.suppress(OSError):
            return results.digest(exercise.own)
        return ""

    def _grade_next(self) -> None:
        now = time.monotonic()
        if self.grader.exercise is not None:
            since = [
                self._waiting[stem][0] for stem in (self.grader.exercise.stem, self._here.stem) if stem in self._waiting
            ]
            if since and now - min(since) > max(OUTDATED, 2 * self._took):
                self._restart()
            return
        due = [stem for stem, (_, moment) in self._waiting.items() if moment <= now]
        if not due:
            return
        stem = self._here.stem if self._here.stem in due else due[0]
        del self._waiting[stem]
        exercise = Exercise(self._root, stem)
        missing = absence(exercise)
        if missing:
            self._judge(exercise, {"output": missing}, "", "no file")
        else:
            self.grader.grade(exercise, self._digest(exercise))

    def _restart(self) -> None:
        """Stop a grading that nobody waits for any more."""
        interrupted = self.grader.exercise
        self.grader.stop()
        if interrupted is not None:
            self._waiting.setdefault(interrupted.stem, (time.monotonic(), 0.0))
        self.grader = self._new_grader()

    def _graded(self, reply: Reply) -> None:
        exercise = self.grader.exercise
        if "stem" not in reply:
            self.grader.stop()
            self.grader = self._new_grader()
            reply = {"output": f"The grader has ended. `r` grades again.\n\n{reply['output']}"}
        if exercise is None or reply.get("stem", exercise.stem) != exercise.stem:
            return
        self.grader.done()
        self._took = time.monotonic() - self.grader.since
        # What was saved meanwhile is graded next, and is what the verdict is to be about.
        if exercise.stem not in self._waiting:
            words = f"graded at {time.strftime('%H:%M:%S')} in {self._took:.1f} s"
            self._judge(exercise, reply, self.grader.digest, words)

    def _judge(self, exercise: Exercise, reply: Reply, digest: str, words: str) -> None:
        self._verdicts[exercise.stem] = Verdict(reply, digest, time.monotonic(), words)
        if exercise == self._here:
            self._show("verdict")
            if self._wants_hint:
                self._hint()

    # Keys

    def _press(self, key: str) -> None:
        if key in ("up", "down", "page up", "page down"):
            self._scroll(key)
        elif key == "n":
            self._next()
        elif key == "r":
            if self.grader.exercise != self._here:
                self._waiting[self._here.stem] = (time.monotonic(), 0.0)
            self._show("verdict" if self._here.stem in self._verdicts else "beginning")
        elif key == "h":
            self._hint()
        elif key == "l" and self._view != "map":
            self._show("map")
        elif key == "s" and self._view not in ("solution", "question"):
            self._guarded(self._ask_or_show_solution)
        elif key == "y" and self._view == "question":
            self._guarded(self._show_solution)
        elif key in ("l", "s", "back"):
            self._show("verdict" if self._here.stem in self._verdicts else "beginning")

    def _scroll(self, key: str) -> None:
        rows = self._terminal.size[1]
        page = max(1, rows - views.AROUND - 1)
        if not self._is_whole:
            short, self._is_whole = len(self._fitted()), True
            if len(self._fitted()) != short:
                return  # all of it is shown now, from its start
        step = {"up": -1, "down": 1, "page up": -page, "page down": page}[key]
        self._offset = max(0, min(self._offset + step, len(self._fitted()) - (rows - views.AROUND)))

    def _next(self) -> None:
        def go_on() -> None:
            found = following(self._root, after=self._here)
            if found is None:
                self._show("text", plain("All exercises are solved.", "green"))
            elif found == self._here:
                self._show("text", plain("This is the only exercise that is not solved.", "yellow"))
            else:
                self._here = found
                self._show("beginning")

        self._guarded(go_on)

    def _hint(self) -> None:
        verdict = self._verdicts.get(self._here.stem)
        self._wants_hint = verdict is None
        if verdict is None:
            if self.grader.exercise != self._here:
                self._waiting[self._here.stem] = (time.monotonic(), 0.0)
            return
        checks = [check for grade in verdict.reply.get("grades", ()) for check in grade["checks"]]
        failed = next((check for check in checks if check["outcome"] == "failed"), None)
        if failed is None:
            self._show("verdict")
            return

        def give() -> None:
            step, text = hints.give(self._here, failed, self._terminal.size[0] - 2)
            again = "h  the next hint" if not step.startswith(f"Hint {hints.STEPS}") else "h  the first hint again"
            head: list[Line] = [((f"✗ {failed['name']}", "red"),), (), ((step, "bold"),), ()]
            self._show("hint", [*head, *plain(text), (), ((again, "dim"),)])

        self._guarded(give)

    def _ask_or_show_solution(self) -> None:
        if standings(self._root)[self._here].is_solved:
            self._show_solution()
        else:
            self._show("question", views.question(self._here))

    def _show_solution(self) -> None:
        self._show("solution", comparison(self._here, self._terminal.size[0]))

    def _guarded(self, action: Any) -> None:
        """Do something, and if it cannot be done, show why."""
        try:
            action()
        except (Problem, OSError) as error:
            self._show("text", plain(str(error), "yellow"))

    # The screen

    def _show(self, view: str, body: list[Line] | None = None) -> None:
        if view != "verdict":
            self._wants_hint = False
        self._view, self._offset, self._is_whole = view, 0, False
        if body is not None:
            self._body = body
            return
        try:
            if view == "map":
                course = standings(self._root)
                self._body = views.overview(course, self._here)
                place = next(n for n, line in enumerate(self._body) if line and line[0][0].startswith("▸"))
                self._offset = max(0, place + 3 - max(1, self._terminal.size[1] - views.AROUND))
            elif view == "beginning":
                self._body = views.beginning(self._here, self._terminal.size[0])
            else:
                self._body = views.verdict(
                    self._here, self._verdicts[self._here.stem].reply, following(self._root, after=self._here)
                )
        except (Problem, OSError) as error:
            self._body = plain(str(error), "yellow")

    def _fitted(self) -> list[Line]:
        return views.fitted(self._body, self._terminal.size, whole=self._is_whole)

    def _draw(self) -> None:
        verdict = self._verdicts.get(self._here.stem)
        title = f"{self._here.number} {self._here.title}"
        keys = views.KEYS
        if self._view == "map":
            title = NAME
        elif self._view not in ("verdict", "beginning"):
            keys = f"Enter back  {keys}"
        marks = views.marks(verdict.reply) if verdict and self._view != "map" else ()
        body = self._fitted()
        self._offset = max(0, min(self._offset, len(body) - 1))
        self._terminal.draw(
            views.frame(self._terminal.size, title, self._status(verdict), marks, body, self._offset, keys)
        )

    def _status(self, verdict: Verdict | None) -> str:
        if self.grader.exercise is not None:
            return f"grading {self.grader.exercise.number} …"
        if self._waiting:
            return "grading …"
        if not self._is_watching:
            return "starting …"
        if self._view == "map":
            with contextlib.suppress(Problem):
                return share(standings(self._root)).removesuffix(" of the course.")
        return verdict.words if verdict else "not graded yet"
