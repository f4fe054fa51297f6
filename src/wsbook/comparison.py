"""An answer beside the reference: side by side, or as a diff."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from .course import Exercise
from .hints import reference_docstring
from .stubs import sources
from .text import Line, padded, plain, prose, wrapped

WIDE = 100
"""Columns from which on two files fit side by side."""


def comparison(exercise: Exercise, columns: int, *, side_by_side: bool | None = None) -> list[Line]:
    """Why the reference is built as it is, then the code of both: side by side if there is room."""
    ours = sources(exercise.own)
    reference = exercise.submission(exercise.root / "solutions")
    theirs = sources(reference)
    if exercise.own.is_file() and reference.is_file():
        ours = dict.fromkeys([reference.name], *ours.values())
    beside = columns >= WIDE if side_by_side is None else side_by_side
    lines: list[Line] = [((f"{exercise.number} {exercise.title}: why the reference is built so", "bold"),), ()]
    lines += plain(prose(reference_docstring(exercise) or "Nothing is written about it.", min(columns, WIDE)))
    for name in sorted({*ours, *theirs}):
        mine, other = (without_docstring(found.get(name, "")) for found in (ours, theirs))
        titles = [_name(exercise, folder, reference.is_dir(), name) for folder in ("exercises", "solutions")]
        lines.append(())
        if mine == other:
            lines.append(((f"{titles[0]} and {titles[1]} have the same code.", "bold"),))
        elif beside:
            lines += _beside(titles, mine, other, columns)
        else:
            lines += _diff(titles, mine, other)
    return lines


def _name(exercise: Exercise, folder: str, is_package: bool, file: str) -> str:
    return f"{folder}/{exercise.stem}/{file}" if is_package else f"{folder}/{file}"


def without_docstring(source: str) -> list[str]:
    """The lines of a module below its docstring. (The stub's tells the contract, the reference's was shown.)"""
    lines = source.splitlines()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return lines
    if ast.get_docstring(tree) is not None:
        lines = lines[tree.body[0].end_lineno :]
    while lines and not lines[0].strip():
        del lines[0]
    return lines


def _diff(titles: list[str], ours: list[str], theirs: list[str]) -> Iterator[Line]:
    """A diff with all of both files in it: what is only ours has `-`, what is only theirs `+`."""
    yield ((f"--- {titles[0]}", "red"),)
    yield ((f"+++ {titles[1]}", "green"),)
    styles = {"-": "red", "+": "green"}
    for line in difflib.ndiff(ours, theirs):
        if not line.startswith("?"):
            yield from plain(f"{line[0]} {line[2:]}".rstrip(), styles.get(line[0], ""))


def _beside(titles: list[str], ours: list[str], theirs: list[str], columns: int) -> Iterator[Line]:
    """Two columns, with a mark between them where they differ."""
    half = (columns - 3) // 2
    yield ((padded(titles[0][:half], half), "bold"), ("   ", ""), (titles[1][:half], "bold"))
    yield (("─" * half + "─┬─" + "─" * half, "dim"),)
    for left, right in _rows(ours, theirs):
        same = left == right
        texts = [_cells(text or "", half) for text in (left, right)]
        for row in range(max(map(len, texts))):
            one, two = (cells[row] if row < len(cells) else "" for cells in texts)
            yield (
                (padded(one, half), "" if same else "red"),
                (" │ ", "dim"),
                (two, "" if same else "green"),
            )


def _cells(text: str, columns: int) -> list[str]:
    """A line of code, folded into the width of a column."""
    [line] = plain(text)
    return ["".join(part for part, _ in piece) for piece in wrapped((*line, ("", "")), columns)]


def _rows(ours: list[str], theirs: list[str]) -> Iterator[tuple[str | None, str | None]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        left: list[str | None] = list(ours[a:b])
        right: list[str | None] = list(theirs[c:d])
        if kind != "equal":
            longest = max(len(left), len(right))
            left += [None] * (longest - len(left))
            right += [None] * (longest - len(right))
        yield from zip(left, right, strict=True)


def columns_here() -> int:
    """The width of the terminal, or of what COLUMNS says."""
    import shutil

    return shutil.get_terminal_size((WIDE, 24)).columns
