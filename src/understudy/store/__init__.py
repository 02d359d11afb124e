"""Tables, migrations and artifacts; the only code that speaks SQL."""
