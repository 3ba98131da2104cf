"""How a version of a process really ran: heat map, times, variants, what stood open day by day, planned against actual."""
