"""Scenarios side by side: worker processes, and one account of what became of every scenario."""
