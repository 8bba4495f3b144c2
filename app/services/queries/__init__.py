"""Questions: accepted, run, cached, charted, answered."""
