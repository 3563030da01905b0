"""JT/T 808, 809 and 905: frames of vehicles and taxis, and of the platforms between them."""
