"""What a tier opens and asks, from files: areas, and the steps of tracks that are done."""
