"""Lines of text with colors: how wide they are, cut and wrapped, printed."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?|[\x00-\x1f\x7f-\x9f]")
"""What would move the cursor of a terminal, or change its colors."""
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with a style of `STYLES`, or with none."""


def is_colored() -> bool:
    """Whether the reader of our output sees colors, and wants to."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str) -> str:
    """A text in a color, or bold, if that can be seen."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and text and is_colored() else text


def as_text(line: Line) -> str:
    return "".join(styled(text, style) for text, style in line)


def show(lines: Iterable[Line]) -> None:
    """Print lines."""
    for line in lines:
        print(as_text(line).rstrip())


def plain(text: str, style: str = "") -> list[Line]:
    """A text as lines, without anything in it that a terminal would obey."""
    return [((CONTROL.sub("", line.expandtabs(4)), style),) for line in text.split("\n")]


def width(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(line: Line, columns: int) -> list[Line]:
    """A line as lines of so many columns at most, cut between words where that is possible."""
    if sum(width(text) for text, _ in line) <= columns:
        return [line]
    if len(line) == 1:
        text, style = line[0]
        indent = " " * min(len(text) - len(text.lstrip()), columns // 2)
        return [((piece, style),) for piece in _pieces(text, columns, indent)]
    return list(_folded(line, columns))


def _pieces(text: str, columns: int, indent: str) -> Iterator[str]:
    for piece in textwrap.wrap(text.lstrip(), columns, initial_indent=indent, subsequent_indent=indent):
        # `textwrap` counts letters, and a letter may take two columns.
        yield from ("".join(part for part, _ in folded) for folded in _folded(((piece, ""),), columns))


def _folded(line: Line, columns: int) -> Iterator[Line]:
    """A line cut wherever its columns end."""
    row: list[tuple[str, str]] = []
    used = 0
    for text, style in line:
        start = 0
        for place, letter in enumerate(text):
            if used + _columns(letter) > columns:
                yield (*row, (text[start:place], style))
                row, used, start = [], 0, place
            used += _columns(letter)
        row.append((text[start:], style))
    yield tuple(row)


def padded(text: str, columns: int) -> str:
    """A text with blanks behind it."""
    return text + " " * (columns - width(text))


def prose(markdown: str, columns: int, indent: str = "  ") -> str:
    """Paragraphs and lists of Markdown, filled, without the marks that a terminal does not show."""
    blocks = [LINK.sub(r"\1", block).replace("**", "") for block in re.split(r"\n\s*\n", markdown.strip())]
    return "\n\n".join(_filled(block, columns, indent) for block in blocks)


def _filled(block: str, columns: int, indent: str) -> str:
    items = re.split(r"\n(?=[-*] |\d+\. )", block)
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()),
            columns,
            initial_indent=indent,
            subsequent_indent=indent + ("  " if re.match(r"[-*] |\d+\. ", item) else ""),
            break_on_hyphens=False,
        )
        for item in items
    )
