"""Live subscriptions: one execution per group of identical operations, over two transports."""
