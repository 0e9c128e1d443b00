"""The demonstration: real outages from a public record, an operator's decisions, invented customers."""
