"""A partner's referrals: looked at as a whole, and told of."""
