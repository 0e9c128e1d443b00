"""Text out of a document that nobody knows, made fit for a terminal: it says what it says and does nothing."""


def printed(text: str, most: int = 300) -> str:
    """What cannot be printed (escapes, ends of lines, marks that turn the direction) as Python writes it; cut to `most`."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"
