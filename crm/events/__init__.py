"""Events: the programme, registrations, the day itself, and what is counted afterwards."""
