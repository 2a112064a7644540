"""What timelines say, in the manager's words; one module a workflow."""
