"""The ASGI entry, for servers that want one; nothing here needs it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")

application = get_asgi_application()
