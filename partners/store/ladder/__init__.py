"""Candidates for promotion: judged, proposed, decided, carried out."""
