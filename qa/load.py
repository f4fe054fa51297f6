"""Grade the zoo again and again with busy processes beside it.

    python qa/load.py [--runs N] [--graders N] [-n N] [--every N] [STEM …]

A verdict that differs from what the zoo says, at another check say, is printed, and a message that differs from the
one that is kept; the last line counts them.
Not a test of speed: it shows that a loaded machine makes no difference to a verdict. Several graders at a time make
it quicker, and the load heavier. `sysctl kernel.sched_autogroup_enabled=0` makes it heavier still: by default Linux
gives each graded server, a session of its own, as much as all the busy processes together (sched(7)).
With `-n` each grades whole courses, one answer to each exercise, as `pytest -n` does.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import zoo
from grading import Verdict, verdicts
from messages import kept, told

BUSY = 8

Name = tuple[str, str, str]
"""An answer's exercise, its kind, and its own name."""


def be_busy(parent: int) -> None:
    """Compute until nobody needs it any more."""
    while os.getppid() == parent:
        pass


@functools.cache
def zoo_of(stem: str) -> dict[tuple[str, str], zoo.Answer]:
    return {(kind, answer.name): answer for kind in ("right", "wrong") for answer in zoo.answers(kind, stem)}


def differences(names: list[Name], processes: int) -> list[tuple[str, str]]:
    """Grade answers: how each verdict differs from what the zoo says of it, and how its message does, if they do."""
    answers = [zoo_of(stem)[kind, name] for stem, kind, name in names]
    return [_difference(*pair) for pair in zip(answers, verdicts(answers, processes), strict=True)]


def _difference(answer: zoo.Answer, found: Verdict) -> tuple[str, str]:
    if found.check != (f"test_{answer.fails}" if answer.fails else ""):
        return f"{found.check or 'it passes'}\n{found.message}", ""
    if found.check and not answer.varies and told(found.message) != kept(answer.stem).get(answer.name):
        return "", found.message
    return "", ""


def together(answers: list[Name]) -> list[list[Name]]:
    """The answers in courses, each with one answer at most to an exercise."""
    by_exercise = [list(group) for _, group in itertools.groupby(sorted(answers), lambda answer: answer[0])]
    return [[answer for answer in course if answer] for course in itertools.zip_longest(*by_exercise)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--graders", type=int, default=1, help="answers that are graded at the same time")
    parser.add_argument(
        "-n", type=int, default=0, metavar="N", help="grade an answer to each exercise with pytest -n N"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each so many-th answer only")
    parser.add_argument("stems", nargs="*", metavar="STEM", help="exercises, such as 01_basic_route; all by default")
    options = parser.parse_args()
    answers = [(answer.stem, kind, answer.name) for kind in ("right", "wrong") for answer in zoo.answers(kind)]
    answers = [answer for answer in answers if not options.stems or answer[0] in options.stems]
    answers = answers[:: options.every]
    # Backwards, so that those with a browser, which take longest, come first.
    courses = (together(answers) if options.n else [[answer] for answer in answers])[::-1]
    context = multiprocessing.get_context("spawn")
    signal.signal(signal.SIGTERM, lambda *call: sys.exit(1))
    busy = [context.Process(target=be_busy, args=(os.getpid(),), daemon=True) for _ in range(BUSY)]
    for process in busy:
        process.start()
    different = reworded = 0
    start = time.monotonic()
    graders: ProcessPoolExecutor | None = None
    try:
        for run in range(1, options.runs + 1):
            # New ones for each run: pytest leaves something behind in a process.
            graders = ProcessPoolExecutor(options.graders, mp_context=context)
            jobs = {graders.submit(differences, course, options.n): course for course in courses}
            for job in as_completed(jobs):
                for (stem, kind, name), (verdict_differs, message_differs) in zip(jobs[job], job.result(), strict=True):
                    if verdict_differs or message_differs:
                        different += bool(verdict_differs)
                        reworded += bool(message_differs)
                        what = verdict_differs or f"other words\n{message_differs}"
                        print(f"run {run}: {kind} {stem} {name}: {what}", flush=True)
            graders.shutdown()
            print(f"run {run} is done after {time.monotonic() - start:.0f} s, {different} different so far", flush=True)
    finally:
        if graders is not None:
            graders.shutdown(wait=False, cancel_futures=True)
        for process in busy:
            process.kill()
    print(
        f"{options.runs} runs of {len(answers)} answers beside {BUSY} busy processes: "
        f"{different} verdicts different, {reworded} messages in other words"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
