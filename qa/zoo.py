"""The zoo: wrong answers that must fail at a certain check, and right ones of other styles that must pass.

Each exercise has a folder in `qa/zoo/` with a `zoo.toml`. An answer there is an edit (`find`, `replace`; in a
package also `in`), or several (`edits`), of the solution or of the file named as `base`, or a file or folder of its
own (`source`).
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT

FOLDER = Path(__file__).parent / "zoo"


@dataclass(frozen=True)
class Edit:
    """A text that stands once in the file, and what takes its place. `file` is one of a package."""

    find: str
    replace: str
    file: str = "main.py"


@dataclass(frozen=True)
class Answer:
    """One answer in the zoo. `fails` is the check that a wrong one must fail.

    `varies` is for a wrong one whose message is not always the same: it says why.
    """

    stem: str
    name: str
    why: str
    source: str = ""
    base: str = ""
    edits: tuple[Edit, ...] = ()
    fails: str = ""
    varies: str = ""

    def place_in(self, folder: Path) -> None:
        """Write the answer into a folder of submissions."""
        solution = ROOT / "solutions" / self.stem
        target = folder / self.stem
        if self.source:
            source = FOLDER / self.stem / self.source
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target.with_suffix(".py"))
            return
        if solution.is_dir():
            shutil.copytree(solution, target)
        else:
            base = FOLDER / self.stem / self.base if self.base else solution.with_suffix(".py")
            target = Path(shutil.copy(base, target.with_suffix(".py")))
        for edit in self.edits:
            changed = target / edit.file if target.is_dir() else target
            text = changed.read_text(encoding="utf-8")
            count = text.count(edit.find)
            assert count == 1, f"{self.name}: this stands {count} times in {changed.name}: {edit.find}"
            changed.write_text(text.replace(edit.find, edit.replace), encoding="utf-8")


def answers(kind: str, stem: str = "*") -> list[Answer]:
    """All answers of a kind, "wrong" or "right"."""
    found = []
    for file in sorted(FOLDER.glob(f"{stem}/zoo.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).get(kind, []):
            edits = entry.pop("edits", [])
            if "find" in entry:
                edits.append({key: entry.pop(key) for key in ("in", "find", "replace") if key in entry})
            changes = tuple(Edit(edit["find"], edit["replace"], edit.get("in", "main.py")) for edit in edits)
            found.append(Answer(file.parent.name, **entry, edits=changes))
    return found
