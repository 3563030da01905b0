"""What the SIRI connectors share: asking and being told, and journeys of ET, SM and VM."""
