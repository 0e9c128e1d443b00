"""The WSGI entry, for gunicorn."""

import os

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from slaservice.utf8 import Utf8Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")


class Request(Utf8Request, WSGIRequest):
    """What this entry makes of a request."""


application = get_wsgi_application()
application.request_class = Request
