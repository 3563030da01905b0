"""SIRI (CEN/TS 15531): deliveries of its services, as XML and as JSON."""
