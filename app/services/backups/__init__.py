"""Backups of a whole installation, and bringing one back."""
