"""Analytic reports: what period marks, means and absences say of a class, a pupil, the school (domain.md §4).

periods.py   what a report may be about: a term or the year
results.py   what pupils of a class have in each subject for a period: given, or forecast while it lasts
figures.py   a number with how it came about: «как посчитано»

A report is one function that gives one frozen object; page, PDF and XLSX are faces of the same object.
"""
