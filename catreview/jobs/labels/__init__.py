"""From votes to labels: the heuristic, the rule, whom to trust how far, and how right it all is."""
