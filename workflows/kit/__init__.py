"""What workflows share: options, steps, alarms, people's commands, words for the timeline."""
