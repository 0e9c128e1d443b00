"""Values as the bytes of an answer."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

_other = JSONEncoder().default


def json_bytes(data: Any) -> bytes:
    """JSON without white space, in UTF-8. What JSON has no form for is written as Django REST framework does it."""
    return orjson.dumps(data, default=_other, option=orjson.OPT_PASSTHROUGH_DATETIME)


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else json_bytes(data)
