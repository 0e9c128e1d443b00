"""CSV: UTF-8, with or without a byte order mark; comma, semicolon or tab, whichever the header has most of; read line by line.

What programs read differently is refused: another encoding (with the byte), NUL, a quote that is not closed or ends in the
middle of a field. A text that looks like a formula is a text.
"""

import codecs
import csv
from collections.abc import Iterator
from io import BytesIO

from slaservice.outages.importers.files.tables import Row, at, refused

DELIMITERS = ",;\t"
LONGEST_LINE = 1_000_000


def rows_of(content: bytes) -> Iterator[Row]:
    """The rows as they stand. Invalid with the line, and where it helps the byte, of what cannot be read."""
    lines = _lines(content)
    header = next(lines, "")
    reader = csv.reader(_chained(header, lines), delimiter=max(DELIMITERS, key=header.count), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise refused(at(line), f"cannot be read: {fault}; is a quote not closed?") from None
        yield Row(line, cells)


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _lines(content: bytes) -> Iterator[str]:
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    stream = BytesIO(content)
    stream.seek(start)
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise refused(at(number), f"is longer than {LONGEST_LINE:,} bytes; are its ends line feeds?")
        if b"\0" in line:
            byte = start + line.index(b"\0") + 1
            raise refused(
                at(number), f"holds a NUL, at byte {byte:,} of the file; is it UTF-16? Save it as UTF-8"
            )
        yield _decoded(line, number, start)
        start += len(line)


def _decoded(line: bytes, number: int, start: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as fault:
        byte = start + fault.start + 1
        wrong = f"byte {byte:,} of the file (0x{line[fault.start]:02X}) is not UTF-8; save the file as UTF-8"
        raise refused(at(number), wrong) from None
