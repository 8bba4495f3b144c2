"""The doors of the command line that judge and answer many items at once, one JSON line each."""
