"""Does not load."""

raise RuntimeError("the database is not there")
