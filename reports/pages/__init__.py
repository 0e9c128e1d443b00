"""Pages that anybody may open, without a name and without a cookie."""
