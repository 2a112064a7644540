"""Days, months, deadlines, the program's clock, and the hours at which mail may arrive."""
