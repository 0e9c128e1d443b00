"""Tasks that only the tests of the workers have. They leave what they did in the database, as groups."""

import os

from celery import shared_task
from django.contrib.auth.models import Group

from tests.servers import eventually


@shared_task
def meet(number: int, expected: int) -> None:
    """Ends when `expected` of these run side by side."""
    Group.objects.create(name=f"met {number} in {os.getpid()}")
    eventually(lambda: Group.objects.filter(name__startswith="met ").count() >= expected)


@shared_task
def end_the_second_time() -> None:
    """The first run hangs until it is killed; the second leaves its mark."""
    first = not Group.objects.filter(name__startswith="first run in ").exists()
    Group.objects.create(name=f"first run in {os.getpid()}" if first else "second run")
    eventually(lambda: not first, within=120)
