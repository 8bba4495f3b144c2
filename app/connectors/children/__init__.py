"""Killable child processes in which users' SQL runs on files; nothing here may import the rest of the application."""
