"""People (人员): units, officers, and who is asking."""
