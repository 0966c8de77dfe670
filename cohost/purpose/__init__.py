"""The Big Purpose as a working object: built from answers, kept in versions, and lived by guidelines."""
