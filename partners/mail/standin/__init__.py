"""A local stand-in for SendGrid: for tests, and for `partners dev --mail sendgrid-local`.

Strict where SendGrid is (and where our own rules are stricter): see `contract`. It delivers to
nobody, keeps what it was given in memory, and fails in every way that a provider can: `faults`.
"""
