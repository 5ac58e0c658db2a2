"""PKCS#11 and nothing else: worker process, client, token set-up, preflight."""
