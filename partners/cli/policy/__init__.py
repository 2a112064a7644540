"""`partners policy …`"""
