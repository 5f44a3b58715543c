"""Pool managers behind one protocol: remote, embedded, and fallback. ``embedded`` is imported only where that mode is chosen."""
