"""«Начало года»: what a class still lacks, and where to mend it.

`items.py` is the list of what is checked, `facts.py` reads all of it for any number of classes in a constant number of
queries, `places.py` knows the pages that mend.
"""
