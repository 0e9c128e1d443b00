"""What a program was answered, so that asking again under the same name has no second effect."""

from django.db import models
from django.db.models import IntegerField, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual


class Answer(models.Model):
    """`caller` asked something under the name `key`; it was done, and this was the answer.

    Written in the transaction of the effect itself: there is no effect without its answer and no answer without its effect.
    `asked` is the SHA-256 of what was asked (method, address, body), `body` the answer's JSON.
    """

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="a_caller_is_answered_once_under_one_key"),
            models.CheckConstraint(condition=~Q(caller="") & ~Q(key=""), name="answer_names_caller_and_key"),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("key"), Value(200, output_field=IntegerField()))),
                name="answer_key_has_at_most_200_characters",
            ),
            models.CheckConstraint(
                condition=Q(Exact(Length("asked"), Value(64, output_field=IntegerField()))),
                name="answer_asked_has_64_characters",
            ),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=300), name="only_what_was_done_is_answered_again"
            ),
        ]
        indexes = [
            # answers.keep: what is older than it has to be
            models.Index(fields=["caller", "at"], name="answers_of_one_caller"),
        ]

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"
