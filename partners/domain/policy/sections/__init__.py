"""Tables of the policy that stand inside others, and the fields that all of them share."""
