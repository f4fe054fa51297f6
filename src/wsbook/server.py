"""A submission as a running server: connect to it, ask it, move its clock, trouble it, read its log."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from typing import Any
from urllib.parse import urlencode

import httpx

from . import handshake
from ._load import Failure, Place, Source
from ._loop import Standing
from .client import Client
from .handshake import Handshake, Request
from .http import Answer, send_request
from .patience import ANSWER, ARRIVAL, AT_LAST, GUARD, LOOK, SETTLED, Patience, Work
from .process import Process
from .transcript import Transcript, shortened, shown
from .verdict import ANSWERED, CheckFailed, agrees


class Server:
    """One process that serves one submission. Use it as a context manager, or call `start` and `stop`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.transcript = Transcript()
        self.clients: list[Client] = []
        self.tracebacks_allowed = self.reports_allowed = False
        self._process = Process(source)
        self._patience = Patience(self._process, self.transcript)
        self._is_held = False
        self._names: dict[str, int] = {}
        self._given_up = 0
        self._spoken = threading.Semaphore(0)
        self._threads = ThreadPoolExecutor(max_workers=1000, thread_name_prefix="wsbook")

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    # Starting and stopping

    def start(self) -> None:
        """Start the process and wait until it serves. Raises `CheckFailed` when it does not."""
        self._process.start()
        if not self._patience.wait(self._is_up, allowance=10.0):
            self._process.failure = self.failure or Failure("endless startup", "")
            raise CheckFailed("start", "the server did not start")

    def _is_up(self, seconds: float) -> bool:
        deadline = time.monotonic() + max(seconds, 0.5)
        while not self.port and self.failure is None and time.monotonic() < deadline:
            if not self._process.hear(deadline - time.monotonic()):
                break
        return self.port > 0

    def stop(self) -> None:
        """End the process and all that it started, at once. Can be called again."""
        for client in self.clients:
            client.connection.listener = lambda arrow, what, message=None: None
        self._process.stop()
        for client in self.clients:
            client.connection.close_socket()
        self._threads.shutdown(wait=False)

    def shut_down(self, within: float) -> None:
        """Ask uvicorn to shut down, as Ctrl-C does. Fails unless the process ends within so many seconds of its own
        time (with the mercy that each answer gets)."""
        self.transcript.add("operator", "→", "shuts the server down")
        self._process.shut_down()
        if self._patience.wait(self._process.has_ended, allowance=within + ANSWER - 1):
            return
        if not self._process.has_pipe and self._process.has_ended(AT_LAST):  # in time, on a machine that takes its time
            return
        raise CheckFailed("no shutdown", f"the process goes on {within:g} s after it was told to shut down")

    @property
    def port(self) -> int:
        return self._process.port

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive

    @property
    def failure(self) -> Failure | None:
        """Why the submission could not be served, or not any more."""
        return self._process.failure

    @property
    def standing(self) -> Standing | None:
        """How the server stood when it was last asked to come to rest."""
        return self._patience.standing

    # Connecting

    def connect(
        self,
        path: str,
        *,
        name: str | None = None,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
    ) -> Client:
        """Open a WebSocket connection. Fails if the handshake does not succeed."""
        return _welcomed(path, self._opened(self._begin(Request(path, headers, cookies, subprotocols), name)))

    def refuses(
        self,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
    ) -> int:
        """The HTTP status that a handshake is answered with: 403 for a refusal, 101 for a welcome."""
        found = self._opened(self._begin(Request(path, headers, cookies, subprotocols)))
        if isinstance(found, Client):
            found.close()
            return 101
        return found

    def connect_together(
        self, paths: list[str], *, names: list[str] | None = None, meanwhile: Callable[[], None] = lambda: None
    ) -> list[Client]:
        """Open a connection for each path, so that all handshakes reach the server in one turn of its loop.

        What clients do in `meanwhile` reaches it in the same turn.
        """
        self._spoken = threading.Semaphore(0)
        called: list[str | None] = [*names] if names else [None] * len(paths)
        with self.held_still():
            handshakes = [self._begin(Request(path), name) for path, name in zip(paths, called, strict=True)]
            for _ in paths:
                self._spoken.acquire(timeout=ARRIVAL)
            meanwhile()
        found = [self._opened(handshake) for handshake in handshakes]
        return [_welcomed(path, one) for path, one in zip(paths, found, strict=True)]

    def connect_in_turn(self, paths: list[str]) -> list[Client]:
        """Open a connection for each path, one after the other, and pass over what the clients are told of it."""
        clients = []
        for path in paths:
            clients.append(self.connect(path, name=path.rpartition("/")[2]))
            self.pass_over()
        return clients

    def connect_held_back(self, path: str, *, name: str | None = None) -> Client:
        """Connect over a slow network: after the handshake no message reaches the client until `let_through`."""
        self._process.ask("hold_next")
        client = self.connect(path, name=name)
        self.transcript.add(client.name, "·", "its network stalls")
        return client

    def connect_and_drop(self, path: str) -> None:
        """Connect, and drop the connection as soon as it is accepted."""
        self._process.ask("end_next_unheard")
        client = self.connect(path)
        self.transcript.add(client.name, "·", "drops its connection as soon as it is accepted")
        client.left = True
        self.wait_until_noticed(client)

    def _begin(self, request: Request, name: str | None = None) -> Handshake:
        begun = handshake.begin(
            request, self._name(name or "client"), self.port, self._threads, self.transcript, self._spoken.release
        )
        self._patience.requests += 1
        self._patience.gone.discard(begun.port)  # the system may give a port again that another client has left
        return begun

    def _opened(self, handshake: Handshake) -> Client | int:
        """A client, or the status by which the handshake was refused."""
        if not self._wait_for_answer(handshake.future):
            raise CheckFailed(
                "never accepted", f"the handshake for {shortened(handshake.request.path)} is not answered at all"
            )
        found = handshake.outcome()
        if isinstance(found, int):
            return found
        client = Client(self, handshake.name, handshake.request.path, handshake.port, found)
        self.clients.append(client)
        # What the server does on connecting is then seen before anything that the client does.
        standing = self._patience.rest(0.0)
        if standing.state == "quiet":
            client.saw_fence(standing.fence, ARRIVAL)
        return client

    def _name(self, name: str) -> str:
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name} {self._names[name]}"

    # HTTP

    def get(self, path: str, **options: Any) -> Answer:
        """Send a GET request. Fails unless the answer's status is 2xx."""
        return self._answered(self.request("GET", path, **options))

    def post(self, path: str, **options: Any) -> Answer:
        """Send a POST request; `json=` and `data=` as in httpx. Fails unless the answer's status is 2xx."""
        return self._answered(self.request("POST", path, **options))

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request; the answer may have any status."""
        self._patience.requests += 1
        sent = threading.Event()
        future = self._threads.submit(send_request, method, self.port, path, GUARD, has_sent=sent.set, **options)
        # A body follows its head as soon as the machine lets it. Only then the server is judged by what it does.
        future.add_done_callback(lambda future: sent.set())
        sent.wait(GUARD)
        request = f"{method} {path}"
        if not self._wait_for_answer(future):
            raise CheckFailed("silent http", f"{request} is not answered")
        try:
            answer = future.result()
        except httpx.HTTPError:
            raise CheckFailed("gone", f"the connection ended before {request} was answered") from None
        body = options.get("content")
        if "json" in options:
            body = json.dumps(options["json"], ensure_ascii=False)
        elif "data" in options:
            body = urlencode(options["data"])
        self.transcript.add("HTTP", "→", request + ("" if body is None else f" {shown(body)}"))
        self.transcript.add("HTTP", "←", f"{answer.status_code} {shown(answer.text)}", answer.text)
        return answer

    def post_together(self, path: str, bodies: list[Any]) -> list[Answer]:
        """Send a POST request for each of these JSON values, so that all reach the server in one turn of its loop.

        The last of them may take as long as one answer after the other. Fails unless each answer's status is 2xx.
        """
        sent = threading.Semaphore(0)
        with self.held_still():
            self._patience.requests += len(bodies)
            futures = [
                self._threads.submit(send_request, "POST", self.port, path, GUARD, json=body, has_sent=sent.release)
                for body in bodies
            ]
            for body in bodies:
                self.transcript.add("HTTP", "→", f"POST {path} {shown(json.dumps(body, ensure_ascii=False))}")
                sent.acquire(timeout=ARRIVAL)
        answers = []
        for future in futures:
            if not self._wait_for_answer(future, ANSWER * len(bodies)):
                raise CheckFailed("silent http", f"POST {path} is not answered")
            answers.append(self._answered(future.result()))
            self.transcript.add("HTTP", "←", f"{answers[-1].status_code} {shown(answers[-1].text)}")
        return answers

    def _answered(self, answer: Answer) -> Answer:
        if not 200 <= answer.status_code < 300:
            raise CheckFailed(
                "http status",
                f"{answer.request} is not answered as it should be",
                expected=ANSWERED,
                received=answer.status_code,
            )
        return answer

    def expect(self, path: str, value: Any) -> None:
        """Fail unless a GET is answered with this JSON, now or within the 2 s that a count has to be true again.

        Of an object only the keys named in `value` count.
        """
        self._expect(path, value, lambda found: agrees(found, value))

    def expect_exactly(self, path: str, value: Any) -> None:
        """The same for an object whose keys are names: one that is not in `value` is one too many."""
        self._expect(path, value, lambda found: agrees(found, value) and found.keys() == value.keys())

    def _expect(self, path: str, value: Any, is_right: Callable[[Any], bool]) -> None:
        passed = 0.0
        while True:
            found = self.get(path).json()
            if is_right(found):
                return
            standing = self._patience.rest(SETTLED - passed)
            passed += standing.moved
            if standing.state != "moved":
                if passed < SETTLED:
                    self.fast_forward(SETTLED - passed)  # whatever is reckoned by the clock, without a timer
                found = self.get(path).json()
                if is_right(found):
                    return
                raise CheckFailed("different", f"GET {path} answers something else", expected=value, received=found)

    # Time, and trouble

    def fast_forward(self, seconds: float, *, since: float | None = None) -> None:
        """Move every clock of the server's process, from timer to timer. The server settles at each.

        With `since`, a moment that `time()` told, the clocks are moved to so many seconds after that.
        """
        if since is not None:
            seconds = since + seconds - self.time()
        work = Work(self._process)
        until = self.time() + seconds
        passed, before = 0.0, len(self.transcript.lines)
        while seconds > 0:
            standing = self._patience.rest(seconds, whole=True, regardless=work.is_long())
            seconds -= standing.moved
            passed += standing.moved
            for client in self.clients:
                client.saw_fence(standing.fence, 0.1)
            if seconds <= 0 or len(self.transcript.lines) > before or standing.state not in ("moved", "unknown"):
                self.transcript.pass_time(before, passed)
                passed, before = 0.0, len(self.transcript.lines)
            if standing.state in ("stalled", "busy"):
                raise CheckFailed(standing.state, "the server does not come to rest")
            if standing.state == "gone":
                raise CheckFailed("gone", "the server's process has ended")
            if standing.state == "unknown":
                time.sleep(LOOK)
                work.look(standing)
                seconds = until - self.time()

    def time(self) -> float:
        """What `time.time()` is in the server's process, in seconds since 1970."""
        now: float | None = self._process.ask("time")
        if now is None:
            raise CheckFailed("gone", "the server's process does not answer any more")
        return now

    def settle(self) -> None:
        """Wait until the server has dealt with all that was sent. Not a moment passes on its clock."""
        self._patience.wait(lambda seconds: False, allowance=0.0)

    def pass_over(self) -> None:
        """Let the server say what it has to say, for up to 1 s of its own time, and pass over all of it."""
        self._patience.wait(lambda seconds: False)
        for client in self.clients:
            if self.standing is not None:
                client.saw_fence(self.standing.fence, ARRIVAL)
            client.connection.inbox.clear()

    def told_apart(self, clients: list[Client]) -> tuple[list[Client], list[Client]]:
        """Those whose connection is open, and those whose connection the server ends within 1 s of its own time."""
        self._patience.wait(lambda seconds: False)
        ended = [client.connection.ended for client in clients]
        return (
            [client for client, is_over in zip(clients, ended, strict=True) if not is_over],
            [client for client, is_over in zip(clients, ended, strict=True) if is_over],
        )

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Fail if the block takes longer than that on the server's clock (with the mercy that each answer gets)."""
        start = self.time()
        yield
        passed = self.time() - start
        if passed > seconds + ANSWER - 1:
            raise CheckFailed(
                "late", f"this took the server {passed:.1f} s of its own time, and may take {seconds:g} s"
            )

    @contextlib.contextmanager
    def held_still(self) -> Iterator[None]:
        """Hold the event loop; what clients do meanwhile reaches it in one turn."""
        self._process.ask("hold still")
        self._is_held = True
        before = len(self.transcript.lines)
        try:
            yield
        finally:
            self._is_held = False
            said = [line for line in self.transcript.lines[before:] if line.arrow == "→"]
            comes = any(line.who == "HTTP" or line.what.startswith("connects to ") for line in said)
            active = {line.who for line in said}
            self._process.ask("go on", [client.port for client in self.clients if client.name in active], comes)
        self.settle()

    def hold_back(self, client: Client) -> None:
        """Let no message reach this client until `let_through`, as if its network were slow."""
        self.transcript.add(client.name, "·", "its network stalls")
        self._process.ask("hold", client.port)

    def let_through(self, client: Client) -> None:
        """Undo `hold_back`."""
        self.transcript.add(client.name, "·", "its network works again")
        self._process.ask("release", client.port)
        self.settle()

    def drop_while_sending(self, victim: Client, *, to: Client) -> None:
        """End the victim's connection at the moment when the next message is on its way to another client."""
        self.transcript.add(victim.name, "·", f"will drop its connection while a message goes to {to.name}")
        victim.left = True
        self._process.ask("end_on_send", victim.port, to.port)

    def leave_before_sending(self, client: Client) -> None:
        """Let a client's last word and goodbye arrive just before the next message is sent to it: its own route has no
        turn before that, so that whoever sends is the first to find out."""
        self.transcript.add(client.name, "·", 'will say "bye" and leave just before the next message is sent to it')
        client.left = True
        self._process.ask("end_before_send", client.port)

    def slow_network(self, *, both_ways: bool = False, handshakes: bool = False) -> None:
        """Let each message take some turns of the server's event loop, as behind others not yet read.

        `both_ways` also keeps the messages of a client some turns apart, so that those of several mingle.
        `handshakes` lets an accepted handshake take as long as a message.
        """
        self._process.ask("slow_down", 5, handshakes)
        if both_ways:
            self._process.ask("keep_apart", 6)

    # Evidence

    @property
    def log(self) -> str:
        """All that the process has printed, on stdout and stderr."""
        return self._process.log

    def expect_running(self) -> None:
        """Fail if the process has ended, though nobody shut it down."""
        self._process.ask("time")
        if self.failure is not None:
            raise CheckFailed("gone", "the server's process has ended by itself")

    def expect_no_sleeping_thread(self) -> None:
        """Fail if a thread sleeps (`time.sleep`) while the server is at rest."""
        self.settle()
        if self._process.ask("a thread sleeps"):
            raise CheckFailed("sleeping thread", "a thread of the server's sleeps")

    def expect_logged(self, *signs: str) -> None:
        """Fail unless one of these texts is in the log, now or within the 1 s that an answer may take."""
        if not self._patience.wait(lambda seconds: any(sign in self.log for sign in signs)):
            wanted = " nor ".join(shown(sign) for sign in signs)
            raise CheckFailed("not logged", f"the server's log has neither {wanted} in it")

    def final_log(self) -> str:
        """The log once the server has come to rest or ended, with what Python reports of forgotten tasks."""
        if self.is_alive:
            self.settle()
            self._process.ask("collect garbage")
        return self.log

    def facts(self, client: Client) -> dict[str, Any]:
        """What the server's process knows of this client's connection; see `_traffic.Facts`."""
        found: dict[str, Any] = (self._process.ask("facts") or {}).get(client.port, {})
        return found

    def last_facts(self) -> dict[str, Any]:
        """The same of the handshake or request that came last."""
        facts = list((self._process.ask("facts") or {}).values())
        return facts[-1] if facts else {}

    def tabs(self) -> dict[int, dict[str, int]]:
        """What the browser's tabs have to do with this server, by number: messages received, sent, connections open,
        and requests that wait for their answer."""
        books: dict[int, dict[str, int]] = {}
        for facts in (self._process.ask("facts") or {}).values():
            if facts["tab"] is not None:
                book = books.setdefault(facts["tab"], {"received": 0, "sent": 0, "open": 0, "waits": 0})
                book["received"] += facts["received"]
                book["sent"] += facts["sent"]
                book["open" if facts["is_websocket"] else "waits"] += not facts["returned"]
        return books

    def routes(self) -> list[str]:
        """The paths that have a WebSocket route."""
        return list((self._process.ask("routes") or ([], []))[0])

    def http_routes(self) -> list[str]:
        """Methods and paths of the HTTP routes."""
        return list((self._process.ask("routes") or ([], []))[1])

    def failed_task(self) -> Failure | None:
        """The exception that has ended a task of the learner's, where nobody awaits the task."""
        found: Failure | None = self._process.ask("failed task")
        return found

    def allow_tracebacks(self) -> None:
        """Let the log of this server have tracebacks, because the contract does."""
        self.tracebacks_allowed = True

    def allow_reports(self) -> None:
        """Let the application log bad input with a traceback: what it caught itself, and no connection's end."""
        self.reports_allowed = True

    def where(self) -> Place | None:
        """The learner's line at which the main thread is now, if it is in the learner's code."""
        place: Place | None = self._process.ask("where")
        return place

    # Waiting

    def wait_for_page(self, shows: Callable[[float], bool], hopeless: Callable[[Standing], bool]) -> bool:
        """What `Patience.wait` does, for a page in a browser."""
        return self._patience.wait(shows, None, hopeless)

    def wait_for(self, done: Callable[[], bool], allowance: float) -> bool:
        """Wait until it is done, for so many seconds of the server's own time. False when it is certain that it won't.

        All that was sent to a client that is still there has arrived by then.
        """
        there = [client for client in self.clients if not client.left]
        return self._patience.wait(
            lambda seconds: done(),
            allowance,
            lambda standing: all(client.saw_fence(standing.fence, ARRIVAL) for client in there),
        )

    def wait_for_message(self, client: Client, came: Callable[[float], bool], allowance: float | None) -> bool:
        if allowance == 0.0 and came(0):
            return True
        return self._patience.wait(came, allowance, lambda standing: client.saw_fence(standing.fence, ARRIVAL))

    def wait_for_end(self, client: Client, ended: Callable[[float], bool]) -> bool:
        self._patience.gone.add(client.port)
        return self._is_held or self._patience.wait(ended, 0.0, lambda standing: client.port in standing.lines)

    def wait_for_send(self, client: Client, send: Callable[[], None]) -> bool:
        future = self._threads.submit(send)
        stuck = functools.partial(_is_stuck, client, future)
        if not self._patience.wait(functools.partial(_finished, future), hopeless=stuck):
            return False
        future.result()
        return True

    def wait_until_noticed(self, client: Client) -> None:
        self._patience.gone.add(client.port)
        if not self._is_held:
            self.settle()

    def _wait_for_answer(self, future: Future[Any], allowance: float | None = None) -> bool:
        """Whether an answer comes; those that were given up earlier are no sign that this one will not."""
        if self._patience.wait(
            functools.partial(_finished, future), allowance, lambda standing: standing.unanswered > self._given_up
        ):
            return True
        self._given_up += 1
        return False


def _welcomed(path: str, found: Client | int) -> Client:
    if isinstance(found, Client):
        return found
    raise CheckFailed("refused", f"the handshake for {shortened(path)} failed", expected=101, received=found)


def _is_stuck(client: Client, sending: Future[Any], standing: Standing) -> bool:
    """Whether what a client sends has no room any more, for the server has a message of it that it does not read."""
    if client.port not in standing.unread:
        return False
    # While there is room, only this machine is to be waited for.
    deadline = time.monotonic() + ARRIVAL
    while not _finished(sending, LOOK) and client.connection.has_room and time.monotonic() < deadline:
        pass
    return not sending.done()


def _finished(future: Future[Any], seconds: float) -> bool:
    return bool(wait_for_futures([future], seconds).done)
