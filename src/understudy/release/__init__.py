"""From weights to a served artifact: export, gate, traffic, the cycle of a release."""
