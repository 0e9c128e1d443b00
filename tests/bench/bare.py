"""A Django view that returns bytes from a constant, to be compared with (tests/bench/api.py).

The bytes of each address are in the files of the folder that BARE_FOLDER names. MIDDLEWARE=site puts the site's own middleware
before the view; without it there is none.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")

BODIES = {file.name: file.read_bytes() for file in Path(os.environ["BARE_FOLDER"]).glob("*.json")}


def constant(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(BODIES[name], content_type="application/json")


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}")


urlpatterns = [path("healthz", healthz), path("bare/<str:name>", constant)]

settings.ROOT_URLCONF = __name__
if os.environ.get("MIDDLEWARE") != "site":
    settings.MIDDLEWARE = []
application = get_wsgi_application()
