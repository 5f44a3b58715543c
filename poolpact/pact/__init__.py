"""Pacts: reading them, and verifying that a pool manager keeps them."""
