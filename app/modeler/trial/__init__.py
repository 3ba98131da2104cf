"""Try a draft before it is released: a dry run on a virtual clock, and scenarios that are kept."""
