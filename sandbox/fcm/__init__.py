"""A stand-in for Firebase Cloud Messaging's HTTP v1 interface, with phones that subscribe to it."""
