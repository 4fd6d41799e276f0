"""The transfer of the whole school to the next year: planned and looked at, written by the worker, perhaps undone."""
