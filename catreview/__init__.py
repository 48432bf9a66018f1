"""A terminal workbench that turns poorly labelled messages into a classifier people trust."""
