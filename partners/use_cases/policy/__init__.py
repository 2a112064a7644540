"""What was agreed: versions of the policy, and changing it while the program runs."""
