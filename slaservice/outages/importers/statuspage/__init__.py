"""Statuspage's public v2 feed: bytes -> values, or every error at once -> incidents and proposals.

`feed` parses, `stretches` reads what an incident's updates say about components, `writing` turns that into rows.
"""

from slaservice.outages.importers.statuspage.feed import Feed, parse
from slaservice.outages.importers.statuspage.results import ImportResult
from slaservice.outages.importers.statuspage.writing import import_feed, import_what_can_be

__all__ = ["Feed", "ImportResult", "import_feed", "import_what_can_be", "parse"]
