"""The audit's chain, standings, fairness, kinds of notes."""
