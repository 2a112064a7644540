"""Temporal from outside: connecting, schedules, starting, signalling; what watches activities."""
