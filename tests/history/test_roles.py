"""Roles are groups: who has which, and what the lack of one refuses."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from slaservice.history.operations import require, roles_of
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, FINANCE_APPROVER, OPERATOR, ROLES
from tests.factories.outages import a_person

pytestmark = pytest.mark.django_db


def test_every_role_is_there_to_be_given_from_the_first_day() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_a_person_has_the_roles_of_their_groups_and_no_others() -> None:
    assert roles_of(a_person(OPERATOR, AUDITOR, "choir")) == {OPERATOR, AUDITOR}
    assert roles_of(a_person()) == set()


def test_a_superuser_is_an_administrator_and_approves_nothing() -> None:
    superuser = a_person(is_superuser=True)
    assert roles_of(superuser) == {ADMINISTRATOR}
    require(superuser, "people.manage")
    with pytest.raises(Refusal):
        require(superuser, "credits.approve")


def test_a_superuser_with_a_group_has_that_role_too() -> None:
    assert roles_of(a_person(FINANCE_APPROVER, is_superuser=True)) == {ADMINISTRATOR, FINANCE_APPROVER}


@pytest.mark.parametrize("superuser", [False, True])
def test_a_person_who_left_has_no_role(superuser: bool) -> None:
    assert roles_of(a_person(OPERATOR, is_active=False, is_superuser=superuser)) == set()


def test_a_stranger_has_no_role() -> None:
    assert roles_of(AnonymousUser()) == roles_of(None) == set()
    with pytest.raises(Refusal):
        require(AnonymousUser(), "outages.view")


def test_what_a_role_may_not_do_is_refused_by_name() -> None:
    require(a_person(OPERATOR), "outages.confirm")
    with pytest.raises(Refusal) as refused:
        require(a_person(AUDITOR), "outages.confirm")
    assert refused.value.code == "not_permitted"
    assert OPERATOR in refused.value.sentence


def test_the_system_itself_may() -> None:
    require(None, "credits.approve")


def test_a_role_that_is_taken_away_counts_at_once() -> None:
    person = a_person(OPERATOR)
    require(person, "outages.confirm")
    person.groups.clear()
    with pytest.raises(Refusal):
        require(person, "outages.confirm")
