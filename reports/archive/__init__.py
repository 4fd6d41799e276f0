"""Архивная печать журнала at the year's end (domain.md §5): title page, a spread a subject, summary sheet, last page.

source.py  what is printed: one part after the other, each read when it is its turn
job.py     the work in the background, and its page
"""
