"""Import of the files that schools really have: read → plan → confirm → apply."""
