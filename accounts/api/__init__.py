"""How customers' programs are let in: a bearer key says which customer calls and with which scopes."""
