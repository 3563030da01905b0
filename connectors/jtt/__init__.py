"""What the connectors of the JT/T terminal protocols share: sessions, captures, vehicles."""
