"""Four eyes: who drew does not release."""
