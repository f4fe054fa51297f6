"""Tabs of a real browser, for the checks of pages: each is opened, typed into, clicked, and looked at.

A browser lives in real time, and how long it takes is up to the machine. So nothing here waits for a number of
seconds: what a page shows is looked at until it is right, or until nothing is on its way any more. That is: the
server is at rest, the page has been given every message that the server sent it, and a number of beats have passed in
which nothing happened. A beat is an animation frame of each page and a question answered by it, so that patience
grows with the load of the machine.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from ._chromium import Chromium, Hangs, NoBrowser
from ._traffic import TAB
from .transcript import shown
from .verdict import ANSWERED, CheckFailed

if TYPE_CHECKING:
    from playwright.async_api import Page, WebSocket

    from ._loop import Standing
    from .server import Server

T = TypeVar("T")

STILL = 20
"""Beats without anything new after which nothing more is expected of a page."""
ROUNDS = 10
"""How often all that is done anew because something happened meanwhile, or because half a minute was too short."""
STUCK = 200
"""The same while something seems to be on its way between page and server."""
ACTION = 60_000
"""Milliseconds that a click may take on a slow machine, once the page has what is to be clicked."""
BEAT = """() => new Promise(done => {
    requestAnimationFrame(() => setTimeout(done, 10));
    setTimeout(done, 200);  // a tab that is not drawn has no frames
})"""
SHOWN = """selector => {
    const found = document.querySelector(selector);
    return found === null ? null : found.value ?? found.innerText;
}"""
USABLE = """selector => {
    const found = document.querySelector(selector);
    return found !== null && !found.disabled && found.getClientRects().length > 0;
}"""
INK = """([selector, x, y, reach]) => {
    const canvas = document.querySelector(selector);
    if (!(canvas instanceof HTMLCanvasElement)) return null;
    const [left, top] = [Math.round(x * canvas.width), Math.round(y * canvas.height)];
    const size = 2 * reach + 1;
    const pixels = canvas.getContext("2d").getImageData(left - reach, top - reach, size, size).data;
    const blank = canvas.getContext("2d").getImageData(0, 0, 1, 1).data;
    for (let at = 0; at < pixels.length; at += 4)
        if (pixels[at + 3] !== 0 && [0, 1, 2, 3].some(part => Math.abs(pixels[at + part] - blank[part]) > 40))
            return true;
    return false;
}"""


class Browser:
    """What one check has of the browser: tabs that share nothing, and are closed at its end."""

    def __init__(self, chromium: Chromium, server: Server) -> None:
        self._chromium = chromium
        self.server = server
        self.tabs: list[Tab] = []
        self._is_certain = False

    def open(self, path: str = "/", *, name: str = "tab", host: str = "127.0.0.1", **look: Any) -> Tab:
        """Open a page of the server in a new tab. Fails if it does not load.

        `host` may be any name that ends with `.example`: the browser finds the server there, too.
        `look` are options of Playwright's contexts, such as `viewport` and `color_scheme`.
        Raises `NoBrowser` where there is none.
        """
        tab = Tab(self, next(_numbers), name, look)
        self.tabs.append(tab)
        tab.load(f"http://{host}:{self.server.port}{path}", path if host == "127.0.0.1" else f"{path} at {host}")
        return tab

    def close(self) -> None:
        """Close all tabs. Not a moment is lost with one that hangs: then the browser is killed."""
        try:
            for tab in self.tabs:
                tab.discard()
        except Exception:
            self._chromium.kill()

    def do(self, work: Coroutine[Any, Any, T], tab: Tab) -> T:
        """Let a tab do something. Raises what Playwright raises; fails if the tab does not answer."""
        try:
            return self._chromium.run(work)
        except Hangs:
            self._chromium.kill()
            raise CheckFailed(
                "page hangs", f"{tab.name} does not answer any more: a script of the page runs without end"
            ) from None
        except Exception:
            if not self._chromium.is_running:
                raise NoBrowser("the browser has ended by itself. Grade again.") from None
            raise

    def wait(self, true: Callable[[], bool]) -> bool:
        """Look until something is true. False only when it is certain that it will not become so."""
        if true():
            return True
        for _ in range(ROUNDS):
            before = self._news()
            self._is_certain = False
            if self.server.wait_for_page(lambda seconds: true(), functools.partial(self._is_still, true)):
                return True
            if not self.server.is_alive or (self._is_certain and self._news() == before):
                break
        return False

    def rest(self) -> None:
        """Let what was done in a tab reach the server, and the server's answer all tabs."""
        for beat in range(STILL):
            self.server.settle()
            before = self._news()
            self._beat()
            if beat and self._news() == before and not self._is_under_way():
                return

    def calm_down(self) -> None:
        """The same, and whatever the server may still do within the time that an answer may take."""
        while True:
            before = self._news()
            self.server.wait_for_page(lambda seconds: False, lambda standing: True)
            self.rest()
            if self._news() == before:
                return

    def _is_still(self, true: Callable[[], bool], standing: Standing) -> bool:
        """Whether nothing happens in any tab, for so many beats. The server is at rest."""
        before, beats = self._news(), 0
        while beats < (STUCK if self._is_under_way() else STILL):
            self._beat()
            beats += 1
            if true() or self._news() != before:
                return True
        self._is_certain = True
        return True

    def _beat(self) -> None:
        for tab in self.tabs:
            tab.beat()

    def _news(self) -> tuple[Any, ...]:
        """All that has happened between the tabs and the server. Compared with itself later, it shows what is new."""
        books = self.server.tabs()
        return tuple((tab.sent, tab.heard, tab.ends, books.get(tab.number)) for tab in self.tabs)

    def _is_under_way(self) -> bool:
        """Whether a message, or a page, has left one side and not reached the other."""
        books = self.server.tabs()
        if any(tab.is_loading and not books.get(tab.number, {}).get("waits", 0) for tab in self.tabs):
            return True
        return any(
            tab.heard < books.get(tab.number, {}).get("sent", 0)
            or tab.sent > books.get(tab.number, {}).get("received", 0)
            for tab in self.tabs
            if tab.is_open and tab.ends == 0
        )


class Tab:
    """One tab. Made by `browser.open()`. A `with` block closes it at its end."""

    def __init__(self, browser: Browser, number: int, name: str, look: dict[str, Any]) -> None:
        self.name = name
        self.number = number
        self.is_open = True
        self.sent = self.heard = self.ends = 0
        self.is_loading = False
        self._troubles: list[str] = []
        self._sockets: list[str] = []
        self._browser = browser
        self._server = browser.server
        # Each tab says which one it is: so the server's process tells their connections from the checks' own.
        agent = f"Mozilla/5.0 ({TAB}{number})"
        self._context = browser._chromium.context(**{"user_agent": agent, "locale": "en-US", **look})
        self._page: Page = browser.do(self._new_page(), self)

    async def _new_page(self) -> Page:
        page = await self._context.new_page()
        page.on("websocket", self._connects)
        page.on("pageerror", lambda error: self._trouble(f"JavaScript error: {error}"))
        page.on("requestfailed", lambda request: self._trouble(f"{request.url} could not be loaded"))
        return page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    # Acting

    def load(self, url: str, path: str) -> None:
        """Go to a page, and wait until the page is there and its script has run."""
        self._note("·", f"opens {path}")
        self._navigate(self._page.goto(url, wait_until="commit", timeout=0), path)

    def reload(self) -> None:
        """Load the page anew, as F5 does."""
        self._note("·", "reloads the page")
        self._navigate(self._page.reload(wait_until="commit", timeout=0), urlsplit(self._page.url).path)

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field, in the place of what is in it."""
        self._note("·", f"types {shown(text)} into {selector}")
        self._act(selector, lambda: self._page.fill(selector, text, timeout=ACTION))

    def press(self, selector: str, key: str) -> None:
        """Press a key, such as `Enter`, where the selector says."""
        self._note("·", f"presses {key} in {selector}")
        self._act(selector, lambda: self._page.press(selector, key, timeout=ACTION))

    def click(self, selector: str) -> None:
        """Click something."""
        self._note("·", f"clicks {selector}")
        self._act(selector, lambda: self._page.click(selector, timeout=ACTION))

    def draw(self, selector: str, points: Sequence[tuple[float, float]]) -> None:
        """Draw a line with the mouse, from point to point. (0, 0) is the upper left corner, (1, 1) the lower right."""
        self._note("·", f"draws from {points[0]} to {points[-1]} on {selector}")
        self._act(selector, lambda: self._drag(selector, points))

    async def _drag(self, selector: str, points: Sequence[tuple[float, float]]) -> None:
        locator = self._page.locator(selector).first
        await locator.scroll_into_view_if_needed(timeout=ACTION)
        box = await locator.bounding_box(timeout=ACTION)
        assert box is not None
        mouse = self._page.mouse
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        await mouse.move(*places[0])
        await mouse.down()
        for place in places[1:]:
            await mouse.move(*place, steps=10)
        await mouse.up()

    def close(self) -> None:
        """Close the tab, and wait until the server has noticed."""
        if self.is_open:
            self._note("·", "is closed")
            self.discard()
            self._browser.wait(lambda: not self._server.tabs().get(self.number, {}).get("open"))

    def discard(self) -> None:
        """Close the tab, whatever the server makes of it."""
        if self.is_open:
            self.is_open = False
            self._browser.do(self._context.close(), self)

    # Looking

    def text(self, selector: str) -> str:
        """What an element shows, once nothing changes any more: its text, or what is in the field."""
        self._browser.calm_down()
        found = self._shows(selector)
        if found is None:
            raise CheckFailed("page", f"the page in {self.name} has no {selector}{self._told()}")
        return found

    @property
    def socket_host(self) -> str | None:
        """The name of the host to which the page has last opened a WebSocket."""
        return urlsplit(self._sockets[-1]).hostname if self._sockets else None

    def expect_text(self, selector: str, text: str) -> None:
        """Fail unless an element comes to show this text, among others maybe."""
        self._expect(selector, f"shows {shown(text)} in {selector}", text, lambda found: text in found)

    def expect_no_text(self, selector: str, text: str) -> None:
        """Fail if an element shows this text, though nobody does anything any more."""
        if text in self.text(selector):
            raise self._wrong(f"{self.name} shows {shown(text)} in {selector}, and should not", self._shows(selector))

    def expect_count(self, selector: str, count: int) -> None:
        """Fail unless there come to be so many elements, and it stays so."""
        look = functools.partial(self._ask, "selector => document.querySelectorAll(selector).length", selector)
        self._browser.wait(lambda: look() == count)
        self._browser.calm_down()
        if look() != count:
            raise CheckFailed(
                "page",
                f"{self.name} has not as many {selector} as it should{self._told()}",
                expected=count,
                received=look(),
            )

    def expect_ink(self, selector: str, point: tuple[float, float], *, reach: int = 6) -> None:
        """Fail unless a canvas comes to have something drawn on it here, or at most `reach` pixels away.

        Something drawn is what has another colour than the canvas's upper left corner.
        """
        if not self._browser.wait(lambda: bool(self._ask(INK, [selector, *point, reach]))):
            raise self._wrong(f"{self.name} has nothing drawn on {selector} at {point}", None)

    def expect_no_ink(self, selector: str, point: tuple[float, float], *, reach: int = 6) -> None:
        """Fail unless a canvas comes to be blank here, and stays so."""
        self._browser.wait(lambda: self._ask(INK, [selector, *point, reach]) is False)
        self._browser.calm_down()
        if self._ask(INK, [selector, *point, reach]) is not False:
            raise self._wrong(f"{self.name} has something drawn on {selector} at {point}, and should not", None)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page, once nothing changes any more."""
        self._browser.calm_down()
        return self._ask(f"() => ({script})")

    def screenshot(self) -> bytes:
        """What the tab looks like, as PNG, once nothing changes any more."""
        self._browser.calm_down()
        return self._browser.do(self._page.screenshot(animations="disabled", caret="hide"), self)

    # Inside

    def beat(self) -> None:
        """Let the page draw a frame, and answer a question."""
        if self.is_loading:
            self._browser.do(self._context.cookies(), self)  # a page on its way answers nothing
            time.sleep(0.02)
        elif self.is_open:
            self._ask(BEAT)

    def _expect(self, selector: str, what: str, wanted: str, fits: Callable[[str], bool]) -> None:
        def is_shown() -> bool:
            found = self._shows(selector)
            return found is not None and fits(found)

        if self._browser.wait(is_shown):
            self._note("·", what)
            return
        found = self._shows(selector)
        if found is None:
            raise CheckFailed("page", f"the page in {self.name} has no {selector}{self._told()}", expected=wanted)
        raise CheckFailed(
            "page", f"{self.name} does not show it in {selector}{self._told()}", expected=wanted, received=found
        )

    def _wrong(self, message: str, received: str | None) -> CheckFailed:
        more = {} if received is None else {"received": received}
        return CheckFailed("page", message + self._told(), **more)

    def _shows(self, selector: str) -> str | None:
        found: str | None = self._ask(SHOWN, selector)
        return found

    def _ask(self, script: str, argument: Any = None) -> Any:
        """What a script gives, or None while one page goes and another comes."""
        from playwright.async_api import Error

        try:
            return self._browser.do(self._page.evaluate(script, argument), self)
        except Error as error:
            if "Execution context was destroyed" in str(error) or "navigat" in str(error):
                time.sleep(0.01)
                return None
            if "Target" in str(error) and "closed" in str(error):
                raise CheckFailed("page", f"the page in {self.name} crashed") from None
            raise CheckFailed("page", f"the page in {self.name} fails: {_first_line(error)}") from None

    def _act(self, selector: str, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        from playwright.async_api import Error

        if not self._browser.wait(lambda: bool(self._ask(USABLE, selector))):
            raise CheckFailed("page", f"the page in {self.name} has no {selector} that can be used{self._told()}")
        try:
            self._browser.do(action(), self)
        except Error as error:
            raise CheckFailed("page", f"{selector} in {self.name} cannot be used: {_first_line(error)}") from None
        self._browser.rest()

    def _navigate(self, going: Coroutine[Any, Any, Any], path: str) -> None:
        from playwright.async_api import Error

        future: Future[Any] = self._browser._chromium.begin(going)
        self.is_loading = True
        try:
            if not self._browser.wait(future.done):
                future.cancel()
                self.discard()
                raise CheckFailed("silent http", f"GET {path} is not answered in {self.name}")
        finally:
            self.is_loading = False
        try:
            response = future.result()
        except Error as error:
            raise CheckFailed("page", f"{path} could not be loaded: {_first_line(error)}") from None
        if response is None or not 200 <= response.status < 300:
            status = response.status if response else "nothing"
            message = f"GET {path} is not answered as it should be"
            raise CheckFailed("http status", message, expected=ANSWERED, received=status)
        self._browser.wait(lambda: bool(self._ask("() => document.readyState !== 'loading'")))
        self._browser.calm_down()  # a page may be of use only after the server's first word

    # What the page does, into the conversation

    def _connects(self, socket: WebSocket) -> None:
        self._sockets.append(socket.url)
        url = urlsplit(socket.url)
        here = url.netloc == urlsplit(self._page.url).netloc
        self._note("→", f"connects to {url._replace(scheme='', netloc='').geturl() if here else socket.url}")
        socket.on("framesent", self._says)
        socket.on("framereceived", self._hears)
        where = url.path if here else socket.url
        socket.on("socketerror", lambda error: self._trouble(f"the WebSocket to {where} failed: {error}"))
        socket.on("close", lambda socket: self._ended())

    def _says(self, message: str | bytes) -> None:
        self.sent += 1
        self._note("→", shown(message), message)

    def _hears(self, message: str | bytes) -> None:
        self.heard += 1
        self._note("←", shown(message), message)

    def _ended(self) -> None:
        self.ends += 1
        self._note("✕", "its WebSocket ended")

    def _trouble(self, what: str) -> None:
        what = " ".join(what.split())[:300]
        self._troubles.append(what)
        self._note("·", what)

    def _told(self) -> str:
        """What the page itself reports, as the end of a sentence."""
        if self._troubles:
            return f". The page reports: {self._troubles[0]}"
        return "" if self._sockets else ". The page has opened no WebSocket"

    def _note(self, arrow: str, what: str, message: str | bytes | None = None) -> None:
        if self.is_open:
            self._server.transcript.add(self.name, arrow, what, message)


_numbers = itertools.count(1)


def _first_line(error: Exception) -> str:
    with contextlib.suppress(IndexError):
        return str(error).splitlines()[0]
    return json.dumps(str(error))
