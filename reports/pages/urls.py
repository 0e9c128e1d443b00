"""Addresses under /verify/."""

from django.urls import path

from reports.pages.verify import verify

urlpatterns = [
    path("", verify, name="verify-form"),
    path("<str:digest>", verify, name="verify-page"),
    path("<str:digest>/", verify),  # as some readers of codes, and some people, write it
]
