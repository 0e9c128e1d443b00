"""What `explain` says of worked cases, to the letter, in explained.txt: somebody with a pocket calculator comes to the amount."""

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case
from slaservice.rules.explanation import explain
from tests.rules.golden import same_as
from tests.rules.samples import Json, changed
from tests.rules.test_oracle_on_public_cases import cases_of

EXPLAINED = {
    "b03": "a table, a cap that is not reached",
    "b13": "a hole in the table: nothing is due, and it is remarked",
    "b16": "the uptime is rounded before it is judged",
    "w10": "the month is not over",
    "f02": "most of the cap is used up by earlier credits",
    "i01": "too little to be issued: carried",
    "i02": "what was carried lifts it over the minimum",
    "i03": "not enough to be issued: forfeited",
    "n05": "maintenance that is excluded, and some that was announced too late",
    "m08": "maintenance beyond the allowance",
    "d29": "a minimum, and what exceeds it",
    "s04": "a loss of 30 %",
    "c02": "two components that must both be down",
    "c03": "the worst of two components",
    "g06": "the mean, one component left out",
    "c05": "pooled",
    "a02": "nothing is eligible",
    "p03": "days of service; a meter",
    "w45": "microseconds",
}
"""The worked cases that are explained, and what there is to see."""


def worked() -> dict[str, Json]:
    """Every worked case, with a clause number of a contract."""
    numbers = {"commitment_percent": "2.1", "cap": "7.3 (b)"}
    cases = [*cases_of("cases_public.json"), *cases_of("cases_own.json")]
    return {case["id"]: changed(case, {"terms.clauses": numbers}) for case in cases}


def test_worked_cases_are_explained_to_the_letter_as_in_the_file() -> None:
    cases = worked()
    pages = [
        f"# {name}: {what}\n\n{explain(assess(parse_case(cases[name])))}" for name, what in EXPLAINED.items()
    ]
    same_as("explained.txt", "\n\n".join(pages) + "\n")
