"""What a file may hold: which columns, and what a row becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slaservice.outages.importers import entries
from slaservice.outages.importers.entries import Field
from slaservice.outages.operations import MaintenanceFacts, OutageFacts, RequestCountRow
from slaservice.outages.operations.life import Register
from slaservice.outages.operations.maintenance import MAINTENANCE
from slaservice.outages.operations.windows import WINDOWS

EXTERNAL_ID = {
    "external_id": Field(entries.OUTAGE["cause"].read, "The row's own name, for good.", required=True)
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`row` makes the value of a row from its fields; `register` is where it lives, None for request counts."""

    name: str
    columns: Mapping[str, Field]
    row: Callable[..., Any]
    register: Register | None = None

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def template(self) -> str:
        """A CSV file with the columns and no rows."""
        return ",".join(self.columns) + "\r\n"


def _outage(**values: Any) -> OutageFacts:
    return OutageFacts(**{"end": None, "basis": "operator", **values})


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("outages", {**EXTERNAL_ID, **entries.OUTAGE}, _outage, WINDOWS),
        Kind("maintenance", {**EXTERNAL_ID, **entries.MAINTENANCE}, MaintenanceFacts, MAINTENANCE),
        Kind("request_counts", entries.REQUEST_COUNT, RequestCountRow),
    )
}
