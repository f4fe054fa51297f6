"""Mutants: the solutions with one thing changed in each. What passes is as right as the solution, or shows a gap.

    python qa/mutants.py [--graders N] [STEM …]

Mutants that are as right stand in `qa/zoo/<stem>/equivalents.toml`, with their reasons. All other mutants that
pass are printed, and the last line counts.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import multiprocessing
import shutil
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT, verdict
from zoo import FOLDER

PAIRS = (
    *((ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)),
)
OPPOSITES: dict[type[ast.AST], type[ast.AST]] = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
COPIES = ("list", "tuple", "set", "dict", "sorted")
REMOVABLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Delete)
IN_ORDER = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(frozen=True)
class Mutant:
    """One change in one file of a solution."""

    stem: str
    file: str
    name: str
    text: str

    def place_in(self, folder: Path) -> None:
        """Write the mutant into a folder of submissions."""
        solution = ROOT / "solutions" / self.stem
        if solution.is_dir():
            shutil.copytree(solution, folder / self.stem, ignore=shutil.ignore_patterns("__pycache__"))
            (folder / self.stem / self.file).write_text(self.text, encoding="utf-8")
        else:
            (folder / self.file).write_text(self.text, encoding="utf-8")


def mutants(stem: str) -> list[Mutant]:
    """All mutants of a solution, in the order of its lines. Each has a name of its own."""
    solution = ROOT / "solutions" / stem
    files = sorted(solution.glob("*.py")) if solution.is_dir() else [solution.with_suffix(".py")]
    found: dict[str, Mutant] = {}
    for file in files:
        for name, text in _changed(ast.parse(file.read_text(encoding="utf-8"))):
            name = f"{file.stem}: {name}" if solution.is_dir() else name
            number = 2
            unique = name
            while unique in found:
                unique = f"{name} ({number})"
                number += 1
            found[unique] = Mutant(stem, file.name, unique, text)
    return list(found.values())


def _changed(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What is changed, and the text of the changed module."""
    _mark_words(tree)
    usual = ast.unparse(tree)
    for number, node in enumerate(ast.walk(tree)):
        if getattr(node, "is_words", False):
            continue
        for variant, _ in enumerate(_changes(node)):
            mutated = copy.deepcopy(tree)
            target = list(ast.walk(mutated))[number]
            change = list(_changes(target))[variant]
            place, before = _place(mutated, target)
            _put(mutated, target, change)
            text = ast.unparse(ast.fix_missing_locations(mutated))
            if text != usual:
                yield f"{place}: {before} → {_shown(change)}", text


def _mark_words(tree: ast.Module) -> None:
    """Mark what is only said: docstrings, and annotations."""
    for node in ast.walk(tree):
        words = [getattr(node, name, None) for name in ("annotation", "returns")]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words += [node]
        for word in words:
            for part in ast.walk(word) if isinstance(word, ast.AST) else ():
                part.is_words = True  # type: ignore[attr-defined]


def _changes(node: ast.AST) -> Iterator[ast.AST | list[ast.stmt]]:
    """What could stand there instead."""
    match node:
        case ast.Compare(ops=ops):
            for number, op in enumerate(ops):
                yield _with(node, ops=[*ops[:number], OPPOSITES[type(op)](), *ops[number + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=OPPOSITES[type(op)]())
            yield from (_with(node, values=values[:n] + values[n + 1 :]) for n in range(len(values)))
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPPOSITES:
            yield _with(node, op=OPPOSITES[type(op)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(value=str(value)) if value:
            yield ast.Constant(value + "x")
        case ast.Await(value=value):
            yield value
        case ast.Call(func=ast.Name(id=name), args=[copied], keywords=[]) if name in COPIES:
            yield copied
        case ast.Call(func=ast.Attribute(attr="create_task"), args=[coroutine, *_]):
            yield ast.Await(coroutine)
        case ast.Call(func=ast.Name(id="suppress"), args=kinds):
            yield from _other_kinds(node, "args", kinds)
        case ast.Tuple(elts=kinds) if getattr(node, "is_caught", False):
            yield from _other_kinds(node, "elts", kinds)
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            yield _with(node, keywords=[one for one in node.keywords if one is not keyword])
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Constant):
        yield _with(node, test=ast.Constant(True))
        yield _with(node, test=ast.Constant(False))
    if isinstance(node, ast.ExceptHandler):
        if isinstance(node.type, ast.Tuple):
            node.type.is_caught = True  # type: ignore[attr-defined]
        yield _with(node, type=ast.Name("Exception"))
        yield _with(node, type=ast.Name("BaseException"))
    if isinstance(node, ast.Try):
        if node.handlers and node.finalbody:
            yield _with(node, handlers=[], orelse=[])
            yield _with(node, finalbody=[])
        if len(node.handlers) > 1:
            for handler in node.handlers:
                yield _with(node, handlers=[one for one in node.handlers if one is not handler])
        yield [*node.body, *node.orelse, *node.finalbody]
    if isinstance(node, ast.With | ast.AsyncWith):
        yield node.body
    if isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(None)
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.Continue):
        yield ast.Break()
    if isinstance(node, REMOVABLE):
        yield [ast.Pass()]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        for number in range(len(block) - 1 if isinstance(block, list) and not isinstance(node, ast.Module) else 0):
            first, second = block[number : number + 2]
            if isinstance(first, IN_ORDER) and isinstance(second, IN_ORDER) and not getattr(first, "is_words", False):
                yield _with(node, **{name: [*block[:number], second, first, *block[number + 2 :]]})


def _other_kinds(node: ast.AST, field: str, kinds: list[ast.expr]) -> Iterator[ast.AST]:
    """The same with an exception less, or with every exception."""
    if len(kinds) > 1:
        yield from (_with(node, **{field: kinds[:n] + kinds[n + 1 :]}) for n in range(len(kinds)))
    yield _with(node, **{field: [ast.Name("Exception")]})


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _put(tree: ast.AST, target: ast.AST, change: ast.AST | list[ast.stmt]) -> None:
    """Put a change where the target stands."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, change)
            elif isinstance(value, list) and any(one is target for one in value):
                place = next(number for number, one in enumerate(value) if one is target)
                value[place : place + 1] = change if isinstance(change, list) else [change]


def _place(tree: ast.AST, target: ast.AST) -> tuple[str, str]:
    """The function or class that a node stands in, and the node as text."""
    inside = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node is not target
        and any(one is target for one in ast.walk(node))
    ]
    return ".".join(inside) or "module", _shown(target)


def _shown(node: ast.AST | list[ast.stmt]) -> str:
    """A node in one line."""
    if isinstance(node, list):
        return "; ".join(_shown(one) for one in node)
    words = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return words if len(words) <= 160 else f"{words[:120]} … {words[-38:]}"


@functools.cache
def equivalents(stem: str) -> dict[str, str]:
    """The mutants that are as right as the solution, and why."""
    file = FOLDER / stem / "equivalents.toml"
    reasons = tomllib.loads(file.read_text(encoding="utf-8")).get("because", []) if file.exists() else []
    return {name: group["why"] for group in reasons for name in group["mutants"]}


def fails(mutant: Mutant) -> str:
    """The check that a mutant fails; empty if it passes."""
    return verdict(mutant).check


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graders", type=int, default=2, help="mutants that are graded at the same time")
    parser.add_argument("stems", nargs="*", metavar="STEM", help="exercises, such as 01_basic_route; all by default")
    options = parser.parse_args()
    stems = options.stems or [file.stem.removeprefix("test_") for file in sorted((ROOT / "tests").glob("test_*.py"))]
    reasons = {(stem, name) for stem in stems for name in equivalents(stem)}
    passed: list[Mutant] = []
    with ProcessPoolExecutor(options.graders, mp_context=multiprocessing.get_context("spawn")) as graders:
        jobs = {graders.submit(fails, mutant): mutant for stem in stems for mutant in mutants(stem)}
        for job in as_completed(jobs):
            if not job.result():
                passed.append(jobs[job])
                if (jobs[job].stem, jobs[job].name) not in reasons:
                    print(f"{jobs[job].stem}  {jobs[job].name}", flush=True)
    found = {(mutant.stem, mutant.name) for mutant in passed}
    for stem, name in sorted(reasons - found):
        print(f"{stem}  {name}: is said to be as right, and fails")
    print(
        f"{len(jobs)} mutants: {len(jobs) - len(passed)} fail, {len(found & reasons)} are as right as the solution, "
        f"{len(found - reasons)} pass without a reason"
    )
    return 1 if found ^ reasons else 0


if __name__ == "__main__":
    sys.exit(main())
