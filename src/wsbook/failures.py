"""Why a submission could not be served at all, or not any more: the cause in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ._load import Failure, Place
from .tracebacks import Trouble

EXIT = (
    "Your code calls `sys.exit()`, and that ends the whole server: every client loses its connection. "
    "To end one connection, close it, or return."
)


@dataclass(frozen=True)
class Explanation:
    """The likely cause, and the learner's line and exception where there is one."""

    cause: str
    place: Place | None = None
    exception: str = ""


def _lies_beside(failure: Failure) -> bool:
    missing = re.search(r"No module named '(\w+)'", failure.message)
    return bool(missing and failure.place and Path(failure.place.file).with_name(f"{missing[1]}.py").exists())


def explain_failure(failure: Failure, found: list[Trouble]) -> Explanation:
    """The cause of a failure; `found` are the tracebacks in the log."""
    if failure.kind == "no app":
        if failure.message == "no app":
            cause = "Your file has no `app`. The server looks for an application of that name: `app = FastAPI()`."
        elif failure.message.startswith("app is "):
            kind = failure.message.removeprefix("app is ")
            cause = f"`app` is no FastAPI application but of type {kind}. It has to be made with `app = FastAPI()`."
        elif "folder" in failure.message:
            cause = f"{failure.message}."
        else:
            cause = f"There is {failure.message}: the server looks for `router = APIRouter()` there."
        return Explanation(cause)
    if failure.kind == "syntax":
        return Explanation("Python cannot read your file: it has a syntax error.", None, failure.message.rstrip())
    if failure.kind == "import":
        cause = "Your file raises an exception while it is imported, before there is a server."
        if "EOFError" in failure.message:
            cause += " It reads from the keyboard, and a server has none."
        elif "MemoryError" in failure.message:
            cause += " It wants more memory than a submission may have (1 GB)."
        elif failure.message.startswith("SystemExit"):
            cause = "Your file calls `sys.exit()` while it is imported, before there is a server."
        elif "relative import" in failure.message:
            cause += " A relative import works only inside a package."
        elif failure.place and _lies_beside(failure):
            cause += " The module lies beside this file: import it relatively."
        return Explanation(cause, failure.place, failure.message)
    if failure.kind == "endless import":
        cause = "The import of your file does not come to an end. "
        if failure.place and "uvicorn" in failure.place.text:
            cause += "It starts a server itself: put that line under `if __name__ == '__main__':`."
        else:
            cause += "A loop or a wait at the top level of the file? "
            cause += "What runs for long belongs into a route or a lifespan."
        return Explanation(cause, failure.place)
    if failure.kind == "flood":
        return Explanation(f"Your server printed {failure.message}; it was stopped.", failure.place)
    if failure.kind == "startup":
        trouble = found[-1] if found else Trouble(failure.message, failure.place)
        cause = "Your application could not start: its lifespan or start-up code failed."
        return Explanation(cause, trouble.place, trouble.exception)
    if failure.kind == "endless startup":
        return Explanation("Your application does not start: its lifespan waits, and never comes to its `yield`.")
    if failure.kind == "exit" and failure.message.startswith("SystemExit"):
        return Explanation(EXIT, failure.place, failure.message)
    if failure.kind == "exit":
        return Explanation("An exception ended the whole server.", failure.place, failure.message)
    if failure.kind == "cut off":
        return Explanation(
            "The server's process has lost its connections: your code closed file descriptors that are not its own."
        )
    if failure.kind == "out of memory":
        return Explanation("Your server wants more memory than a submission may have (1 GB).")
    return Explanation(
        f"The server's process ended on its own ({failure.message}): "
        "by `os._exit`, a signal, or a crash of the interpreter."
    )
