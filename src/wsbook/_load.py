"""Load a submission: import its file or package as a real module, and find the application in it."""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import traceback
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastapi


@dataclass(frozen=True)
class Source:
    """What to serve: a file with an `app`, or routers of a package mounted in an application of the grader's own."""

    path: str
    mounts: tuple[tuple[str, str], ...] = ()
    keepalive: float | None = None


@dataclass(frozen=True)
class Place:
    """A line of the learner's."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Failure:
    """Why a submission could not be served."""

    kind: str
    message: str
    place: Place | None = None
    details: str = ""


class CannotServe(Exception):
    """The submission can be imported, but there is nothing in it to serve."""


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles what the file says now: a cached compilation may be older by less than its time stamp shows."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code


def load(source: Source) -> fastapi.FastAPI:
    """Import the submission as a real module, known by its name, and return the application.

    Raises whatever the import raises, or `CannotServe`.
    """
    path = Path(source.path)
    sys.dont_write_bytecode = True
    if path.is_dir():
        if not source.mounts and not (path / "main.py").exists():
            raise CannotServe(f"{path.name} is a folder, and there is no main.py in it")
        finder = importlib.machinery.FileFinder.path_hook((_FreshLoader, [".py"]))
        sys.path_hooks.insert(0, functools.partial(_only_below, str(path), finder))
        package = _package(path)
        if source.mounts:
            return _mounted(package, source.mounts)
        module = importlib.import_module(f"{package}.main")
    else:
        module = _module(path)
    app = getattr(module, "app", None)
    if app is None:
        raise CannotServe("no app")
    if not isinstance(app, fastapi.FastAPI):
        raise CannotServe(f"app is {type(app).__name__}")
    return app


def _only_below(folder: str, finder: Any, path: str) -> Any:
    if path == folder or path.startswith(folder + os.sep):
        return finder(path)
    raise ImportError


def _module(path: Path) -> types.ModuleType:
    name = f"exercise_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _package(folder: Path) -> str:
    name = f"exercise_{folder.name}"
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    if (folder / "__init__.py").exists():
        package.__file__ = str(folder / "__init__.py")
        code = compile((folder / "__init__.py").read_bytes(), package.__file__, "exec")
        package.__package__ = name
        exec(code, package.__dict__)
    return name


def _mounted(package: str, mounts: tuple[tuple[str, str], ...]) -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    for name, prefix in mounts:
        router = getattr(importlib.import_module(f"{package}.{name}"), "router", None)
        if not isinstance(router, fastapi.APIRouter):
            raise CannotServe(f"no router in {name}.py")
        app.include_router(router, prefix=prefix)
    return app


def import_failure(error: BaseException, folder: Path) -> Failure:
    if isinstance(error, CannotServe):
        return Failure("no app", str(error))
    if isinstance(error, SyntaxError):
        text = "".join(traceback.format_exception_only(error))
        return Failure("syntax", text, Place(str(error.filename), error.lineno or 0, (error.text or "").strip()))
    return failure("import", error, folder)


def failure(kind: str, error: BaseException, folder: Path) -> Failure:
    """An exception, and the learner's last line on its way."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_below(frame.filename, folder)]
    place = Place(frames[-1].filename, frames[-1].lineno or 0, frames[-1].line or "") if frames else None
    message = "".join(traceback.format_exception_only(error)).strip()
    return Failure(kind, message, place, "".join(traceback.format_exception(error)))


def is_below(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder)
