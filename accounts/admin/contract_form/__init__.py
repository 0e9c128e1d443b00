"""The form in which contracts are signed and amended: over the terms of each commitment, field by field."""
