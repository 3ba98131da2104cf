"""What runs and what is broken: instances, incidents, migration."""
