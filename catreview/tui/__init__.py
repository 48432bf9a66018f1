"""The review app: the only place that knows Textual."""
