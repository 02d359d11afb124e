"""The HTTP surface: gateway, feedback, status. Never loads the training stack."""
