"""The zoo: wrong answers that must fail at a certain check, and right ones of other styles that must pass.

Each exercise has a folder in `qa/zoo/` with a `zoo.toml`. An answer there is one edit (`find`, `replace`; in a
package also `in`) of the solution or of the file named as `base`, or a file or folder of its own (`source`).
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT

FOLDER = Path(__file__).parent / "zoo"


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
    find: str = ""
    replace: str = ""
    file: str = "main.py"
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
            changed = target / self.file
        else:
            base = FOLDER / self.stem / self.base if self.base else solution.with_suffix(".py")
            changed = Path(shutil.copy(base, target.with_suffix(".py")))
        text = changed.read_text(encoding="utf-8")
        assert text.count(self.find) == 1, f"{self.name}: its find text stands {text.count(self.find)} times there"
        changed.write_text(text.replace(self.find, self.replace), encoding="utf-8")


def answers(kind: str, stem: str = "*") -> list[Answer]:
    """All answers of a kind, "wrong" or "right"."""
    found = []
    for file in sorted(FOLDER.glob(f"{stem}/zoo.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).get(kind, []):
            entry["file"] = entry.pop("in", "main.py")
            found.append(Answer(file.parent.name, **entry))
    return found
