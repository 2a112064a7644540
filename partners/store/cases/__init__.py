"""Cases and decisions, the guard, steps that fail, closed cases to be judged anew."""
