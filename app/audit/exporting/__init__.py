"""What auditors take away: records as a table, logs for process mining, a whole campaign. Much of it needs a second person."""
