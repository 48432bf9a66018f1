"""Asking LLMs: the pilot, the plan, the labelling job and its ledger."""
