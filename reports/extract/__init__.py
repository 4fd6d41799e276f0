"""The extract from the journal (domain.md §5): one object, shown as a page and printed as a PDF.

data.py      the object: frozen dataclasses, nothing left to query
source.py    reads what a class (or one pupil) needs, in a number of queries that does not grow
assemble.py  makes one pupil's object out of what was read
query.py     both together: extracts of a pupil, of a class
register.py  numbers, forms, records, hand-over
batch.py     the class in the background
due.py       who must get paper today
class_page.py  the page of a class: who gets paper, the register
"""
