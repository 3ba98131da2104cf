"""The campaign's pages: lists, single households and problems, and the first page of each role."""
