"""Transit (交通): places, boards, journeys, situations, vehicles, ranks."""
