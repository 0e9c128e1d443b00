"""The whole form over terms, in the order in which a reader of contracts thinks; the rules of the credit stand between.

A field's `path` is that of the terms document; its `default` is the text of the terms' own default.
"""

from accounts.admin.contract_form.layout import Field, Rows
from accounts.admin.contract_form.measuring import DOWN, EXCLUSIONS, HOURS_OF_SERVICE, SHAPE, TARGET, TIME
from accounts.admin.contract_form.paying import CLAIMS, CLAUSES, CREDIT, EXITS, MONEY

BEFORE_RULES = (TARGET, DOWN, SHAPE, EXCLUSIONS, TIME, HOURS_OF_SERVICE, CREDIT)
AFTER_RULES = (MONEY, CLAIMS, EXITS, CLAUSES)
GROUPS = (*BEFORE_RULES, *AFTER_RULES)
FIELDS = tuple(part for group in GROUPS for part in group.parts if isinstance(part, Field))
LISTS = tuple(part for group in GROUPS for part in group.parts if isinstance(part, Rows))

OPTIONAL = (
    "shape.min_run",
    "service_hours",
    "uptime_rounding",
    "cap",
    "minimum_issue",
    "claim.notice",
    "claim.deadline",
)
"""Parts that terms may do without: they are there as soon as one of their fields says something else than it does by itself."""
