"""Messages that monitors and status pages post: kept as received, then read by a sweep into proposals for operators.

`envelope` says what makes a message the same one again, `alertmanager`, `pagerduty` and `statuspage` read one kind each,
`sightings` makes proposed windows of what monitors saw, `reading` is the sweep.
"""

from slaservice.outages.importers.webhooks.envelope import Envelope, opened
from slaservice.outages.importers.webhooks.reading import read_owed

__all__ = ["Envelope", "opened", "read_owed"]
