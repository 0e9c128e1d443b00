"""Plain rows with honest defaults, one module per app."""
