"""App configuration, and the checks that come with it."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        import reports.checks  # noqa: F401
