"""How much a form may bring: refused by its stated length, before a byte of it is written anywhere.

Django caps what a form's fields take in memory, but streams files of any size to the disk, and it reads a form (for its CSRF
token) before anybody has asked who sends it.
"""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 64_000_000
"""Of the whole form. What a file may have is for each form to say."""


class CappedUploadHandler(FileUploadHandler):
    """Stands first in FILE_UPLOAD_HANDLERS and takes no file itself."""

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        if content_length > MOST_BYTES:
            raise RequestDataTooBig(f"A form may have {MOST_BYTES:,} bytes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
