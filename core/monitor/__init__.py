"""Health probes of the parts that the console rests on."""
