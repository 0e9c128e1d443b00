"""CSV and XLSX files of outage windows, maintenance and request counts: parsed as a whole, then written as a whole."""

from slaservice.outages.importers.files.importing import FileResult, import_file
from slaservice.outages.importers.files.keeping import MAX_SENT
from slaservice.outages.importers.files.kinds import KINDS
from slaservice.outages.importers.files.sending import import_sent, send_file
from slaservice.outages.importers.files.tables import MAX_BYTES

__all__ = ["KINDS", "MAX_BYTES", "MAX_SENT", "FileResult", "import_file", "import_sent", "send_file"]
