"""A real browser for tests of pages: Chromium, without a window, on a live server.

    def test_...(visit: Visitor) -> None:
        page = visit(a_person(OPERATOR))          # logs in through the site's own page
        page.goto("/admin/")

Whatever a page logs as an error, refuses by the content security policy, throws or fails to load fails the test.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

WIDE = {"width": 1400, "height": 1000}
NARROW = {"width": 360, "height": 740}
PASSWORD = "correct horse battery staple"


def chromium() -> str:
    """The program to start. LookupError says what to install."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    for program in filter(None, map(shutil.which, filter(None, names))):
        return program
    raise LookupError("No browser here. Type: apt-get install chromium  (or set CHROMIUM)")


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of one's own. As root it runs without its sandbox, which needs another user."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=sandbox)
        try:
            yield opened
        finally:
            opened.close()


class Visitor(Protocol):
    """Opens a page as somebody, logged in; `viewport` is WIDE unless told."""

    def __call__(self, user: User, *, viewport: dict[str, int] = WIDE) -> Page: ...


class Visits:
    """Opens pages of a server in a browser, and keeps what they complain of."""

    def __init__(self, opened: Browser, address: str) -> None:
        self.browser = opened
        self.address = address
        self.complaints: list[str] = []

    def __call__(self, user: User, *, viewport: dict[str, int] = WIDE) -> Page:
        user.set_password(PASSWORD)
        user.save()
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": viewport["width"], "height": viewport["height"]},
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        self._listen(page)
        page.goto("/admin/")
        page.get_by_label("Username").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        return page

    def _listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for another page
            self.complaints.append(f"not loaded: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than its window: 0 unless it must be scrolled sideways."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
