"""The verbs: read the store, call the layers below, write the store, report progress."""
