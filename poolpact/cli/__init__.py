"""The console script ``poolpact``: one module a command; each only reads its arguments and calls the room that does the work."""
