"""Creating an account: address, code, name, passkey or password."""
