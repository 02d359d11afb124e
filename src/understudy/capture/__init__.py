"""From a served request to the store: spool, recorder, redaction, importers. Fails open."""
