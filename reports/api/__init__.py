"""Statements over REST: what a customer's programs list, read and file."""
