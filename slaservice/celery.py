"""The distributed engine: workers, queues and a beat that only pings.

At-least-once delivery is assumed: the row is the queue, a message is a doorbell. Each setting below answers a
fault that was provoked (a killed child, a killed host, a frozen Redis) and is asserted by a test.
"""

import os

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")

app = Celery("slaservice")
app.conf.update(
    # By Celery's own default messages would go to a RabbitMQ that nobody named; this is no transport at all.
    broker_url=settings.REDIS_URL or "redis-url-is-not-set://",
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    # A task is acknowledged when done, and given back when its process dies.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # The time limit stays below the visibility timeout: no copy starts while the first may still run.
    task_soft_time_limit=240,
    task_time_limit=300,
    # On SIGTERM a task has this long to finish before it is given back.
    worker_soft_shutdown_timeout=30,
    # A Redis blip must not kill a close that can still commit; the second copy finds nothing to do.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_max_tasks_per_child=500,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 900,
        # How often messages past the visibility timeout are looked for. By default every 100 s.
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A frozen Redis costs a publisher 2 s; by default it hangs.
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    },
    task_default_queue="default",
    task_queues=[Queue("default"), Queue("documents"), Queue("signatures"), Queue("webhooks")],
    task_routes={
        "reports.tasks.make_*": {"queue": "documents"},
        "reports.tasks.sign_*": {"queue": "signatures"},
        "reports.tasks.send_webhooks": {"queue": "webhooks"},
    },
    timezone="UTC",
    beat_schedule={
        "close what is due": {
            "task": "reports.tasks.close_due",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "ask again what blocked a close": {
            "task": "reports.tasks.close_blocked",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "issue what needs nobody": {
            "task": "reports.tasks.issue_due",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "follow what history took in": {
            "task": "reports.tasks.follow",
            "schedule": 10.0,
            "options": {"expires": 10},
        },
        "reckon what running periods owe": {
            "task": "reports.tasks.reckon_exposure",
            "schedule": 300.0,
            "options": {"expires": 300},
        },
        "sweep what is owed": {"task": "reports.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
        "send the mails that are owed": {
            "task": "reports.tasks.ring_for_mail",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "let go of what nobody claimed": {
            "task": "reports.tasks.lapse_credits",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "tell finance what waits": {
            "task": "reports.tasks.tell_finance",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "tell customers what happened": {
            "task": "reports.tasks.ring_for_webhooks",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "poll the pages whose turn it is": {
            "task": "slaservice.outages.tasks.poll_feeds",
            "schedule": 10.0,
            "options": {"expires": 10},
        },
        "seal what history took in": {
            "task": "slaservice.history.tasks.seal",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "anchor history outside the database": {
            "task": "slaservice.history.tasks.anchor_whole",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "read what hooks received": {
            "task": "slaservice.outages.tasks.read_messages",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
    },
    worker_hijack_root_logger=False,
)
app.autodiscover_tasks(["slaservice.history", "slaservice.outages", "accounts", "reports"])


@worker_init.connect
def warm(**_: object) -> None:
    """Load what draws documents once, before the pool forks: every child has it at once, and in memory it is there once."""
    from reports.pdf.render import warm as warm_renderer

    warm_renderer()
