"""Clause by clause: which checks hold a contract, and which wrong answers show that they do.

    python qa/clauses.py [STEM …]

The clauses stand in `qa/zoo/<stem>/clauses.toml`, each with the wrong answers that break it and as little else as
can be; the checks are those that these answers fail. Exit status 1 if there is a gap.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib

import zoo
from grading import ROOT


def clauses(stem: str) -> dict[str, list[str]]:
    """The clauses of a contract, and the names of the wrong answers that break them."""
    found: dict[str, list[str]] = tomllib.loads((zoo.FOLDER / stem / "clauses.toml").read_text(encoding="utf-8"))
    return found


def checks(stem: str) -> list[str]:
    """The names of an exercise's checks, as they stand in its file."""
    source = ast.parse((ROOT / "tests" / f"test_{stem}.py").read_text(encoding="utf-8"))
    names = [node.name for node in source.body if isinstance(node, ast.FunctionDef)]
    return [name.removeprefix("test_") for name in names if name.startswith("test_")]


def checks_of(stem: str, names: list[str]) -> list[str]:
    """The checks that these wrong answers fail, in the order of their file."""
    failed = {answer.fails for answer in zoo.answers("wrong", stem) if answer.name in names}
    return [check for check in checks(stem) if check in failed]


def gaps(stem: str) -> list[str]:
    """What is missing or stands twice, in sentences."""
    found = []
    answers = [answer.name for answer in zoo.answers("wrong", stem)]
    named = [name for names in clauses(stem).values() for name in names]
    found += [f"No wrong answer breaks: {clause}" for clause, names in clauses(stem).items() if not names]
    found += [f"{name} is under no clause." for name in answers if name not in named]
    found += [f"{name} is under a clause, and not in the zoo." for name in named if name not in answers]
    found += [f"{name} is under several clauses." for name in sorted({name for name in named if named.count(name) > 1})]
    found += [f"{check} is under no clause." for check in checks(stem) if check not in checks_of(stem, named)]
    return found


def table(stem: str) -> str:
    """Clause, checks and wrong answers, for reading."""
    lines = [stem]
    for clause, names in clauses(stem).items():
        lines += ["", *textwrap.wrap(clause, 112, initial_indent="  ", subsequent_indent="  ")]
        for title, words in (("checks", checks_of(stem, names)), ("wrong", names)):
            first = f"    {title:8}"
            lines += textwrap.wrap(", ".join(words), 112, initial_indent=first, subsequent_indent=" " * len(first))
    return "\n".join(lines) + "\n"


def main(*stems: str) -> int:
    stems = stems or tuple(sorted(folder.name for folder in zoo.FOLDER.iterdir() if folder.is_dir()))
    count, missing = 0, []
    for stem in stems:
        print(table(stem))
        count += len(clauses(stem))
        missing += [f"{stem}: {gap}" for gap in gaps(stem)]
    print(*missing, sep="\n", end="\n" if missing else "")
    print(f"{count} clauses of {len(stems)} contracts, {len(missing)} gaps")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
