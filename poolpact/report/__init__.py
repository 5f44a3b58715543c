"""Showing what the judge found: the conformance document as files, as a page and as lines, and two of them side by side."""
