"""The policy as validated data: tiers, standards, metrics, settings; and what a new one changes."""
