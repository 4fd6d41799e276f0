"""Books of the office: the alphabetical book of pupils and the report on movement, as pages, XLSX, CSV and PDF."""
