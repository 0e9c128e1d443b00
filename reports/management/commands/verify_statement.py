"""manage.py verify_statement FILE.pdf: is it ours and whole, is its signature good, do its figures follow from its facts?

Exit 0: ours byte for byte and nothing wrong with it, current or superseded; whether or not the rest could be examined. 1: not
ours, or altered. 2: it could not be asked.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from reports.verification.levels import Report, verify
from slaservice.certificates import fingerprint
from slaservice.rules.printed import printed

_TITLES = {"register": "Register", "signature": "Signature", "figures": "Figures"}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the PDF")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{printed(str(path))} is no file.", returncode=2)
        pinned = set(map(fingerprint, settings.SIGNING_CERTIFICATES))
        try:
            with path.open("rb") as file:
                report = verify(file, pinned=pinned)
        except OSError as problem:
            raise CommandError(f"{printed(str(path))}: {problem.strerror}", returncode=2) from None
        except DatabaseError as problem:
            raise CommandError(f"The register cannot be asked: {problem}", returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.json(), indent=2, ensure_ascii=False))
        else:
            self._tell(path, report)
        if not report.right:
            raise SystemExit(1)

    def _tell(self, path: Path, report: Report) -> None:
        self.stdout.write(f"{printed(path.name)}: {report.size:,} bytes, SHA-256 {report.sha256}")
        for number, level in enumerate(report.levels, 1):
            self.stdout.write(f"\n{number}. {_TITLES[level.name]}: {level.outcome}")
            self.stdout.write(f"   {level.says}".replace("\n", "\n   "))
            self.stdout.write(f"   Shows: {level.shows}")
            self.stdout.write(f"   Does not show: {level.does_not_show}")
        verdict = (
            "Ours, and nothing is wrong with it." if report.right else "Do not rely on this file: see above."
        )
        self.stdout.write(f"\n{verdict}")
