"""What is true by contract: pure Python, no Django, no clock, no network.

Read the modules in the order of the pipeline: intervals, periods, money, terms, signal, availability, credits, assessment.
"""

ENGINE_VERSION = "1.0.0"
"""Named in every frozen document; changes whenever the same input may give another result or another document."""
