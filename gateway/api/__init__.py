"""What programs read besides the protocol: health."""
