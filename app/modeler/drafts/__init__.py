"""Draw diagrams, decisions and forms as drafts; check them while drawing."""
