"""The names of the files inside an issued statement's PDF; what is in them: reports/pdf/annex.py, which loads WeasyPrint."""

DOCUMENT, OUTAGES = "statement.json", "windows.csv"
