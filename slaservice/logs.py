"""One log record, one line of JSON: no message can start a second line or colour a terminal, and none holds a key.

A line about a request has its `request_id`, and `callers_request_id` where the caller sent one.
"""

import json
import logging
from datetime import UTC, datetime

from slaservice import request_ids
from slaservice.history.key_text import masked


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            "process": record.process,
        }
        ids = _ids_of(record)
        if ids.ours:
            line["request_id"] = ids.ours
        if ids.callers:
            line["callers_request_id"] = ids.callers
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def _ids_of(record: logging.LogRecord) -> request_ids.RequestIds:
    """Django writes some lines after the last middleware, with the request beside the message."""
    request = getattr(record, "request", None)
    return getattr(request, "request_ids", None) or request_ids.current.get()
