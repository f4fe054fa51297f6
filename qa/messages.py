"""What learners are told of each wrong answer in the zoo, kept as text so that a change of words is seen and read.

    python qa/messages.py [--graders N] [STEM …]

grades all wrong answers and writes `qa/zoo/<stem>/messages.txt`; git then shows what has changed. The conversation
is left out: clients that speak at the same moment are heard in any order.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import zoo
from grading import grade

HEAD = "# What learners are told. Made by `python qa/messages.py`.\n"
CONVERSATION = re.compile(r"^  The conversation\n(?:    .*\n|\n(?=    ))*\n", re.MULTILINE)


def told(message: str) -> str:
    """A message without its conversation."""
    return CONVERSATION.sub("", message)


def kept(stem: str) -> dict[str, str]:
    """The messages as they were when they were last read, by the names of the answers."""
    file = zoo.FOLDER / stem / "messages.txt"
    if not file.exists():
        return {}
    parts = re.split(r"^== (.*) ==\n\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: text.strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def keep(stem: str, messages: dict[str, str]) -> None:
    """Write the messages of an exercise."""
    text = "\n".join([HEAD, *(f"== {name} ==\n\n{told(message)}\n" for name, message in messages.items())])
    (zoo.FOLDER / stem / "messages.txt").write_text(text, encoding="utf-8", newline="\n")


def message(answer: zoo.Answer) -> str:
    """What is told of a wrong answer."""
    with tempfile.TemporaryDirectory() as folder:
        answer.place_in(Path(folder))
        graded = grade(Path(folder), Path(folder), answer.stem)
    failed = [check for check in graded.exercises[answer.stem]["checks"] if check["outcome"] == "failed"]
    return str(failed[0]["message"]) if failed else "It passes."


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graders", type=int, default=2, help="answers that are graded at the same time")
    parser.add_argument("stems", nargs="*", metavar="STEM", help="exercises, such as 01_basic_route; all by default")
    options = parser.parse_args()
    stems = options.stems or sorted({answer.stem for answer in zoo.answers("wrong")})
    with ProcessPoolExecutor(options.graders, mp_context=multiprocessing.get_context("spawn")) as graders:
        for stem in stems:
            answers = zoo.answers("wrong", stem)
            before = kept(stem)
            found = dict(zip((answer.name for answer in answers), graders.map(message, answers), strict=True))
            keep(stem, found)
            changed = sum(before.get(name) != told(text).strip("\n") for name, text in found.items())
            print(f"{stem}: {len(found)} messages, {changed} of them new or changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
