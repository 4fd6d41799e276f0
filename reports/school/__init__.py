"""The school's settings: forms, and what a change would touch before it is made."""
