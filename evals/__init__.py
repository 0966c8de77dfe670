"""What is measured, on what, and how it is reported."""
