"""A server on the loopback that does what it is told: answers, edits, hangs, drips, redirects, lies. A status page, or a
receiver of webhooks."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request; what is done with it stands in the page's `acts`."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        page = self.server.page
        page.asked.append((self.path, dict(self.headers)))
        act = page.acts.get(self.path)
        self.close_connection = True
        if act is None:
            self.say(404, b"{}")
        else:
            act(self)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.page.posted.append((dict(self.headers), body))
        self.do_GET()

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """A whole answer; `content_type` and the like as keywords."""
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read what was asked from the page."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    page: "LyingPage"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has hung up; that is what some tests are about."""


class LyingPage:
    """`acts` says what is done at each path, `asked` is what was asked for with which headers, `posted` what was sent along."""

    def __init__(self, server: _Server) -> None:
        self.server = server
        self.acts: dict[str, Act] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.posted: list[tuple[dict[str, str], bytes]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def server_name(self) -> str:
        """As the settings name it."""
        return f"127.0.0.1:{self.server.server_port}"

    def paths(self) -> list[str]:
        """What was asked for since the last time."""
        asked = [path for path, _ in self.asked]
        self.asked.clear()
        return asked

    def shows(self, path: str, body: object, **headers: str) -> None:
        """An honest document with its ETag."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        tag = f'"{sha256(content).hexdigest()[:16]}"'

        def act(handler: Handler) -> None:
            if handler.headers.get("If-None-Match") == tag:
                handler.say(304, b"", etag=tag)
            else:
                handler.say(200, content, etag=tag, content_type="application/json", **headers)

        self.acts[path] = act

    def answers(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        self.acts[path] = lambda handler: handler.say(status, body, **headers)

    def redirects(self, path: str, target: str) -> None:
        self.answers(path, 302, location=target)

    def hangs(self, path: str) -> None:
        """Takes the request and says nothing until the test is over."""
        self.acts[path] = lambda handler: handler.server.page.wait()

    def drips(self, path: str) -> None:
        """A byte of the headers now and then, for ever."""

        def act(handler: Handler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not self.over.wait(0.02):
                handler.wfile.write(b"a")

        self.acts[path] = act

    def breaks_off(self, path: str, body: bytes) -> None:
        """Promises more than it sends."""
        self.answers(path, 200, body, content_length=str(len(body) * 2))

    def zips(self, path: str, body: bytes) -> None:
        packed = gzip.compress(body, mtime=0)
        self.answers(path, 200, packed, content_encoding="gzip")

    def wait(self) -> None:
        self.over.wait(30)


@contextmanager
def lying_page() -> Iterator[LyingPage]:
    """The page, on a free port of the loopback, until the end of the test."""
    server = _Server(("127.0.0.1", 0), Handler)
    page = server.page = LyingPage(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        page.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
