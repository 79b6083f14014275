"""The Python worker of lgx: runs the user's graphs and auth handlers for the server, and keeps no state."""

PROTOCOL = 2
