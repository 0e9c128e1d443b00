"""Hooks: where monitors and status pages post to us, and every message as it was received, before anybody reads it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from slaservice.outages.models.components import CustomerTier, FeedComponent
from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century
from slaservice.outages.models.feeds import PolledFeed

ALERTMANAGER, PAGERDUTY, STATUSPAGE = "alertmanager", "pagerduty", "statuspage"
HOOK_KINDS = {
    ALERTMANAGER: "Prometheus Alertmanager",
    PAGERDUTY: "PagerDuty",
    STATUSPAGE: "Statuspage's subscriber messages",
}
MOST_ATTEMPTS = 8


class Hook(models.Model):
    """One sender. `name` stands in its address and is the source of what it says.

    A token is kept as an HMAC, because it need only be compared. What PagerDuty signs with must be known itself, so it is
    no column: it comes from the environment, by the hook's name (HOOK_SECRETS).

    `component_label` is the label of an alert that names the component; `severities` says which of our severities the alert's
    label "severity" means, `severity` what holds else; without `tiers` it speaks of every tier; `feed` is the page whose
    messages these are.
    """

    name = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=list(HOOK_KINDS.items()))
    enabled = models.BooleanField(default=True)
    token_hmac = models.CharField(max_length=64, blank=True)
    component_label = models.CharField(max_length=100, default="component")
    severity = models.CharField(max_length=60, default="major_outage")
    severities = models.JSONField(default=dict, blank=True)
    tiers: "models.ManyToManyField[CustomerTier, HookTier]" = models.ManyToManyField(
        CustomerTier, through="HookTier", blank=True, related_name="+"
    )
    feed = models.ForeignKey(
        PolledFeed, on_delete=models.PROTECT, null=True, blank=True, related_name="hooks"
    )

    class Meta:
        ordering = ["name"]
        constraints: ClassVar = [
            not_blank("name", "severity", name="hook"),
            no_longer_than(60, "name", "severity", name="hook_name"),
            models.CheckConstraint(condition=Q(kind__in=list(HOOK_KINDS)), name="hook_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(kind=STATUSPAGE) | Q(feed__isnull=False), name="hook_of_a_page_names_its_feed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HookTier(models.Model):
    """A tier that the messages of a hook speak of."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="+")
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hook", "tier"], name="hook_names_a_tier_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hook_id}: {self.tier_id}"


class HookMessage(models.Model):
    """One message as it was received: `body` to the byte. The row is the queue; what is not processed is owed.

    `key` is what makes it the same message again (an event's id, else the body's hash), `subject` what it is about where
    several messages must be read together. `outcome` says what came of it, `waits_for` which components nobody had explained.
    Not processed after MOST_ATTEMPTS it is given up: it, or something in it, could not be recorded.
    """

    hook = models.ForeignKey(Hook, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    outcome = models.TextField(blank=True)
    waits_for = models.ManyToManyField(FeedComponent, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hook", "key"], name="hook_message_is_received_once"),
            not_blank("key", "sha256", name="hook_message"),
            no_longer_than(200, "key", "subject", name="hook_message_text"),
            within_the_century("received_at", "due_at", "processed_at", name="hook_message"),
        ]
        indexes: ClassVar = [
            # importers.webhooks: the sweep
            models.Index(fields=["id"], condition=Q(processed_at__isnull=True), name="hook_messages_owed"),
            # importers.webhooks.pagerduty: every message about one incident
            models.Index(fields=["hook", "subject"], name="hook_messages_about_one_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.hook_id}: {self.key}"
