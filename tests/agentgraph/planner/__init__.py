"""Tests of the built-in planner."""
