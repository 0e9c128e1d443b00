"""An address that will end says so in every answer and in the schema, long before; the others say nothing of the kind."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.api import views

pytestmark = pytest.mark.urls("tests.api.views")

HEADERS = ("Deprecation", "Sunset", "Link")


def test_every_answer_says_since_when_until_when_and_what_instead() -> None:
    for response in (Client().get("/api/old"), Client().head("/api/old"), Client().get("/api/old?x=1")):
        assert [response[name] for name in HEADERS] == [
            "@1793491200",
            "Mon, 01 Nov 2027 12:00:00 GMT",
            '</api/v2/new>; rel="successor-version"',
        ]


def test_what_goes_on_says_nothing() -> None:
    response = Client().get("/api/paper")
    assert not [name for name in HEADERS if name in response]


def test_the_schema_says_it_too() -> None:
    addresses = [one for one in views.urlpatterns if str(one.pattern) == "api/old"]
    generator: Any = SchemaGenerator
    schema = generator(patterns=addresses).get_schema(public=True)
    assert schema["paths"]["/api/old"]["get"]["deprecated"] is True
