"""The deputy's analytics (design.md §5.11): the school, parallels, subjects, teachers, classes, pupils at risk, control
works against the rules, year over year.

source.py    results of every class for a period of the school, and of the period before
tables.py    what a page is made of: sections of rows, the same on the page, on paper and in files
the rest     a module a page
"""
