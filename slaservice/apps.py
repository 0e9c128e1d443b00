"""The wiring as an app: its templates and static files are found, and every process has our Celery app.

Without the latter a task that a command or a request rings for would go to Celery's default broker.
"""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "slaservice"

    def ready(self) -> None:
        import slaservice.celery  # noqa: F401
