"""A terminal workbench that turns poorly labelled messages into a classifier people trust."""

__version__ = "0.1.0"
