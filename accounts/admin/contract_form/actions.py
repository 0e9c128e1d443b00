"""Buttons of the form that sign nothing: a row more or less, terms as a document or as fields, ready terms to start from.

Each takes what is on the page and gives what is on it next. A note says why a button could not do what it says.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from accounts.admin.contract_form.entry import COMMITMENTS, Posted
from accounts.admin.contract_form.paths import rows, under, without_row
from accounts.admin.contract_form.reader import Reader
from accounts.admin.contract_form.rules import RULES, in_ranges
from accounts.admin.contract_form.sections import new_rule, start
from accounts.admin.contract_form.terms import canonical, entered, shown, unshown
from accounts.admin.shown import terms_text
from accounts.catalogue import catalogue
from accounts.operations.agreements import MOST_COMMITMENTS
from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid

Lists = dict[str, list[str]]
Step = tuple[Lists, str]
"""What is on the page next, and a note."""


def act(posted: Posted, action: str) -> Step:
    """The page after a button: 'add:terminate', 'remove:terminate[0]', ... Whatever else it says changes nothing."""
    name, _, path = action.partition(":")
    return ACTIONS[name](dict(posted), path) if name in ACTIONS else (dict(posted), "")


def _add(posted: Lists, path: str) -> Step:
    count = rows(posted, path)
    if path == COMMITMENTS:
        if count >= MOST_COMMITMENTS:
            return posted, f"A version has {MOST_COMMITMENTS} commitments at most."
        return posted | {f"{path}[{count}].name": [""]} | _under(f"{path}[{count}].terms", start()), ""
    more = new_rule() if path.endswith(RULES) else {"": ""}
    return posted | _under(f"{path}[{count}]", more), ""


def _remove(posted: Lists, path: str) -> Step:
    return without_row(posted, path), ""


def _spread(posted: Lists, path: str) -> Step:
    """A ladder written out as the ranges that it stands for."""
    texts = in_ranges(Reader(_texts(posted)), path)
    if texts is None:
        return posted, "The ladder cannot be written out while it has a fault."
    kept = {name: value for name, value in posted.items() if not name.startswith(f"{path}.")}
    return kept | _under(path, texts), ""


def _as_document(posted: Lists, root: str) -> Step:
    found = entered(under(_texts(posted), f"{root}.terms"))
    if found.faults:
        return posted, "Mend what is marked first: it could not be kept in the document."
    return with_document(posted, root, json.dumps(found.terms, indent=2, ensure_ascii=False)), ""


def _as_form(posted: Lists, root: str) -> Step:
    texts = _texts(posted)
    try:
        terms = load(texts.get(f"{root}.terms", ""))
        if not isinstance(terms, dict):
            return posted, "The document is no object of terms."
        said = terms_on_page(terms)
    except Invalid as invalid:
        return posted, f"The form shows terms that can be read: {invalid.sentence}"
    lost = [*_said_beside(terms, texts, root), *said[1]]
    if lost:
        return posted, f"The form cannot show {', '.join(lost)}: the document stays."
    return _without_terms(posted, root) | said[0](root), ""


def _said_beside(terms: Mapping[str, Any], texts: Mapping[str, str], root: str) -> list[str]:
    """What a document says of things that are chosen beside it, in other words than there."""
    names = terms.get("components", {}).get("names")
    currency = terms.get("money", {}).get("currency")
    return [
        *(["components.names (leave them out: components are chosen above)"] if names is not None else []),
        *(["money.currency"] if currency not in (None, texts.get("currency")) else []),
    ]


def _from_ready(posted: Lists, root: str) -> Step:
    """Ready terms in place of what stands there; the rest of the commitment stays."""
    title = _texts(posted).get(f"{root}.ready", "").strip()
    entry = next((entry for entry in catalogue().values() if title in (entry.title, entry.key)), None)
    if entry is None:
        return posted, "Choose ready terms from the list first."
    page, note = with_terms(_without_terms(posted, root), root, entry.terms)
    return page, " ".join(filter(None, [_of_another_currency(entry.terms, posted), note]))


def _of_another_currency(terms: Mapping[str, Any], posted: Posted) -> str:
    """A note where amounts in the terms were meant in another currency than the contract's, in which they would count."""
    written, chosen = terms.get("money", {}).get("currency"), _texts(posted).get("currency")
    if not written or written == chosen:
        return ""
    return f"These terms are written in {written}, the contract in {chosen}: look at every amount in them."


def with_terms(posted: Lists, root: str, terms: Mapping[str, Any]) -> Step:
    """The page with these terms in a commitment: in the form, or as a document where the form could not show all of them."""
    texts, lost = terms_on_page(terms)
    if lost:
        return with_document(posted, root, terms_text(terms)), f"The form cannot show {', '.join(lost)}."
    return posted | texts(root), ""


def terms_on_page(terms: Mapping[str, Any]) -> tuple[Callable[[str], Lists], list[str]]:
    """(the terms as fields under a commitment, what of them the form cannot show). Invalid where the rules refuse them."""
    read = canonical(terms)
    return (lambda root: _under(f"{root}.terms", shown(read))), unshown(read)


def with_document(posted: Lists, root: str, text: str) -> Lists:
    """The page with a commitment's terms as one text."""
    return _without_terms(posted, root) | {f"{root}.terms": [text]}


def _without_terms(posted: Lists, root: str) -> Lists:
    own = (f"{root}.terms", f"{root}.terms.")
    return {name: value for name, value in posted.items() if name != own[0] and not name.startswith(own[1])}


def _under(root: str, texts: Mapping[str, str]) -> Lists:
    return {f"{root}.{name}".removesuffix("."): [text] for name, text in texts.items()}


def _texts(posted: Posted) -> dict[str, str]:
    return {name: values[-1] if values else "" for name, values in posted.items()}


ACTIONS: dict[str, Callable[[Lists, str], Step]] = {
    "add": _add,
    "remove": _remove,
    "spread": _spread,
    "document": _as_document,
    "form": _as_form,
    "ready": _from_ready,
}
