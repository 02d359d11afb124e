"""The demonstration: a real server, simulated operators, a trained student, a forced slip."""
