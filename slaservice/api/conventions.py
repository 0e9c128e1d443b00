"""What holds at every address of the API, in words: for the schema and for the page that is made of it."""

from django.conf import settings

from slaservice.api.idempotency import HEADER, REPLAYED
from slaservice.api.pages import DEFAULT_PAGE, MAX_PAGE
from slaservice.api.strict_json import MAX_BYTES, MAX_DEPTH

_WORDS = """
## Keys

Send the header 'Authorization: Bearer <key>'. A customer's key (sla_...) opens what is the customer's, a person's key
(slp_...) what the person may record. A key does only what its scopes name; each operation says which it takes.

A key belongs in no address. Verifying a digest needs none.

## Errors

Errors are application/problem+json (RFC 9457). 'code' is stable and for programs, 'detail' says what is wrong, 'remedy'
what to do, 'errors' names each field at fault by its path.

What a key may not see is answered with 404, like what does not exist. Every answer has a Request-Id: name it when you ask
us about one.

## Pages

Lists come in pages of {usual} rows, or as many as 'limit' says, up to {most}. 'next' is the address of the following page,
to be followed as it is; null is the end. Rows that come in meanwhile are neither repeated nor skipped.

A parameter that an address does not know is refused.

## Writes

A write takes the header {header}, a name of this request's own. Sent again under it within 30 days, the same request has
no second effect and gets the first answer, with the header {replayed}: true. Another request under that name is refused
with 422, and with 409 while the first is being served. A refused request changed nothing and may be mended under its name.

## Money, numbers and times

Money is text with all its decimals, beside its currency; so are percentages and other decimals. Nothing is a binary float.

Times are ISO 8601 with an offset; answers have UTC. Spans are half-open: 'from' is within, 'until' is not. What is not
there is null, and no field is left out.

## JSON

Bodies are JSON in UTF-8, of at most {bytes:,} bytes and {depth} levels. No name stands twice in an object, and a field
that is not known is refused.

## Limits

{limit} The headers RateLimit-Policy and RateLimit say what is left. Beyond it the answer is 429, and Retry-After says for
how many seconds to wait.

## Caches

What is a customer's is private and kept by no cache. An ETag names an answer; a request with If-None-Match gets 304 while
it is still so.

## Versions

The version stands in the path. Within it fields, parameters and codes only ever get more, and none changes its meaning:
let a program pass over fields that it does not know. What is to end is announced by the headers Deprecation and Sunset,
with a Link to what takes its place.
"""


def conventions() -> dict[str, list[str]]:
    """The paragraphs by their heading."""
    limit = settings.API_RATE_LIMIT
    words = _WORDS.format(
        usual=DEFAULT_PAGE, most=MAX_PAGE, header=HEADER, replayed=REPLAYED, bytes=MAX_BYTES, depth=MAX_DEPTH,
        limit=f"A customer may make {limit:,} requests a minute." if limit else "Requests are limited.",
    )  # fmt: skip
    parts = (part.strip().split("\n\n") for part in words.split("## ")[1:])
    return {heading: [" ".join(one.split()) for one in paragraphs] for heading, *paragraphs in parts}


def in_markdown() -> str:
    """All of it, as the schema has it."""
    return "\n\n".join("\n\n".join((f"## {heading}", *said)) for heading, said in conventions().items())
