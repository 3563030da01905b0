"""All of MongoDB. Only `driver.py` makes a client; nobody else knows a collection."""
