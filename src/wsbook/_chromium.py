"""One browser for a whole run: found on the machine, started when a check first asks for it, ended with the run.

Playwright drives it, in an event loop of its own in a thread of its own. So the thread of the checks never waits
without a limit, and an interruption reaches it at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

T = TypeVar("T")

INSTALL = "python -m playwright install chromium"
BUSY = 5.0
"""Seconds of its own computing after which a browser that has not answered is said to hang."""
AT_LAST = 90.0
"""Real seconds after which no answer of a browser is waited for any more."""
GOODBYE = 5.0
"""Real seconds that the browser has for its own end; then it is killed."""
OFF = (
    # Each window with an address bar makes a page, hidden, for what stands below it. Without them a browser with one
    # window takes about 1.0 s of processor time, not 2.1 s.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # A browser heeds only the last such list, so here is Playwright's too (its `chromiumSwitches`, without Edge's).
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
"""Parts of the browser that a check has no use for, or that make a page behave otherwise."""
ARGUMENTS = [
    f"--disable-features={','.join(OFF)}",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but this machine is reached: every other address ends at a proxy that isn't there.
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=127.0.0.1;localhost;*.example",
    "--host-resolver-rules=MAP *.example 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")


class NoBrowser(Exception):
    """There is no browser to try a page in; the message says what to install."""


class Hangs(Exception):
    """The browser computes, or waits, and does not answer."""


class Chromium:
    """The browser. Nothing happens before the first `context()`; `stop()` ends all that was started."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._processes: list[psutil.Process] = []
        self._reason = ""

    def context(self, **options: Any) -> BrowserContext:
        """A fresh profile: nothing of other tabs, no cookies, nothing cached. Raises `NoBrowser`."""
        if self._reason:
            raise NoBrowser(self._reason)
        try:
            if not self.is_running:
                self.stop()
                self._start()
            assert self._browser is not None
            return self.run(self._browser.new_context(**options))
        except NoBrowser as error:
            self.stop()
            self._reason = str(error)
            raise

    @property
    def is_running(self) -> bool:
        """Whether the browser has been started, and has not ended."""
        return self._browser is not None and self._browser.is_connected()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let the browser begin something, and don't wait for it."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the browser. Raises `Hangs` when that takes longer than it can."""
        future = self.begin(work)
        deadline = time.monotonic() + AT_LAST
        computed: float | None = None
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    return future.result(0.25)
                if future.done():
                    return future.result()
                computed = self._computed() if computed is None else computed
                if self._computed() - computed > BUSY or time.monotonic() > deadline:
                    raise Hangs
        finally:
            future.cancel()

    def kill(self) -> None:
        """End the browser at once. The next `context()` starts another."""
        running = [process for process in self._processes if _is_running(process)]
        for process in running:
            for one in [*_children(process), process]:
                with contextlib.suppress(psutil.Error):
                    one.kill()
        psutil.wait_procs(running, GOODBYE)
        self._processes = []
        self._browser = None

    def stop(self) -> None:
        """End the browser and what drives it. Can be called again."""
        loop = self._loop
        if loop is None:
            return
        for ending in (self._browser and self._browser.close, self._playwright and self._playwright.stop):
            if ending and loop.is_running():
                with contextlib.suppress(Exception):  # whatever does not end by itself is killed
                    asyncio.run_coroutine_threadsafe(ending(), loop).result(GOODBYE)
        self.kill()
        self._loop = self._playwright = None
        loop.call_soon_threadsafe(loop.stop)

    def _start(self) -> None:
        try:
            from playwright.async_api import async_playwright
        except ImportError:
            raise NoBrowser(
                f"Playwright is not installed, which drives a browser: pip install playwright, then {INSTALL}."
            ) from None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_turn, args=(self._loop,), daemon=True, name="wsbook-browser").start()
        before = {process.pid for process in _children(psutil.Process())}
        try:
            self._playwright = self.run(async_playwright().start())
            self._browser = self.run(_launched(self._playwright))
        except NoBrowser:
            raise
        except Exception as error:
            raise NoBrowser(
                f"Playwright could not be started ({_first_line(error)}). Install it with: {INSTALL}"
            ) from None
        finally:
            self._processes = [one for one in _children(psutil.Process()) if one.pid not in before and _is_ours(one)]

    def _computed(self) -> float:
        """Seconds for which the browser has computed. The load of the machine makes no difference to that."""
        seconds = 0.0
        for process in self._processes:
            for one in [process, *_children(process)]:
                with contextlib.suppress(psutil.Error):
                    times = one.cpu_times()
                    seconds += times.user + times.system
        return seconds


async def _launched(playwright: Playwright) -> Browser:
    """The first browser on this machine that can be started."""
    from playwright.async_api import Error

    # The sandbox doesn't work for root on Linux, and not everywhere in a container.
    root = sys.platform == "linux" and os.geteuid() == 0
    for place in _places(playwright.chromium.executable_path):
        for sandbox in (False,) if root else (True, False):
            with contextlib.suppress(Error):
                return await playwright.chromium.launch(
                    **place, headless=True, chromium_sandbox=sandbox, args=ARGUMENTS, timeout=AT_LAST * 1000
                )
    raise NoBrowser(f"there is no Chromium, Chrome or Edge on this machine. Install one with: {INSTALL}")


def _places(own: str) -> Iterator[dict[str, Any]]:
    """Where to look for a browser. `WSBOOK_BROWSER` names one; if it is empty, there is none."""
    asked = os.environ.get("WSBOOK_BROWSER")
    if asked is not None:
        if asked:
            yield {"executable_path": asked}
        return
    if os.path.exists(own):
        yield {"executable_path": own}
    yield {}  # Playwright's smaller one, for no display
    yield {"channel": "chrome"}
    yield {"channel": "msedge"}
    for name in NAMES:
        if found := shutil.which(name):
            yield {"executable_path": found}
    if sys.platform == "darwin":
        yield {"executable_path": "/Applications/Chromium.app/Contents/MacOS/Chromium"}


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    loop.set_exception_handler(lambda loop, context: None)
    loop.run_forever()
    with contextlib.suppress(Exception):
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def _is_running(process: psutil.Process) -> bool:
    """Whether a process has not ended. In a container seconds may pass until somebody takes note of its end."""
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _is_ours(process: psutil.Process) -> bool:
    """Whether this process belongs to the browser: a graded server may have started at the same time."""
    with contextlib.suppress(psutil.Error):
        return "WSBOOK_SERVER" not in process.environ() and "multiprocessing" not in " ".join(process.cmdline())
    return False


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
