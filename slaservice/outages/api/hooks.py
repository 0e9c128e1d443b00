"""Where monitors and status pages post to: whoever proves who they are has their message kept, and that is all that waits.

No broker stands in the way: the row is the queue, and a sweep reads it. Without a broker it is read here, after the commit.
A token that stands in an address never reaches a log of ours.
"""

import logging
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api import ApiView, problem
from slaservice.outages.importers.webhooks import opened, read_owed
from slaservice.outages.models import Hook
from slaservice.outages.models.hooks import ALERTMANAGER, PAGERDUTY, STATUSPAGE
from slaservice.outages.operations.hooks import is_signed, receive, token_opens
from slaservice.rules.refusal import Refusal

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
READ_AT_ONCE = 5


class HookView(ApiView):
    """One kind of sender. The proof is in the message, so there is nobody to be logged in."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["post"]
    limited = False  # a storm of alerts is when they are needed
    schema = None  # each sender has its own format, which is none of ours
    kind: ClassVar[str]

    def post(self, request: Request, name: str, token: str = "") -> HttpResponse | Response:
        now = timezone.now()
        body = request._request.read(MOST_BYTES + 1)
        hook = Hook.objects.filter(kind=self.kind, name=name, enabled=True).first()
        if not self.proves(hook, request, body, token):
            log.warning("A message to the hook %a of %s was refused: no proof.", name[:60], self.kind)
            return self.refused()
        if len(body) > MOST_BYTES:
            raise Refusal("body_too_large", f"The body is larger than {MOST_BYTES:,} bytes.")
        assert hook is not None
        envelope = opened(self.kind, body)
        new = receive(hook=hook, body=body, key=envelope.key, subject=envelope.subject, now=now)
        if new and not settings.REDIS_URL:
            read_owed(now=now, at_most=READ_AT_ONCE)
        return Response({"received": True}, status=202)

    def proves(self, hook: Hook | None, request: Request, body: bytes, token: str) -> bool:
        raise NotImplementedError

    def refused(self) -> HttpResponse:
        return problem(
            401,
            "hook_not_proven",
            "There is no such hook, or this does not prove that the message is for it.",
            remedy="Compare name, token or secret with the hook's page.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        # Django would log the path of what is refused, and a path may hold a token.
        final._has_been_logged = True
        return final


class AlertmanagerView(HookView):
    kind = ALERTMANAGER

    def proves(self, hook: Hook | None, request: Request, body: bytes, token: str) -> bool:
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        return token_opens(hook, sent.strip()) and scheme.lower() == "bearer"


class PagerDutyView(HookView):
    kind = PAGERDUTY

    def proves(self, hook: Hook | None, request: Request, body: bytes, token: str) -> bool:
        return is_signed(hook, body, request.headers.get("X-PagerDuty-Signature", ""))


class StatuspageView(HookView):
    kind = STATUSPAGE

    def proves(self, hook: Hook | None, request: Request, body: bytes, token: str) -> bool:
        return token_opens(hook, token)


urlpatterns = [
    path("alertmanager/<slug:name>", AlertmanagerView.as_view(), name="hook-alertmanager"),
    path("pagerduty/<slug:name>", PagerDutyView.as_view(), name="hook-pagerduty"),
    path("statuspage/<slug:name>/<slug:token>", StatuspageView.as_view(), name="hook-statuspage"),
]
