"""The machinery of the FastAPI WebSocket Workbook."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext wsbook`: `%grade NN` grades an exercise."""
    from .magic import grade

    shell.register_magic_function(grade, magic_name="grade")  # type: ignore[call-arg, arg-type]
