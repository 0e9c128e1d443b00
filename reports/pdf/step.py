"""A line of the computation on paper."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the computation, finished text; `kind` is '', 'sum' (a result that later lines use) or 'total'.

    `paths` are the fields of the terms that it follows from, as slaservice.rules.wording names them.
    """

    label: str
    detail: str
    clause: str
    value: str
    kind: str = ""
    paths: tuple[str, ...] = ()
