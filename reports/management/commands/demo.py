"""`manage.py demo`: a quarter of a real platform, from the feed to issued statements, and how to look around."""

import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import track
from rich.table import Table

from reports import store
from reports.demo.play import LogIns, play
from reports.models import StatementFile, StatementLine
from slaservice.rules.money import Money
from slaservice.rules.words import number


class Command(BaseCommand):
    help = "Record, close and issue the demonstration's quarter. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True)

        def follow(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
            return track(items, what, total, console=console, transient=True) if total > 20 else items

        log_ins = play(say=console.print, track=follow)
        folder = self._hand_out(Path(settings.VAR_DIR) / "demo-statements")
        out = Console(width=None if self.stdout.isatty() else 150)
        out.print(self._table())
        self._say_where(folder, log_ins)

    def _hand_out(self, folder: Path) -> Path:
        """Copies of the PDFs under names that people read."""
        folder.mkdir(parents=True, exist_ok=True)
        for made in StatementFile.objects.select_related("statement__contract__customer"):
            statement = made.statement
            name = "".join(c if c.isalnum() else "-" for c in statement.contract.customer.name).strip("-")
            target = folder / f"{name}_{statement.month}_{statement.number}.pdf"
            if not target.exists():
                shutil.copyfile(store.path_of(made.sha256), target)
        return folder

    def _table(self) -> Table:
        table = Table(title="Statements of the second quarter of 2026", show_lines=False)
        for heading, justify in (
            ("Customer", "left"),
            ("Contract", "left"),
            ("Period", "left"),
            ("Component", "left"),
            ("Uptime %", "right"),
            ("Target %", "right"),
            ("", "left"),
            ("Downtime s", "right"),
            ("Excluded s", "right"),
            ("Credit", "right"),
        ):
            table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
        lines = StatementLine.objects.filter(statement__state="issued").select_related(
            "statement__contract__customer"
        )
        for line in lines.order_by(
            "statement__contract__customer__name", "statement__period_end", "position"
        ):
            statement = line.statement
            met = "not applicable" if not line.applicable else "met" if line.met else "[red]missed[/red]"
            table.add_row(
                statement.contract.customer.name,
                statement.contract.number,
                statement.period_label,
                line.components,
                line.uptime_percent,
                number(Fraction(line.commitment_percent)),
                met,
                number(Fraction(line.downtime_seconds)),
                number(Fraction(line.excluded_seconds)),
                f"{statement.currency} {Money(line.credit_minor, statement.currency)}",
            )
        return table

    def _say_where(self, folder: Path, log_ins: LogIns) -> None:
        self.stdout.write(f"\nStatements as PDF: {folder}")
        self.stdout.write(f"Site:              {settings.SITE_URL} (start it with: make run)")
        self.stdout.write("Log-ins:")
        for username, password in log_ins.passwords.items():
            self.stdout.write(f"  {username:<16} {password}")
        self.stdout.write(f"API key of {log_ins.api_customer}:\n  {log_ins.api_key}")
        self.stdout.write(
            f'  curl -H "Authorization: Bearer {log_ins.api_key}" {settings.SITE_URL}/api/v1/statements'
        )
