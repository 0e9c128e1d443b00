"""The paper: a statement's frozen document as a PDF that procurement can file and an auditor can recompute.

Nothing here computes downtime or money. `paper` turns the document into display values, the templates set them, `charts`
draws them, `render` makes the bytes. The package imports nothing heavy by itself: `reports.pdf.render` loads WeasyPrint.
"""
