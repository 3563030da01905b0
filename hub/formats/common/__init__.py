"""What wire formats share: XML, JSON, zip archives, times, marks, and how faults are told."""
