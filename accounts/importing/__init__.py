"""CSV and XLSX files of customers, contracts and billed amounts: parsed as a whole, then written as a whole."""

from accounts.importing.kinds import KINDS, Kind
from accounts.importing.running import import_file
from accounts.importing.sending import import_at_once, import_sent, send_file
from accounts.importing.tables import Result

__all__ = [
    "KINDS",
    "Kind",
    "Result",
    "import_at_once",
    "import_file",
    "import_sent",
    "send_file",
]
