"""`partners assess` and `appraise`."""
