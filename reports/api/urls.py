"""Addresses under /api/v1/ that speak of statements."""

from django.urls import path

from reports.api.availability import AvailabilityView
from reports.api.claims import ClaimDetail, ClaimList
from reports.api.credits import CreditDetail, CreditList
from reports.api.disputes import DisputeDetail, DisputeList
from reports.api.downloads import StatementCsv, StatementDocument, StatementPdf
from reports.api.ledger import StatementLedger
from reports.api.statements import RevisionList, StatementDetail, StatementList
from reports.api.verify import Verify, VerifyDigest
from reports.api.webhook_deliveries import DeliveryDetail, DeliveryList, DeliveryReplay
from reports.api.webhooks import (
    WebhookDetail,
    WebhookList,
    WebhookReplay,
    WebhookRotate,
    WebhookSecret,
    WebhookTest,
)

urlpatterns = [
    path("availability", AvailabilityView.as_view(), name="availability"),
    path("statements", StatementList.as_view(), name="statements"),
    path("statements/<str:id_or_number>", StatementDetail.as_view(), name="statement"),
    path("statements/<str:id_or_number>/revisions", RevisionList.as_view(), name="statement-revisions"),
    path("statements/<str:id_or_number>/ledger", StatementLedger.as_view(), name="statement-ledger"),
    path("statements/<str:id_or_number>/document", StatementDocument.as_view(), name="statement-document"),
    path("statements/<str:id_or_number>/pdf", StatementPdf.as_view(), name="statement-pdf"),
    path("statements/<str:id_or_number>/csv", StatementCsv.as_view(), name="statement-csv"),
    path("webhooks", WebhookList.as_view(), name="webhooks"),
    path("webhooks/<str:public_id>", WebhookDetail.as_view(), name="webhook"),
    path("webhooks/<str:public_id>/secret", WebhookSecret.as_view(), name="webhook-secret"),
    path("webhooks/<str:public_id>/rotate", WebhookRotate.as_view(), name="webhook-rotate"),
    path("webhooks/<str:public_id>/test", WebhookTest.as_view(), name="webhook-test"),
    path("webhooks/<str:public_id>/replay", WebhookReplay.as_view(), name="webhook-replay"),
    path("webhook-deliveries", DeliveryList.as_view(), name="webhook-deliveries"),
    path("webhook-deliveries/<str:public_id>", DeliveryDetail.as_view(), name="webhook-delivery"),
    path(
        "webhook-deliveries/<str:public_id>/replay", DeliveryReplay.as_view(), name="webhook-delivery-replay"
    ),
    path("verify", Verify.as_view(), name="verify"),
    path("verify/<str:digest>", VerifyDigest.as_view(), name="verify-digest"),
    path("credits", CreditList.as_view(), name="credits"),
    path("credits/<str:public_id>", CreditDetail.as_view(), name="credit"),
    path("claims", ClaimList.as_view(), name="claims"),
    path("claims/<str:public_id>", ClaimDetail.as_view(), name="claim"),
    path("disputes", DisputeList.as_view(), name="disputes"),
    path("disputes/<str:public_id>", DisputeDetail.as_view(), name="dispute"),
]
