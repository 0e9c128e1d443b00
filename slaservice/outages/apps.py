"""App configuration."""

from django.apps import AppConfig


class OutagesConfig(AppConfig):
    name = "slaservice.outages"
