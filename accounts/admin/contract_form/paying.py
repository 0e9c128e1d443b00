"""The form over terms, second half: what a miss costs, how it is claimed, when the customer may leave."""

from accounts.admin.contract_form.kinds import CHOICE, EXACT, FLAG, LONG_TEXT, PERCENT, TEXT, WHOLE, Choices
from accounts.admin.contract_form.layout import ROUNDINGS, Field, Group, Rows

_DEADLINE_UNITS: Choices = (
    ("", "–"),
    ("hours", "hours"),
    ("days", "calendar days"),
    ("business_days", "business days"),
    ("months", "months"),
    ("billing_cycles", "billing cycles"),
)
_ANCHORS: Choices = (
    ("", "–"),
    ("incident_start", "the start of the incident"),
    ("incident_end", "the end of the incident"),
    ("awareness", "the customer became aware of it"),
    ("period_end", "the end of the period"),
)


def _deadline(path: str, label: str, paper: str) -> tuple[Field, Field, Field]:
    return (
        Field(f"{path}.n", label, WHOLE, "How many; empty: no such deadline.", paper),
        Field(f"{path}.unit", "of these", CHOICE, choices=_DEADLINE_UNITS, joined=True),
        Field(f"{path}.anchor", "counted from", CHOICE, choices=_ANCHORS, joined=True),
    )


CREDIT = Group(
    "Credit",
    (
        Field(
            "credit.gate.kind",
            "A credit is due",
            CHOICE,
            choices=(
                ("below_commitment", "for a missed period"),
                ("always", "whenever a rule gives one"),
                ("consecutive_failures", "after several misses in a row"),
            ),
            default="below_commitment",
        ),
        Field("credit.gate.count", "how many in a row", WHOLE, "Only for several in a row.", joined=True),
        Field(
            "credit.unit",
            "Credits are given in",
            CHOICE,
            paper="“three days of Service added”",
            choices=(("percent", "percent of the base"), ("days", "days of service")),
            default="percent",
        ),
        Field(
            "credit.day_value",
            "a day is worth",
            CHOICE,
            choices=(
                ("", "not said"),
                ("base/period_days", "base ÷ days of the period"),
                ("base/30", "base ÷ 30"),
            ),
            joined=True,
        ),
        Field(
            "credit.combine",
            "Of several rules",
            CHOICE,
            paper="“the greater of …”",
            choices=(("max", "the highest counts"), ("sum", "all are added up")),
            default="max",
        ),
    ),
    "The rules themselves stand below.",
)

MONEY = Group(
    "Base, cap and rounding",
    (
        Field(
            "cap.kind",
            "At most",
            CHOICE,
            "Of all credits of this commitment together.",
            "“shall not exceed 50 % of the monthly fee”",
            (
                ("", "no cap"),
                ("percent_of_base", "percent of the base"),
                ("days", "days of service"),
                ("amount", "an amount of money"),
            ),
        ),
        Field(
            "cap.value", "that is", EXACT, "Percent, days, or money in the contract’s currency.", joined=True
        ),
        Field(
            "cap.per",
            "for",
            CHOICE,
            choices=(
                ("period", "each period"),
                ("contract_year", "a contract year"),
                ("contract", "the whole contract"),
                ("run", "each outage"),
            ),
            default="period",
            joined=True,
        ),
        Field(
            "base.prorate",
            "The base is the fee of the period",
            CHOICE,
            choices=(
                ("none", "in full"),
                ("lived_seconds", "for the seconds in term"),
                ("lived_days", "for the calendar days in term"),
            ),
            default="none",
        ),
        Field(
            "base.affected_user_share",
            "for the users",
            FLAG,
            paper="“multiplied by the Affected Customer Ratio”",
            choices=(("no", "all of them"), ("yes", "only the share that was affected")),
            default="no",
            joined=True,
        ),
        Field(
            "minimum_issue.amount",
            "Smallest credit",
            EXACT,
            "Empty: every credit is issued.",
            "“only if the credit is greater than one dollar”",
        ),
        Field(
            "minimum_issue.op",
            "issued if it is",
            CHOICE,
            choices=(("", "–"), (">=", "at least that"), (">", "more than that")),
            joined=True,
        ),
        Field(
            "minimum_issue.below",
            "else it is",
            CHOICE,
            choices=(("forfeit", "forfeited"), ("carry", "carried into the next period")),
            default="forfeit",
            joined=True,
        ),
        Field("money.rounding", "Amounts are rounded", CHOICE, choices=ROUNDINGS, default="half_up"),
        Field("money.decimals", "to decimals", WHOLE, "Empty: the currency’s own.", joined=True),
    ),
)

CLAIMS = Group(
    "Claim and deadlines",
    (
        Field(
            "claim.by",
            "A credit is given",
            CHOICE,
            paper="“Customer must request the credit within 30 days”",
            choices=(("automatic", "by itself"), ("customer", "only if the customer claims it")),
            default="automatic",
        ),
        *_deadline("claim.deadline", "Claim within", "“within 30 days of the end of the month”"),
        *_deadline("claim.notice", "Report the incident within", "“notify us within 24 hours”"),
        Field("claim.evidence", "The claim must come with", LONG_TEXT, paper="“request logs that …”"),
    ),
    rare=True,
)

EXITS = Group(
    "Exit rights",
    (
        Rows(
            "terminate",
            (
                Field("below", "Uptime below", PERCENT),
                Field("n", "in periods", WHOLE, default="1"),
                Field("m", "of any", WHOLE, default="1"),
                Field(
                    "consecutive",
                    "these",
                    FLAG,
                    choices=(("no", "in any order"), ("yes", "one directly after the other")),
                    default="no",
                ),
            ),
            "Add an exit right",
            "When the customer may end the contract.",
            "“below 99 % in two of six months”",
        ),
    ),
    rare=True,
)

CLAUSES = Group(
    "Clause numbers of the paper",
    (
        Rows(
            "clauses",
            (Field("field", "What it says", TEXT), Field("number", "Clause", TEXT, joined=True)),
            "Add a clause number",
            "Printed on statements beside what each clause says; no effect on any figure.",
            "“7.1(a)”",
            key="field",
        ),
    ),
    rare=True,
)

CLAUSE_PATHS = (
    "commitment_percent",
    "components.combine",
    "signal.source",
    "signal.severity_weight",
    "signal.affected_share",
    "signal.requests",
    "shape.quantum_rule",
    "shape.min_run",
    "exclude.categories",
    "exclude.effect",
    "exclude.notice_seconds",
    "exclude.allowance_seconds",
    "no_data",
    "service_hours",
    "partial_period",
    "provisional",
    "uptime_rounding",
    "credit.gate",
    "credit.rules",
    "credit.rules[0]",
    "credit.rules[1]",
    "credit.combine",
    "credit.day_value",
    "base",
    "cap",
    "minimum_issue",
    "money",
    "claim",
    "claim.notice",
    "claim.deadline",
    "claim.evidence",
    "terminate[0]",
)
"""What a clause can speak of, by the paths that the wording uses: suggestions, not limits."""
