"""Asks a time-stamping authority (RFC 3161): one request within a deadline, and so much of the answer as a time stamp has.

Its address may hold a name and a password, and a token behind the question mark. What is said of a failure names the host alone,
because that is kept and logged.
"""

import asyncio
from typing import Any

import httpx2
from asn1crypto.tsp import TimeStampResp
from pyhanko.sign.timestamps import TimeStamper

from reports.pdf.signature import AuthorityFails

_SECONDS = 15
_MOST_BYTES = 100_000


class Authority(TimeStamper):
    """The authority at an address, as pyHanko asks it."""

    def __init__(self, address: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        try:
            url = httpx2.URL(address)
        except (httpx2.InvalidURL, ValueError):
            raise AuthorityFails("TIMESTAMP_URL is no address.") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise AuthorityFails("TIMESTAMP_URL is no address of http or https.")
        self.named = f"The time-stamping authority {url.host}"
        self.auth = httpx2.BasicAuth(url.username, url.password) if url.userinfo else None
        self.url = url.copy_with(userinfo=b"")

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except AuthorityFails:
            raise
        except Exception as problem:
            raise AuthorityFails(f"{self.named} gave no time stamp: {problem}") from problem

    async def async_request_tsa_response(self, req: Any) -> Any:
        try:
            async with asyncio.timeout(_SECONDS):
                return TimeStampResp.load(await self._answer(req.dump()))
        except (TimeoutError, httpx2.TimeoutException):
            raise AuthorityFails(f"{self.named} did not answer within {_SECONDS} seconds.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as problem:
            raise AuthorityFails(f"{self.named} is not reached: {type(problem).__name__}.") from None

    async def _answer(self, question: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}
        async with (
            httpx2.AsyncClient(auth=self.auth, timeout=_SECONDS) as client,
            client.stream("POST", self.url, content=question, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise AuthorityFails(f"{self.named} answered {response.status_code}.")
            read = b""
            async for piece in response.aiter_raw():
                read += piece
                if len(read) > _MOST_BYTES:
                    raise AuthorityFails(f"{self.named} answered more than {_MOST_BYTES} bytes.")
            return read
