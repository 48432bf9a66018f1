"""Reviewing: queues, what the screen shows, what a key press commits, several reviewers."""
