"""LLM votes: prompt, client, reply parser, rate limits. Knows no store.

A batch of examples goes in, an `Answer` per request comes out: votes, or reasons why not.
"""
