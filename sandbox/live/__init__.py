"""What happens to the journeys of the day: delays, cancellations, platform changes, situations."""
