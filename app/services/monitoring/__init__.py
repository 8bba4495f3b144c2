"""Figures and health of the installation."""
