"""Reviews: kinds, periods, and what one does about a partner."""
