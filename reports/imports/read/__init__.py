"""File bytes → plain rows with addresses, and everything that is wrong, in words.

Nothing here touches the database, so every shape and every kind of dirt is tested without one.
"""

from .errors import BadValue, Place, Problem, UnreadableFile
from .recognise import KIND_NAMES, read_file
from .rows import FileContent

__all__ = ["KIND_NAMES", "BadValue", "FileContent", "Place", "Problem", "UnreadableFile", "read_file"]
