"""What a client holds: codes, access tokens, refresh tokens, and the family that ties them."""
