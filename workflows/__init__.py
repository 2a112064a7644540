"""Durable logic: when things happen. No I/O; it reads like the program's rules."""
