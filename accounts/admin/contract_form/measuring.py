"""The form over terms, first half: what is promised and how downtime is measured. Each field with the wording it stands for."""

from accounts.admin.contract_form.kinds import (
    CHOICE,
    DAYS,
    DURATION,
    HOURS,
    PERCENT,
    SHARE,
    TEXT,
    WHOLE,
    WHOLE_CHOICE,
    Choices,
)
from accounts.admin.contract_form.layout import ROUNDINGS, Field, Group, Rows
from slaservice.rules.periods import WEEKDAYS

MORE_OR_LEAST: Choices = ((">", "more than"), (">=", "at least"))

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


TARGET = Group(
    "Target",
    (
        Field(
            "commitment_percent",
            "Promised uptime",
            PERCENT,
            "Of the eligible time of each period. Exactly this much is enough.",
            "“a Monthly Uptime Percentage of at least 99.9 %”",
        ),
        Field(
            "components.combine",
            "Several components count as",
            CHOICE,
            "Needed as soon as more than one component is covered: these are five different results.",
            "“unavailable when all running instances have no connectivity”",
            (
                ("", "one component only"),
                ("any_down", "down as soon as any is down"),
                ("all_down", "down only while all are down"),
                ("min", "each by itself: the lowest uptime"),
                ("mean", "each by itself: the mean of the uptimes"),
                ("pooled", "one pool: downtimes and eligible times added up"),
            ),
        ),
    ),
)

DOWN = Group(
    "What counts as down",
    (
        Field(
            "signal.source",
            "Measured by",
            CHOICE,
            "Where both speak, the higher loss counts.",
            "“Error Rate” (requests), “Downtime” (outages)",
            (
                ("both", "recorded outages and failed requests"),
                ("windows", "recorded outages"),
                ("requests", "failed requests"),
            ),
            "both",
        ),
        Rows(
            "signal.severity_weight",
            (
                Field("severity", "Severity", TEXT),
                Field("weight", "counts for", SHARE),
            ),
            "Add a severity",
            "100 % is lost in full, 0 % not at all. A severity that is not listed here is refused by name.",
            "“Degraded performance is not Downtime”",
            key="severity",
            first=("major_outage", "partial_outage", "degraded_performance"),
        ),
        Field(
            "signal.affected_share.mode",
            "If not all users were affected",
            CHOICE,
            "What the share of affected users does to an outage.",
            "“affecting more than 5 % of users”",
            (
                ("ignore", "counts all the same"),
                ("weight", "counts by that share"),
                ("threshold", "counts above a share"),
            ),
            "ignore",
        ),
        Field(
            "signal.affected_share.op",
            "and the share must be",
            CHOICE,
            choices=MORE_OR_LEAST,
            default=">",
            joined=True,
        ),
        Field(
            "signal.affected_share.above",
            "this share of users",
            SHARE,
            "Only for a share that decides.",
            joined=True,
        ),
        Field(
            "signal.requests.mode",
            "If requests failed",
            CHOICE,
            "The interval length comes with the measurements.",
            "“5-minute intervals with an Error Rate above 1 %”",
            (
                ("rate", "lost by the error rate"),
                ("threshold", "lost in full above a rate"),
            ),
            "rate",
        ),
        Field(
            "signal.requests.op",
            "and the rate must be",
            CHOICE,
            choices=MORE_OR_LEAST,
            default=">",
            joined=True,
        ),
        Field(
            "signal.requests.above", "this error rate", SHARE, "Only for a rate that decides.", joined=True
        ),
    ),
)

SHAPE = Group(
    "Shortest outage and grid",
    (
        Field(
            "shape.min_run.seconds",
            "An outage counts from",
            DURATION,
            "Empty: every outage counts, however short.",
            "“a period of at least five consecutive minutes”",
        ),
        Field(
            "shape.min_run.op",
            "if it lasts",
            CHOICE,
            "“at least” takes an outage of exactly that length, “more than” does not.",
            choices=(("", "–"), (">=", "at least that"), (">", "more than that")),
            joined=True,
        ),
        Field(
            "shape.min_run.test_on",
            "tested on",
            CHOICE,
            "Needed where there is a shortest outage.",
            "“consecutive minutes of Downtime” is what is left after exclusions",
            (
                ("", "–"),
                ("window", "each recorded outage by itself"),
                ("merged", "outages that touch, merged"),
                ("net", "what is left after exclusions"),
            ),
            joined=True,
        ),
        Field(
            "shape.min_run.straddle",
            "across the period’s edge",
            CHOICE,
            choices=(("whole_run", "tested as a whole"), ("clipped", "tested inside only")),
            default="whole_run",
            joined=True,
        ),
        Field(
            "shape.min_run.counts",
            "and then counts",
            CHOICE,
            paper="“time beyond the first ten minutes”",
            choices=(("whole", "in full"), ("excess", "only the time beyond")),
            default="whole",
            joined=True,
        ),
        Field(
            "shape.quantum_seconds",
            "Time is counted",
            WHOLE_CHOICE,
            "A grid by the clock in UTC.",
            "“a minute is unavailable if …”",
            (
                ("1", "exactly"),
                ("60", "in whole minutes"),
                ("300", "in intervals of 5 minutes"),
                ("3600", "in whole hours"),
            ),
            "1",
        ),
        Field(
            "shape.quantum_rule",
            "an interval is lost",
            CHOICE,
            choices=(("any", "if any part of it is"), ("all", "only if all of it is")),
            default="any",
            joined=True,
        ),
    ),
    rare=True,
)

EXCLUSIONS = Group(
    "Exclusions",
    (
        Field(
            "exclude.categories",
            "Not downtime",
            CHOICE,
            "With “only these”, tick which.",
            "“excluding Scheduled Maintenance and Force Majeure”",
            (("", "everything that is recorded as excluded"), ("only", "only these:")),
        ),
        Field(
            "exclude.effect",
            "Excluded time",
            CHOICE,
            "Whether it stays in the denominator can flip a verdict at the boundary.",
            "“total minutes less excluded minutes”",
            (("not_downtime", "stays eligible time"), ("remove", "leaves the eligible time")),
            "not_downtime",
        ),
        Field(
            "exclude.allowance_seconds",
            "Maintenance allowance",
            DURATION,
            "Scheduled maintenance beyond this much of a period counts. Empty: no limit.",
            "“up to four hours of maintenance a month”",
        ),
        Field(
            "exclude.notice_seconds",
            "Notice of maintenance",
            DURATION,
            "Maintenance announced later than this before its start counts. Empty: no notice needed.",
            "“with at least 48 hours’ notice”",
        ),
    ),
    rare=True,
)

TIME = Group(
    "Missing data, part periods",
    (
        Field(
            "no_data",
            "A gap in the measurement counts as",
            CHOICE,
            choices=(("as_up", "up"), ("as_down", "down"), ("remove", "no eligible time")),
            default="as_up",
        ),
        Field(
            "partial_period",
            "If the contract starts or ends within a period",
            CHOICE,
            choices=(
                ("lived", "the part in term is measured"),
                ("whole", "the rest of the period counts as up"),
            ),
            default="lived",
        ),
        Field(
            "provisional",
            "Before the period has ended",
            CHOICE,
            "For live figures only.",
            choices=(("elapsed", "only the time that has passed counts"), ("whole", "time to come is up")),
            default="elapsed",
        ),
        Field(
            "uptime_rounding.decimals",
            "Round the uptime to decimals",
            WHOLE,
            "Empty: judged exactly, which is what a contract that is silent means.",
            "“rounded to the nearest tenth of a percent”",
        ),
        Field("uptime_rounding.mode", "rounded", CHOICE, choices=(("", "–"), *ROUNDINGS), joined=True),
    ),
    rare=True,
)

HOURS_OF_SERVICE = Group(
    "Service hours",
    (
        Field(
            "service_hours.timezone",
            "By the clock of",
            TEXT,
            "An IANA name such as Europe/Berlin. All of this empty: around the clock.",
            "“Monday to Friday, 8 a.m. to 6 p.m. local time”",
        ),
        *(
            Field(f"service_hours.weekly.{day}", name, HOURS, joined=True)
            for day, name in zip(WEEKDAYS, _DAY_NAMES, strict=True)
        ),
        Field(
            "service_hours.exceptions",
            "Other days",
            DAYS,
            "One a line, in place of that day’s hours: “2026-12-25 closed” or “2026-12-24 08:00-12:00”.",
        ),
    ),
    "Hours such as “08:00-12:00, 13:00-18:00”, to 24:00 at most; an empty weekday is closed.",
    rare=True,
)
