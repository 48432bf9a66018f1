"""Behind the review screen: the desk, what its keys do there, what opens over it, the way out."""
