"""What the figures say of one partner: gathered, held against the rules, decided. Reads."""
