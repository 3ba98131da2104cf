"""What happened, as auditors look at it: records, a household, an instance, a person's day, a village, any moment."""
