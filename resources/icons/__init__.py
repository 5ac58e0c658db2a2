"""The product's own mark. All other icons come from the `lucide` package."""
