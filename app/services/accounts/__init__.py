"""People and what they may do: sign-in, roles, keys, second factors, limits, leaving."""
