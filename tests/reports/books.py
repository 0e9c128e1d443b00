"""Random histories of money: facts, closes, decisions, claims, corrections, restatements, in any order that people may choose.

A machine plays everybody at once over four contracts that differ in what matters: a cap over the year, a claim in time, a
correction that takes back, a currency without minor unit. What is refused is refused; whatever was done, after each step the
books must be in order. The checks work out by themselves, from rows and frozen documents, what must be there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts.models import Contract
from reports import closing, following, operations
from reports.models import Claim, Journal, NumberSeries, Posting, ServiceCredit, Statement
from reports.queries import issuable_by_themselves
from slaservice.history.sealing import seal
from slaservice.outages import operations as outages
from slaservice.outages.models import OutageWindow
from slaservice.rules.assessment import assess
from slaservice.rules.documents import digest, parse_case, result_json
from slaservice.rules.money import minor_units
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_component, a_contract, a_person, a_promise, a_tier, an_agreement

MONTHS = ("2026-04", "2026-05", "2026-06")
CAP_OF_THE_YEAR = 30_000
"""In cents: less than two bad months of that contract."""

STANDS = {
    "claimable": "accrued",
    "proposed": "accrued",
    "adjusted": "accrued",
    "approved": "payable",
    "applied": "applied",
    "expired": "expired",
}
HELD = ("accrued", "payable", "applied", "expired")


def month_of(number: int) -> tuple[datetime, datetime]:
    """April 2026 is 0."""
    return datetime(2026, 4 + number, 1, tzinfo=UTC), datetime(2026, 5 + number, 1, tzinfo=UTC)


picked = st.integers(0, 10_000)
"""Which of what there is: by the remainder."""


class Books(RuleBasedStateMachine):
    """Everybody's deeds; `done` counts those that went through, so that a run can be seen to have lived."""

    done: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.now = datetime(2026, 6, 2, 6, tzinfo=UTC)
        self.changed = True
        self.component, self.tier = a_component("api"), a_tier("enterprise")
        self.clerks = [a_person(FINANCE_CLERK), a_person(FINANCE_CLERK)]
        self.approvers = [a_person(FINANCE_APPROVER), a_person(FINANCE_APPROVER)]
        self.both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
        year: dict[str, Any] = {
            "cap": {"kind": "amount", "value": str(CAP_OF_THE_YEAR // 100), "per": "contract_year"}
        }
        claim: dict[str, Any] = {
            "claim": {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}
        }
        self.capped = self.contract(**year)
        self.contract(**claim)
        self.taking_back = self.contract(clawback="next_period")
        self.contract(currency="JPY", fee="125000")
        self.frozen: dict[int, tuple[str, str, str | None]] = {}

    def contract(
        self, *, currency: str = "EUR", fee: str = "1250.00", clawback: str = "never", **terms: Any
    ) -> Contract:
        promise = a_promise(terms={**TERMS, **terms}, fee=fee)
        agreement = an_agreement(timezone="UTC", currency=currency, promises=[promise], clawback=clawback)
        return a_contract(agreement=agreement, starts_on=date(2026, 4, 1))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def attempt(self, deed: str, run: Callable[[], Any]) -> None:
        """What people try; a refusal is an answer too, and leaves nothing behind."""
        try:
            with transaction.atomic():
                run()
        except Refusal as refusal:
            self.done[f"{deed}: {refusal.code}"] += 1
        else:
            self.done[deed] += 1
            self.changed = True

    def one(self, rows: QuerySet[Any], which: int) -> Any:
        return rows[which % len(rows)] if len(rows) else None

    @initialize()
    def april_was_bad_and_is_decided(self) -> None:
        """Every history begins with something to lose."""
        self.an_outage_is_confirmed(month=0, day=9, hours=9)
        self.finance_works_off_a_month(month=MONTHS[0], who=0)

    # time and facts

    @rule(days=st.sampled_from([0, 1, 1, 5, 20]))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=1)

    @rule(month=st.integers(0, 2), day=st.integers(0, 27), hours=st.sampled_from([1, 5, 9, 40]))
    def an_outage_is_confirmed(self, month: int, day: int, hours: int) -> None:
        start = month_of(month)[0] + timedelta(days=day)
        if start + timedelta(hours=hours) > self.now:
            return

        def record() -> None:
            window = outages.propose_outage(
                component=self.component,
                tiers=[self.tier],
                start=start,
                end=start + timedelta(hours=hours),
                severity="major_outage",
                basis="operator",
                by=None,
                now=self.now,
            )
            outages.confirm(window=window, by=None, now=self.now)

        self.attempt("record", record)

    @rule(which=picked, hours=st.sampled_from([None, 1, 3, 30]))
    def an_outage_is_corrected_or_withdrawn(self, which: int, hours: int | None) -> None:
        window = self.one(OutageWindow.objects.filter(state="confirmed").order_by("pk"), which)
        if window is None:
            return
        if hours is None:
            self.attempt(
                "withdraw", lambda: outages.withdraw(window=window, by=None, now=self.now, reason="None.")
            )
            return
        end = window.start + timedelta(hours=hours)
        self.attempt(
            "correct",
            lambda: outages.correct(
                window=window, by=None, now=self.now, reason="It was otherwise.", end=end
            ),
        )

    # statements

    @rule(month=st.sampled_from(MONTHS))
    def a_month_is_closed(self, month: str) -> None:
        self.attempt("close", lambda: closing.close(month=month, now=self.now))

    @rule()
    def what_changed_is_followed(self) -> None:
        seal(now=self.now)
        self.attempt("follow", lambda: following.catch_up(now=self.now))

    @rule(which=picked, clerk=st.integers(0, 1))
    def a_draft_is_issued(self, which: int, clerk: int) -> None:
        draft = self.one(Statement.objects.filter(state="draft").order_by("pk"), which)
        if draft is not None:
            self.attempt(
                "issue", lambda: operations.issue(statement=draft, by=self.clerks[clerk], now=self.now)
            )

    @rule(month=st.sampled_from(MONTHS), who=st.integers(0, 1))
    def finance_works_off_a_month(self, month: str, who: int) -> None:
        self.a_month_is_closed(month)
        for credit in ServiceCredit.objects.filter(
            statement__month=month, state__in=("proposed", "adjusted")
        ):
            self.attempt(
                "approve", partial(operations.approve, credit=credit, by=self.approvers[who], now=self.now)
            )
        for draft in Statement.objects.filter(month=month, state="draft"):
            self.attempt(
                "issue", partial(operations.issue, statement=draft, by=self.clerks[who], now=self.now)
            )

    @rule()
    def what_may_issues_itself(self) -> None:
        due = [row.pk for row in issuable_by_themselves(self.now)]
        self.attempt("issue by itself", lambda: operations.issue_by_themselves(statements=due, now=self.now))

    # credits

    def credit(self, which: int, *states: str) -> ServiceCredit | None:
        return self.one(ServiceCredit.objects.filter(state__in=states).order_by("pk"), which)

    @rule(which=picked, who=st.integers(0, 2), part=st.sampled_from(["0", "1/2", "9/10", "3/2"]))
    def a_credit_is_adjusted(self, which: int, who: int, part: str) -> None:
        credit = self.credit(which, "proposed", "adjusted")
        if credit is None:
            return
        scale = 10 ** minor_units(credit.currency)
        amount = int(credit.computed_minor * Fraction(part))
        text = (
            f"{'-' if amount < 0 else ''}{abs(amount) // scale}.{abs(amount) % scale:02}"
            if scale > 1
            else str(amount)
        )
        by = [*self.clerks, self.both][who]
        self.attempt(
            "adjust",
            lambda: operations.adjust(credit=credit, amount=text, reason="Agreed.", by=by, now=self.now),
        )

    @rule(which=picked, who=st.integers(0, 2), yes=st.integers(0, 4))
    def a_credit_is_decided(self, which: int, who: int, yes: int) -> None:
        credit = self.credit(which, "proposed", "adjusted")
        by: User = [*self.approvers, self.both][who]
        if credit is None:
            return
        if yes:
            self.attempt("approve", lambda: operations.approve(credit=credit, by=by, now=self.now))
        else:
            self.attempt(
                "reject", lambda: operations.reject(credit=credit, reason="No.", by=by, now=self.now)
            )

    @rule(which=picked, paid=st.booleans())
    def a_credit_is_settled(self, which: int, paid: bool) -> None:
        credit = self.credit(which, "approved")
        if credit is None:
            return
        by = self.clerks[0]
        if paid:
            self.attempt(
                "apply",
                lambda: operations.apply(credit=credit, billing_reference="INV-1", by=by, now=self.now),
            )
        else:
            self.attempt(
                "expire", lambda: operations.expire(credit=credit, reason="Left.", by=by, now=self.now)
            )

    @rule(which=picked)
    def a_claim_is_filed(self, which: int) -> None:
        credit = self.credit(which, "claimable")
        if credit is not None:
            self.attempt(
                "claim",
                lambda: operations.file_claim(
                    credit=credit,
                    claimant="Jane Roe",
                    text="We were down.",
                    received_at=self.now,
                    by=self.clerks[0],
                    now=self.now,
                ),
            )

    @rule(which=picked, answer=st.sampled_from(["all", "half", "none"]))
    def a_claim_is_answered(self, which: int, answer: str) -> None:
        claim = self.one(Claim.objects.filter(state="filed").order_by("pk"), which)
        if claim is None:
            return
        by = self.clerks[1]
        if answer == "none":
            self.attempt(
                "reject claim",
                lambda: operations.reject_claim(claim=claim, reason="No.", by=by, now=self.now),
            )
            return
        amount = None if answer == "all" else f"{claim.credit.computed_minor // 200}.00"
        self.attempt(
            f"accept {answer} of a claim",
            lambda: operations.accept_claim(claim=claim, amount=amount, reason="Yes.", by=by, now=self.now),
        )

    @rule()
    def what_nobody_claimed_lapses(self) -> None:
        self.attempt("lapse", lambda: operations.lapse_due(now=self.now))

    @rule()
    def a_journal_is_made(self) -> None:
        self.attempt("journal", lambda: operations.make_journal(by=self.clerks[0], now=self.now))

    # the books

    @invariant()
    def everything_is_in_order(self) -> None:
        """Looked at after each step that did anything."""
        if self.changed:
            self.changed = False
            for check in self.CHECKS:
                check(self)

    def issued_statements_never_change(self) -> None:
        for row in Statement.objects.filter(state="issued"):
            now = (row.body, row.digest, row.number)
            if row.pk not in self.frozen:
                assert digest(row.document) == row.digest
                for case in row.document["cases"]:
                    assert result_json(assess(parse_case(case))) == case["expected"]
            assert self.frozen.setdefault(row.pk, now) == now
        assert set(self.frozen) == set(Statement.objects.filter(state="issued").values_list("pk", flat=True))

    def numbers_follow_each_other(self) -> None:
        numbers = sorted(str(row.number) for row in Statement.objects.filter(state="issued"))
        assert [int(number[-5:]) for number in numbers] == list(range(1, len(numbers) + 1))
        assert NumberSeries.objects.filter(series="SLA-2026").values_list("last", flat=True).first() in (
            None if not numbers else len(numbers),
            len(numbers),
        )

    def a_period_has_its_revisions_in_a_row_and_one_draft_at_most(self) -> None:
        by_period: dict[tuple[int, datetime], list[Statement]] = defaultdict(list)
        for row in Statement.objects.order_by("revision"):
            by_period[row.contract_id, row.period_start].append(row)
        for rows in by_period.values():
            assert [row.revision for row in rows] == list(range(1, len(rows) + 1))
            assert [row.supersedes_id for row in rows] == [None, *(row.pk for row in rows[:-1])]
            assert all(row.state == "issued" for row in rows[:-1])

    def lines_add_up_to_totals(self) -> None:
        for row in Statement.objects.prefetch_related("lines"):
            assert sum(line.credit_minor for line in row.lines.all()) == row.credit_minor

    def a_restatement_carries_what_became_of_the_figures(self) -> None:
        """Adjustments are what was computed anew less what was issued; to grant is what is owed less what was granted."""
        for row in Statement.objects.filter(revision__gte=2).select_related("supersedes", "contract"):
            self.check_difference(row)

    def check_difference(self, row: Statement) -> None:
        assert row.supersedes is not None
        now, then, said = row.document, row.supersedes.document, row.document["difference"]
        assert said["of"] == row.supersedes.number
        for side, document in (("before", then), ("after", now)):
            figures = {case["id"]: case["expected"] for case in document["cases"]}
            assert {one["id"] for one in said["cases"] if one[side]} == set(figures)
            for one in said["cases"]:
                assert all(figures[one["id"]][name] == figure for name, figure in (one[side] or {}).items())
            assert said[f"owed_{side}"] == document["total"]["credit_amount"]
        more = Fraction(said["owed_after"]) - Fraction(said["granted"])
        if row.contract_id != self.taking_back.pk:
            more = max(Fraction(0), more)
        assert Fraction(said["to_grant"]) == more
        credit = ServiceCredit.objects.filter(statement=row).first()
        computed = Fraction(credit.computed_minor if credit else 0, 10 ** minor_units(row.currency))
        # What says nothing new is never issued, and nobody decides on it.
        assert computed == (0 if row.content_digest == row.supersedes.content_digest else more)

    def the_postings_of_a_statement_say_what_its_credit_says(self) -> None:
        held: dict[int, Counter[str]] = defaultdict(Counter)
        for one in Posting.objects.all():
            held[one.statement_id][one.credit_account] += one.amount_minor
            held[one.statement_id][one.debit_account] -= one.amount_minor
        credits = {credit.statement_id: credit for credit in ServiceCredit.objects.all()}
        for statement in set(held) | set(credits):
            balance = held[statement]
            assert sum(balance.values()) == 0
            credit = credits.get(statement)
            stands = {STANDS[credit.state]: credit.amount_minor} if credit and credit.state in STANDS else {}
            assert {name: balance[name] for name in HELD if balance[name]} == {
                name: minor for name, minor in stands.items() if minor
            }

    def no_cap_is_overdrawn(self) -> None:
        granted = sum(
            credit.granted_minor for credit in ServiceCredit.objects.filter(statement__contract=self.capped)
        )
        assert 0 <= granted <= CAP_OF_THE_YEAR

    def nobody_is_granted_less_than_nothing(self) -> None:
        for rows in self.chains().values():
            granted = [credit.granted_minor for credit in rows]
            assert all(sum(granted[: count + 1]) >= 0 for count in range(len(granted)))

    def chains(self) -> dict[tuple[int, datetime], list[ServiceCredit]]:
        found: dict[tuple[int, datetime], list[ServiceCredit]] = defaultdict(list)
        for credit in ServiceCredit.objects.select_related("statement").order_by("statement__revision"):
            found[credit.statement.contract_id, credit.statement.period_start].append(credit)
        return found

    def nobody_decides_on_their_own_change(self) -> None:
        for credit in ServiceCredit.objects.filter(adjusted_by__isnull=False, decided_by__isnull=False):
            assert credit.adjusted_by_id != credit.decided_by_id
        for claim in Claim.objects.exclude(state="filed"):
            assert claim.filed_by_id != claim.decided_by_id

    def what_is_exported_is_exported_once(self) -> None:
        rows = list(Journal.objects.values_list("rows__posting", flat=True))
        assert len(rows) == len(set(rows))
        assert sum(Journal.objects.values_list("postings", flat=True)) == len(rows)

    CHECKS = (
        issued_statements_never_change,
        numbers_follow_each_other,
        a_period_has_its_revisions_in_a_row_and_one_draft_at_most,
        lines_add_up_to_totals,
        a_restatement_carries_what_became_of_the_figures,
        the_postings_of_a_statement_say_what_its_credit_says,
        no_cap_is_overdrawn,
        nobody_is_granted_less_than_nothing,
        nobody_decides_on_their_own_change,
        what_is_exported_is_exported_once,
    )
