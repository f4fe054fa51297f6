"""`wsbook lab`: a lesson's notebook in JupyterLab."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from .course import Exercise, Problem

QUIET = (
    # It asks nobody for news, for newer versions, or for extensions.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
SETTINGS = Path(__file__).with_name("jupyter_config")
"""Defaults of JupyterLab's own settings: a page that is opened doesn't ask whether it may fetch news, either."""


def open_notebook(exercise: Exercise) -> int:
    """Open the notebook and stay until JupyterLab ends. Raises `Problem` without Jupyter or without the notebook."""
    notebook = exercise.root / "notebooks" / f"{exercise.stem}.ipynb"
    if not notebook.exists():
        name = notebook.relative_to(exercise.root).as_posix()
        raise Problem(f"There is no {name}. Read lessons/{exercise.stem}.md, which holds the same lesson.")
    if not _is_installed():
        raise Problem(
            "JupyterLab is not installed in this environment. In the workbook's folder, run "
            f"`python -m pip install -c constraints.txt jupyterlab`, or read lessons/{exercise.stem}.md: "
            "it holds the same lesson."
        )
    command = [
        *(sys.executable, "-m", "jupyterlab", *QUIET, f"--ServerApp.root_dir={exercise.root}"),
        # The address that is printed is the notebook's, for those whose browser opens nothing by itself.
        f"--LabApp.default_url=/lab/tree/notebooks/{notebook.name}",
        str(notebook),
    ]
    folders = (str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    if sys.platform == "win32":
        return subprocess.call(command)
    # JupyterLab takes our place: it asks at Ctrl-C, and answers to whoever ends it.
    return os.execv(sys.executable, command)


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec("jupyterlab") is not None
    except ModuleNotFoundError:
        return False
