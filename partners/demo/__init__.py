"""The demo: sample partners whose orders tell different stories, and days that last a second."""
