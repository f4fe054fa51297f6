"""The machinery of the FastAPI WebSocket Workbook."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext wsbook`: `%grade NN` grades an exercise."""
    from .lab import load_ipython_extension

    load_ipython_extension(shell)
