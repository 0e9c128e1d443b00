"""`manage.py verify_history`: whether anybody rewrote history or an issued statement, past everything that forbids it."""

from argparse import ArgumentParser
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports import verifying
from slaservice.history.anchors import anchors
from slaservice.history.sealing import seal_where_nothing_sweeps
from slaservice.history.verifying import verify


class Command(BaseCommand):
    """Ends with 1 where anything is wrong, so that a schedule may run it."""

    help = "Walk the chain of seals on history and compare it with the anchors and with what issued statements say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchors",
            type=Path,
            metavar="DIR",
            help="the folder of anchors to compare with, best a copy from elsewhere; else ANCHORS_DIR",
        )

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        seal_where_nothing_sweeps(now=now)
        folder = self._folder(options["anchors"])
        found = verify(now=now, witnesses=chain(anchors(folder), verifying.witnesses()))
        faults = [*found.faults, *verifying.altered()]
        for fault in faults:
            self.stderr.write(self.style.ERROR(fault.sentence))
        self.stdout.write(f"{found.seals} seals in order, {found.witnesses} witnesses heard.")
        if faults:
            raise CommandError(f"History is not as it was written: {len(faults)} faults.")

    def _folder(self, named: Path | None) -> Path:
        folder = named or Path(settings.ANCHORS_DIR)
        if named and not named.is_dir():
            raise CommandError(f"There is no folder {named}.")
        if not folder.is_dir():
            self.stderr.write(
                self.style.WARNING(f"No anchors in {folder} yet: a cut end would not be noticed.")
            )
        return folder
