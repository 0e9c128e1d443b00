"""How pages name people: by their full names, else by what they log in with."""

from django.contrib.auth.models import AbstractBaseUser, User


def name_of(person: AbstractBaseUser | None) -> str:
    """'Agnes Prüfer', else 'agnes'; nobody is the system."""
    if not isinstance(person, User):
        return "the system"
    return person.get_full_name() or person.get_username()
