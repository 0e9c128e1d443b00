"""The ASGI entry, for servers that want one; nothing here needs it."""

import os

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIRequest

from slaservice.utf8 import Utf8Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")


class Request(Utf8Request, ASGIRequest):
    """What this entry makes of a request."""


application = get_asgi_application()
application.request_class = Request
