"""A tax office: it proves itself with a private key and needs a verified person."""
