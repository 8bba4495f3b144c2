"""The trail of what was done, and its chain."""
