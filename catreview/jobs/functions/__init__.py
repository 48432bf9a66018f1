"""Labelling functions: trying, writing, running and racing them."""
