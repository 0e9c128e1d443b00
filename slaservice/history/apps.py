"""App configuration."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "slaservice.history"
