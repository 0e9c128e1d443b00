"""What every command that imports a file has in common: the clock, the file, the person, and what is said in the end."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from slaservice.outages.importers.files import MAX_BYTES
from slaservice.rules.refusal import Invalid, Refusal


@contextmanager
def refused_in_words(file: object) -> Iterator[None]:
    """Turns what cannot be used, and every other refusal, into the command's exit."""
    try:
        yield
    except Invalid as invalid:
        lines = "\n".join(f"  {error}" for error in invalid.errors)
        raise CommandError(f"{file} cannot be used; nothing was imported:\n{lines}") from None
    except Refusal as refusal:
        raise CommandError(refusal.sentence) from None


class ImportCommand(BaseCommand):
    """Imports FILE of a kind, one of `kinds`; a subclass adds the argument `kind` and says what importing is.

    What `run` returns has `counts`, of rows and of what became of them.
    """

    kinds: ClassVar[Mapping[str, Any]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", nargs="?", help="without: the columns that it has"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument("--by", metavar="USER", help="the person who does it; without: the system")

    def handle(self, *, kind: str, file: Path | None, dry_run: bool, by: str | None, **options: Any) -> None:
        if file is None:
            self._tell_columns(kind)
            return
        person, content = _person(by), _content(file)
        with refused_in_words(file):
            result = self.run(
                file, options, kind=kind, content=content, by=person, now=timezone.now(), dry_run=dry_run
            )
        self._tell(result, dry_run=dry_run)

    def run(self, file: Path, options: Mapping[str, Any], *, dry_run: bool, **said: Any) -> Any:
        """Imports the file, or with `dry_run` only says what that would do; `said` is kind, content, by and now."""
        raise NotImplementedError

    def changes(self, result: Any) -> Iterable[str]:
        """A sentence for each change."""
        raise NotImplementedError

    def _tell_columns(self, kind: str) -> None:
        for name, column in self.kinds[kind].columns.items():
            needed = "required" if column.required else ""
            self.stdout.write(f"{name:16} {needed:9} {column.about}")

    def _tell(self, result: Any, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
        for change in self.changes(result):
            self.stdout.write(change)
        for name, count in result.counts.items():
            self.stdout.write(f"{name:22} {count:6}")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}") from None


def _person(name: str | None) -> User | None:
    if name is None:
        return None
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        raise CommandError(f"There is no user {name!r}.") from None
