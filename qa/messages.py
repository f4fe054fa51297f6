"""What learners are told of each wrong answer in the zoo, kept as text so that a change of words is seen and read.

    python qa/messages.py [--graders N] [STEM …]

grades all wrong answers and writes `qa/zoo/<stem>/messages.txt`; git then shows what has changed. The conversation
and what the server printed are left out: clients that speak at the same moment are heard in any order.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import re
import sys
from concurrent.futures import ProcessPoolExecutor

import zoo
from grading import verdict

HEAD = "# What learners are told. Made by `python qa/messages.py`.\n"
LEFT_OUT = re.compile(r"^  (?:The conversation|Your server printed)\n(?:    .*\n|\n(?=    ))*\n", re.MULTILINE)
SECONDS = re.compile(r"\b\d+\.\d s\b")
MADE_UP = re.compile(r"\b\d{13}\b")
"""An id of the chat's page: the time at which it was opened, in milliseconds."""
TOKEN = re.compile(r"eyJ(?:[\w.\n -]*\"?…|[\w.=-]+)")
"""A JSON Web Token, shortened and in a paragraph, or whole."""
WHERE_TO_READ = re.compile(r'\s+See "[^"\n]+"(?: in lesson \d\d)?\.(?=\n)|\n\n  Read  .*\n  Check  .*\s*\Z')


def told(message: str) -> str:
    """What is kept of a message: without what is different each time."""
    return TOKEN.sub("eyJ…", SECONDS.sub("… s", MADE_UP.sub("…", WHERE_TO_READ.sub("", LEFT_OUT.sub("", message)))))


@functools.cache
def kept(stem: str) -> dict[str, str]:
    """The messages as they were when they were last read, by the names of the answers."""
    file = zoo.FOLDER / stem / "messages.txt"
    if not file.exists():
        return {}
    parts = re.split(r"^== (.*) ==\n\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        name: text.removesuffix("\n\n").removesuffix("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def keep(stem: str, messages: dict[str, str]) -> None:
    """Write the messages of an exercise."""
    text = "\n".join([HEAD, *(f"== {name} ==\n\n{text}\n" for name, text in messages.items())])
    (zoo.FOLDER / stem / "messages.txt").write_text(text, encoding="utf-8", newline="\n")


def found(answer: zoo.Answer) -> tuple[str, str]:
    """What is told of a wrong answer, or that it is not told what it should be."""
    it = verdict(answer)
    fault = "" if it.check == f"test_{answer.fails}" else f"{answer.name} fails {it.check or 'nothing'}"
    return told(it.message), fault


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graders", type=int, default=2, help="answers that are graded at the same time")
    parser.add_argument("stems", nargs="*", metavar="STEM", help="exercises, such as 01_basic_route; all by default")
    options = parser.parse_args()
    stems = options.stems or sorted({answer.stem for answer in zoo.answers("wrong")})
    faults = 0
    with ProcessPoolExecutor(options.graders, mp_context=multiprocessing.get_context("spawn")) as graders:
        for stem in stems:
            answers = zoo.answers("wrong", stem)
            before = kept(stem)
            now = {}
            for answer, (text, fault) in zip(answers, graders.map(found, answers), strict=True):
                if fault:
                    faults += 1
                    print(f"{stem}: {fault}", flush=True)
                # What varies is written once, so that git is not troubled.
                now[answer.name] = before[answer.name] if answer.varies and answer.name in before else text
            keep(stem, now)
            changed = sum(before.get(name) != text for name, text in now.items())
            print(f"{stem}: {len(now)} messages, {changed} of them new or changed", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
