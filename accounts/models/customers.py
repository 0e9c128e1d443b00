"""A customer is a company that was promised something; a membership says which people are its own.

People are stock users: ours have roles (groups), a customer's have memberships.
"""

from django.conf import settings
from django.db import models

from accounts.models.constraints import no_longer_than, not_blank
from accounts.models.identifiers import customer_id

SPOKEN = [code for code, _ in settings.LANGUAGES]
"""Languages that a statement can be written in."""


def vendor_language() -> str:
    """What a customer is written to in where nothing else is said."""
    return str(settings.VENDOR_LANGUAGE)


class Customer(models.Model):
    """Whose contracts, statements and keys these are: the tenant. Never deleted; `ended_on` says that it left.

    `legal_name` and `address` are what a statement prints, in `language`; an issued statement keeps those of its day.
    """

    public_id = models.CharField(max_length=40, unique=True, default=customer_id, editable=False)
    name = models.CharField(max_length=120)
    legal_name = models.CharField(max_length=200)
    address = models.TextField(max_length=1000, blank=True)
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="customers_managed",
    )
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default=vendor_language)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            not_blank("name", name="customer_name"),
            not_blank("legal_name", name="customer_legal_name"),
            no_longer_than(120, "name", name="customer_name"),
            no_longer_than(200, "legal_name", name="customer_legal_name"),
            no_longer_than(1000, "address", name="customer_address"),
            models.CheckConstraint(
                condition=models.Q(language__in=SPOKEN), name="customer_language_is_one_that_statements_speak"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """This person belongs to that customer and sees what is the customer's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "customer"], name="a_person_belongs_to_a_customer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.customer}"
