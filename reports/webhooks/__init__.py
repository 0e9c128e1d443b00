"""Telling customers what happened, by the Standard Webhooks specification: events are made from sealed history, then sent."""
