"""Forecasts: what a question asks of the future, the history it needs, and a simple named method."""
