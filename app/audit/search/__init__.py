"""Finding records by their words among millions: a term index behind the records, filled in chunks, never in a writer's transaction."""
