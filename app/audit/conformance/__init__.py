"""Where practice left the plan: rules that are decision tables, over facts that records and forms tell."""
