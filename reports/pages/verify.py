"""/verify/<digest>: what anybody who holds a paper is told. Is the statement with this digest ours, is it current? Nothing more.

The page looks the same whatever the answer, asks the database the same one question, and sets no cookie. It counts against the
same limit as the API's address for anybody (`/api/v1/verify/<digest>`), and tells the same.
"""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from reports.queries import is_current
from reports.verification.register import digest as read_digest
from slaservice.api import limits
from slaservice.api.client_address import client_address

_LONGEST = 200
"""Characters that are read of what was typed; with every blank that a paper has between them, a digest has fewer."""

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
    "Referrer-Policy": "no-referrer",
}


@require_safe
def verify(request: HttpRequest, digest: str = "") -> HttpResponse:
    """The answer, or the field to ask with."""
    with translation.override(translation.get_language_from_request(request)):
        typed = request.GET.get("digest", "")[:_LONGEST].strip()
        address = client_address(request)
        allowance = limits.call(f"address:{address}", address)
        if allowance is not None and not allowance.admitted:
            response = _page(_too_many(allowance.seconds), status=HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(allowance.seconds)
            return response
        if not digest and not typed:
            return _page({})
        try:
            asked = read_digest(digest or typed)
        except ValueError:
            return _page(_not_a_digest((digest or typed)[:_LONGEST]), status=HTTPStatus.BAD_REQUEST)
        # What was typed gets the address that stands on paper; so does what was written with spaces or capitals.
        return redirect("verify-page", asked) if asked != digest else _page(_answer(asked))


def _answer(digest: str) -> dict[str, str]:
    current = is_current(digest)
    if current is None:
        kind, heading = "no", gettext("Not known here")
        words = gettext(
            "No statement that we issued has this digest. Compare it with the paper, digit by digit; a draft is no statement."
        )
    elif current:
        kind, heading = "yes", gettext("Ours, and current")
        words = gettext("A statement that we issued has this digest, and no later revision supersedes it.")
    else:
        kind, heading = "old", gettext("Ours, but superseded")
        words = gettext(
            "A statement that we issued has this digest, and a later revision has taken its place: ask for that one."
        )
    return {"kind": kind, "heading": heading, "words": words, "digest": digest}


def _not_a_digest(typed: str) -> dict[str, str]:
    words = gettext(
        "A digest has 64 characters, the digits 0 to 9 and the letters a to f. Spaces do not matter."
    )
    return {"kind": "no", "heading": gettext("That is no digest"), "words": words, "typed": typed}


def _too_many(seconds: int) -> dict[str, str]:
    words = gettext("Ask again in {seconds} seconds.").format(seconds=seconds)
    return {"kind": "no", "heading": gettext("Too many questions"), "words": words}


def _page(said: dict[str, str], status: int = HTTPStatus.OK) -> HttpResponse:
    """Without the request: no session, no user, and so no cookie reaches the page."""
    context = {"vendor": settings.VENDOR_NAME, "language": translation.get_language(), **said}
    return HttpResponse(render_to_string("reports/verify.html", context), status=status, headers=_HEADERS)
