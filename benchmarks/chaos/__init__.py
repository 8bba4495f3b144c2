"""Kills of every process at random and at chosen moments, under load; then what was lost or doubled is counted."""
