"""The taxis: where they drive and queue, and the terminals through which they say so."""
