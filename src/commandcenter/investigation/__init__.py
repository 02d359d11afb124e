"""Command Center's investigations: a question about the plant, worked through with tools that query it."""
