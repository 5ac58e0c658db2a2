"""Key-encryption keys, data keys and the field envelope."""
