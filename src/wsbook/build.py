"""Make what is made: the notebooks, the outputs in the lessons, the copies of the stubs, and the pictures.

    python -m wsbook.build            everything that is out of date
    python -m wsbook.build 01 03      these lessons
    python -m wsbook.build --check    change nothing; exit status 1 if something is out of date

A lesson is Markdown. Each of its Python fences is run, as a cell of one notebook. What a cell prints stands below it
in a fence called `output`, put there by this command; a notebook has it as a real output instead.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

from .course import Exercise, exercises, find, find_root
from .stubs import sources

FENCE = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```output\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def run_lesson(root: Path, source: str, stem: str) -> tuple[str, str]:
    """Run a lesson from top to bottom. Returns the lesson with its outputs, and its notebook.

    Raises `nbclient.exceptions.CellExecutionError` when a cell does.
    """
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    bare = FENCE.sub(lambda match: f"```python\n{match['code']}```\n", source)
    notebook = jupytext.reads(bare, fmt="md")
    notebook.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    )
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(root / "notebooks")}}
    )
    client.coalesce_streams = True
    client.execute(env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"})
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"{stem}-{number:02}"
        cell.metadata = {}
    notebook.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    outputs = iter([printed(cell) for cell in notebook.cells if cell.cell_type == "code"])

    def with_output(match: re.Match[str]) -> str:
        text = next(outputs)
        return f"```python\n{match['code']}```\n" + (f"\n```output\n{text}\n```\n" if text else "")

    lesson = FENCE.sub(with_output, bare)
    made: str = nbformat.writes(notebook, indent=1, sort_keys=True, ensure_ascii=False)  # type: ignore[no-untyped-call]
    return lesson, made.rstrip("\n") + "\n"


def printed(cell: Any) -> str:
    """What a reader sees below a cell, as text."""
    shown = ""
    was_part = False
    for output in cell.outputs:
        is_part = "data" in output  # %grade displays its result in parts, a paragraph or more each
        text = (output.data.get("text/plain", "") if is_part else output.get("text", "")).strip("\n")
        if text.strip():
            between = "\n\n" if is_part and was_part else "\n"
            shown += (between if shown else "") + text
        was_part = is_part
    return shown


def original_stubs(root: Path, exercise: Exercise) -> dict[Path, str]:
    """The copies of an exercise's stub that `wsbook reset` brings back, and what they should hold."""
    kept = root / "src" / "wsbook" / "stubs"
    stub = exercise.own
    folder = kept / stub.name if stub.is_dir() else kept
    return {folder / name: text for name, text in sources(stub).items()}


def make(root: Path, names: list[str]) -> dict[Path, str]:
    """All made files and what they should hold."""
    files: dict[Path, str] = {}
    chosen = [find(root, name) for name in names] or exercises(root)
    for exercise in chosen:
        lesson = root / "lessons" / f"{exercise.stem}.md"
        print(f"runs lessons/{lesson.name}", flush=True)
        source = lesson.read_text(encoding="utf-8")
        files[lesson], files[root / "notebooks" / f"{exercise.stem}.ipynb"] = run_lesson(root, source, exercise.stem)
        files |= original_stubs(root, exercise)
    if not names:
        from .pictures import pictures

        print("draws docs/", flush=True)
        files |= {root / "docs" / f"{name}.svg": drawing for name, drawing in pictures(root).items()}
    return files


def main() -> int:
    """The command line; see above."""
    parser = argparse.ArgumentParser(prog="python -m wsbook.build", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NN", help="a lesson's number; everything, if none is given")
    parser.add_argument("--check", action="store_true", help="change nothing, and tell what is out of date")
    arguments = parser.parse_args()
    root = find_root(Path.cwd())
    stale = [
        (path, text)
        for path, text in make(root, arguments.names).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{'out of date' if arguments.check else 'made'}: {path.relative_to(root)}")
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
