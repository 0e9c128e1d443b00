"""Every address of the site. /healthz and /readyz are answered before this table (slaservice/health.py)."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from slaservice.api.published import OpenApi, Reference

admin.site.site_header = "Service levels"
admin.site.site_title = "Service levels"
admin.site.site_url = None  # there is no site beside it
admin.site.index_title = "Outages, contracts, statements"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("favicon.ico", lambda request: redirect(static("slaservice/icon.svg"))),
    # One door: the admin's own log-in leads to ours, so what protects one protects both.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/v1/", Reference.as_view(), name="api"),
    path("api/v1/openapi.json", OpenApi.as_view(), name="openapi"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("reports.api.urls")),
    path("api/v1/recording/", include("slaservice.outages.api.urls")),
    path("hooks/", include("slaservice.outages.api.hooks")),
    path("verify/", include("reports.pages.urls")),
    path("people/", include("django.contrib.auth.urls")),
]

handler400 = "slaservice.api.bad_request"
handler404 = "slaservice.api.page_not_found"
handler500 = "slaservice.api.server_error"
