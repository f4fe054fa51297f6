"""The two HTML pages that exercises serve: `CHAT_PAGE` and `DRAWING_PAGE`, each a string.

They are whole pages, with their styles and scripts in them, and need nothing else from anywhere.
"""

from __future__ import annotations

from importlib.resources import files

CHAT_PAGE: str
DRAWING_PAGE: str

_FILES = {"CHAT_PAGE": "chat.html", "DRAWING_PAGE": "drawing.html"}


def __getattr__(name: str) -> str:
    """Read a page when it is first asked for."""
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    page = files(__name__).joinpath(_FILES[name]).read_text(encoding="utf-8")
    globals()[name] = page
    return page
