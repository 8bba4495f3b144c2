"""Connections to databases and what is known of their tables."""
