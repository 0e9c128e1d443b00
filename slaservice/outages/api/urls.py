"""Addresses under /api/v1/recording/: what operators' programs read and record."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from slaservice.outages.api.components import ComponentDetail, ComponentList, TierDetail, TierList
from slaservice.outages.api.facts import FactDetail, FactList, FactVerb, MaintenanceList, OutageList
from slaservice.outages.api.request_counts import RequestCounts

VERBS = ("confirm", "correct", "withdraw")


def _of_facts(address: str, listed: type[FactList], actions: dict[str, str]) -> Iterator[URLPattern]:
    """List, detail and verbs of one kind of fact; `actions` says which action of the table of roles each verb takes."""
    kind = listed.kind
    yield path(address, listed.as_view(), name=f"recording-{address}")
    shown = FactDetail.as_view(kind=kind, operations={"GET": kind.says["show"]})
    yield path(f"{address}/<int:pk>", shown, name=f"recording-{address}-detail")
    for verb, action in actions.items():
        said = {"POST": kind.says[verb]}
        view = FactVerb.as_view(kind=kind, verb=verb, actions={"POST": action}, operations=said)
        yield path(f"{address}/<int:pk>/{verb}", view, name=f"recording-{address}-{verb}")


urlpatterns = [
    path("components", ComponentList.as_view(), name="recording-components"),
    path("components/<str:code>", ComponentDetail.as_view(), name="recording-component"),
    path("tiers", TierList.as_view(), name="recording-tiers"),
    path("tiers/<str:code>", TierDetail.as_view(), name="recording-tier"),
    *_of_facts("outages", OutageList, {verb: f"outages.{verb}" for verb in VERBS}),
    *_of_facts("maintenance", MaintenanceList, dict.fromkeys(VERBS, "maintenance.record")),
    path("request-counts", RequestCounts.as_view(), name="recording-request-counts"),
]
