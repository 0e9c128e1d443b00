"""The desk at 100,000 statements: what its pages take at the median, over the test client, on PostgreSQL.

    DATABASE_URL=postgres://... python -m tests.bench.desk [STATEMENTS] [--keep]

A year of months for a crowd of contracts (tests/factories/crowd.py). A few statements are drafted by the close itself; the others
are copies of them, made in the database with its triggers off: issued but for the last month. With `--keep` the database stays
and is filled only once. Each page is fetched once before it counts, and then seven times.
"""

import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402

from reports import closing, exposure  # noqa: E402
from reports.models import Posting, ServiceCredit, Statement, StatementLine  # noqa: E402
from slaservice.outages.models import Component  # noqa: E402
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_APPROVER, FINANCE_CLERK  # noqa: E402
from tests.emptying import TRIGGERS_OFF  # noqa: E402
from tests.factories.accounts import a_person  # noqa: E402
from tests.factories.crowd import CLOSED, MONTH, a_crowd  # noqa: E402
from tests.factories.reports import an_outage  # noqa: E402

MONTHS = 12
SAMPLES = 40
TIMES = 7
AIM = 300


def months() -> list[datetime]:
    """The first instants of the last twelve months that ended, oldest first."""
    now = datetime.now(UTC)
    return [
        datetime((now.year * 12 + now.month - 1 - back) // 12, (now.month - 1 - back) % 12 + 1, 1, tzinfo=UTC)
        for back in range(MONTHS, 0, -1)
    ]


def fill(statements: int) -> None:
    contracts = statements // MONTHS
    a_crowd(contracts)
    managers = [a_person(ACCOUNT_MANAGER).pk for _ in range(10)]
    sql("UPDATE accounts_customer SET account_manager_id = (%s::int[])[1 + id %% 10]", [managers])
    closing.close_chunk(month=MONTH, contracts=range(1, SAMPLES + 1), now=CLOSED)
    samples = list(Statement.objects.order_by("pk").values_list("pk", flat=True))
    for number, start in enumerate(months()):
        _copied(start, months()[number + 1] if number + 1 < MONTHS else _this_month(), samples)
    _issue_all_but_the_last_month(samples)
    now = datetime.now(UTC)
    an_outage(
        now - timedelta(hours=5), still_open=True, component=Component.objects.earliest("code"), now=now
    )


def _issue_all_but_the_last_month(samples: Sequence[int]) -> None:
    sql("DELETE FROM reports_servicecredit WHERE statement_id = ANY(%s)", [samples])
    last = f"{months()[-1]:%Y-%m}"
    clerk = a_person(FINANCE_CLERK).pk
    sql(
        "UPDATE reports_servicecredit c SET state = 'applied', decided_at = proposed_at, decided_by_id = %s,"
        " settled_at = proposed_at, settled_by_id = %s, billing_reference = 'INV-' || c.id"
        " FROM reports_statement s WHERE s.id = c.statement_id AND s.month < %s",
        [clerk, clerk, last],
    )
    sql(
        "UPDATE reports_statement SET state = 'issued', issued_at = due_at, number = 'SLA-' || left(month, 4) || '-' ||"
        " lpad(id::text, 6, '0') WHERE month < %s AND NOT id = ANY(%s)",
        [last, samples],
    )
    sql(
        f"INSERT INTO {Posting._meta.db_table} (customer_id, contract_id, statement_id, deed, debit_account,"
        " credit_account, currency, amount_minor, effective_on, at)"
        " SELECT k.customer_id, k.id, s.id, 'draft', 'contra_revenue', 'accrued', c.currency, c.amount_minor,"
        " s.period_end::date, s.drafted_at FROM reports_servicecredit c JOIN reports_statement s"
        " ON s.id = c.statement_id JOIN accounts_contract k ON k.id = s.contract_id"
    )


def _this_month() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _copied(start: datetime, end: datetime, samples: Sequence[int]) -> None:
    """A month of every contract, as drafts: the sample of its number, with its lines and credit."""
    chosen = {
        "public_id": "'st_' || md5(k.id || %(month)s)",
        "contract_id": "k.id",
        "month": "%(month)s",
        "period_label": "%(label)s",
        "period_start": "%(start)s",
        "period_end": "%(end)s",
        "drafted_at": "%(end)s",
        "due_at": "%(end)s::timestamptz + interval '5 days'",
        "digest": "md5(k.id || %(month)s) || md5('')",
    }
    given = {
        "month": f"{start:%Y-%m}",
        "label": f"{start:%B %Y}",
        "start": start,
        "end": end,
        "samples": list(samples),
    }
    sql(
        f"INSERT INTO reports_statement ({_columns(Statement)}) SELECT {_columns(Statement, chosen, 't')}"
        " FROM accounts_contract k JOIN reports_statement t"
        " ON t.id = (%(samples)s::int[])[1 + k.id %% cardinality(%(samples)s::int[])]"
        " ON CONFLICT DO NOTHING",
        given,
    )
    for model in (StatementLine, ServiceCredit):
        sql(
            f"INSERT INTO {model._meta.db_table} ({_columns(model)}) SELECT {_columns(model, {'statement_id': 's.id'}, 'x')}"
            f" FROM reports_statement s JOIN {model._meta.db_table} x ON x.statement_id ="
            " (%(samples)s::int[])[1 + s.contract_id %% cardinality(%(samples)s::int[])]"
            " WHERE s.month = %(month)s AND NOT s.id = ANY(%(samples)s)",
            given,
        )


def _columns(model: Any, chosen: dict[str, str] | None = None, source: str = "") -> str:
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    prefix = f"{source}." if source else ""
    return ", ".join((chosen or {}).get(name, f"{prefix}{name}") for name in names)


def sql(statement: str, given: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def pages() -> dict[str, str]:
    last = f"{months()[-1]:%Y-%m}"
    issued = Statement.objects.filter(state="issued").latest("pk")
    manager = User.objects.filter(groups__name=ACCOUNT_MANAGER).earliest("pk")
    statements, credits = "/admin/reports/statement/", "/admin/reports/servicecredit/"
    return {
        "index of the admin": "/admin/",
        "month at a glance": "/admin/reports/monthataglance/",
        "statements": statements,
        "statements, page 500": f"{statements}?p=500",
        "statements of a month": f"{statements}?month={last}",
        "statements due for review": f"{statements}?status=due",
        "statements missed, in euros": f"{statements}?met__exact=0&currency=EUR",
        "statements by amount": f"{statements}?o=-6",
        "statements by customer": f"{statements}?o=2",
        "statements, a customer searched": f"{statements}?q=Customer+77",
        "statements, a contract searched": f"{statements}?q=C-000123",
        "statements, a number searched": f"{statements}?q={issued.number}",
        "statements, nothing found": f"{statements}?q=nobody",
        "review queue": credits,
        "every credit": f"{credits}?state=all",
        "credits of a month": f"{credits}?state=all&month={last}",
        "credits over 1,000": f"{credits}?state=all&over=1000",
        "credits of an account manager": f"{credits}?state=all&manager={manager.pk}",
        "credits, a customer searched": f"{credits}?state=all&q=Customer+77",
        "credits by amount": f"{credits}?state=all&o=-8",
        "postings": "/admin/reports/posting/",
        "blocks": "/admin/reports/closingblock/",
        "contracts": "/admin/accounts/contract/",
        "customers": "/admin/accounts/customer/",
        "a statement": f"{statements}{issued.pk}/change/",
        "history": "/admin/history/entry/",
    }


def measured(client: Client, address: str) -> tuple[float, float, int, int]:
    """Milliseconds at the median, milliseconds of computing (Python's and the database's), the status, how many queries."""
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
    asked, taken, before = len(queries), [], _computing()
    for _ in range(TIMES):
        begin = time.perf_counter()
        client.get(address)
        taken.append(time.perf_counter() - begin)
    return median(taken) * 1000, (_computing() - before) * 1000 / TIMES, status, asked


def _computing() -> float:
    """Seconds of processor time that this process and its database connection have taken; what waits for others is not in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    there = stat.exists() and connection.settings_dict["HOST"] in ("", "127.0.0.1", "localhost")
    ticks = sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if there else 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str]) -> None:
    keep = "--keep" in arguments
    statements = next((int(one) for one in arguments if one.isdigit()), 100_000)
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        begin = time.perf_counter()
        if not Statement.objects.exists():
            sql("SET statement_timeout = 0")
            with TRIGGERS_OFF["postgresql"]():
                fill(statements)
            sql("VACUUM ANALYZE")
            print(f"filled in {time.perf_counter() - begin:.0f} s")
        print(f"{Statement.objects.count():,} statements, {ServiceCredit.objects.count():,} credits")
        begin = time.perf_counter()
        found = exposure.reckon(now=datetime.now(UTC))
        print(
            f"running periods reckoned for {found.contracts:,} contracts in {time.perf_counter() - begin:.1f} s"
        )
        client = Client()
        finance = User.objects.filter(groups__name=FINANCE_APPROVER).first()
        client.force_login(finance or a_person(FINANCE_CLERK, FINANCE_APPROVER))
        for name, address in pages().items():
            taken, computing, status, queries = measured(client, address)
            remarks = [f"status {status}"] if status != 200 else []
            remarks += ["TOO SLOW"] if taken > AIM else []
            print(
                f"{taken:7.0f} ms  {computing:5.0f} ms computing  {queries:3} queries  {'  '.join((name, *remarks))}",
                flush=True,
            )
    finally:
        if not keep:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1:])
