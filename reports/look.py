"""The vendor on a statement: name, address, contact, and how its papers look, frozen with each as they were on its day.

A logo is frozen by its hash. Its bytes are kept with the made documents when a statement that carries it is issued, so that the
PDF can be made again whatever the settings say by then.
"""

import hashlib

from django.conf import settings

from reports import store
from slaservice.rules.documents import Json
from slaservice.rules.refusal import Refusal

PNG = ".png"


def vendor() -> Json:
    """As a document's identity has it; of the looks only what is set."""
    looks = {
        "logo": hashlib.sha256(settings.VENDOR_LOGO).hexdigest() if settings.VENDOR_LOGO else "",
        "colour": settings.VENDOR_COLOUR,
        "footer": settings.VENDOR_FOOTER,
    }
    return {
        "name": settings.VENDOR_NAME,
        "address": settings.VENDOR_ADDRESS,
        "contact": settings.VENDOR_CONTACT,
        **{name: value for name, value in looks.items() if value},
    }


def logo_of(document: Json) -> bytes | None:
    """The logo that a document names, None where it names none. Refusal where it is not to be had any more."""
    sha256 = document["identity"]["vendor"].get("logo")
    if sha256 is None:
        return None
    if settings.VENDOR_LOGO and hashlib.sha256(settings.VENDOR_LOGO).hexdigest() == sha256:
        return bytes(settings.VENDOR_LOGO)
    kept = store.fetch(sha256, PNG)
    if kept is None:
        raise Refusal(
            "logo_missing",
            "The logo of this statement is not kept. A draft gets the one that is set now when its month is closed again; for"
            f" what is issued put {sha256}{PNG} back among the documents.",
        )
    return kept


def keep_logo(document: Json) -> None:
    """Store the logo of a statement that is about to be issued. Refusal where it is not to be had."""
    logo = logo_of(document)
    if logo is not None:
        store.keep(logo, PNG)
