"""Setting a campaign up: dates, settings, places, people, households."""
