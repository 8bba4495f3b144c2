"""What an earlier exchange gives to the next question: turns, verified pairs, resembling ones."""
