"""What runs inside the HSM worker process: the only modules that import `pkcs11`."""
