"""Agents, the models they use and the templates they begin with."""
