"""Addresses under /api/v1/ that speak of what a customer was promised."""

from django.urls import path

from accounts.api.contracts import ContractDetail, ContractList
from accounts.api.incidents import IncidentDetail, IncidentList
from accounts.api.keys import KeyDetail, KeyList
from accounts.api.outages import MaintenanceDetail, MaintenanceList, OutageDetail, OutageList

urlpatterns = [
    path("outages", OutageList.as_view(), name="outages"),
    path("outages/<str:public_id>", OutageDetail.as_view(), name="outage"),
    path("maintenance", MaintenanceList.as_view(), name="maintenance"),
    path("maintenance/<str:public_id>", MaintenanceDetail.as_view(), name="maintenance-detail"),
    path("incidents", IncidentList.as_view(), name="incidents"),
    path("incidents/<str:public_id>", IncidentDetail.as_view(), name="incident"),
    path("contracts", ContractList.as_view(), name="contracts"),
    path("contracts/<str:id_or_number>", ContractDetail.as_view(), name="contract"),
    path("keys", KeyList.as_view(), name="keys"),
    path("keys/<str:public_id>", KeyDetail.as_view(), name="key"),
]
