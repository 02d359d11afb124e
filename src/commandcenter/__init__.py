"""Command Center: the reference application, an operator dashboard for an industrial plant."""
