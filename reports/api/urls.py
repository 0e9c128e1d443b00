"""Addresses under /api/v1/ that speak of statements."""

from django.urls import path

from reports.api.statements import StatementDetail, StatementDocument, StatementList, StatementPdf

urlpatterns = [
    path("statements", StatementList.as_view(), name="statements"),
    path("statements/<str:public_id>", StatementDetail.as_view(), name="statement"),
    path("statements/<str:public_id>/document", StatementDocument.as_view(), name="statement-document"),
    path("statements/<str:public_id>/pdf", StatementPdf.as_view(), name="statement-pdf"),
]
