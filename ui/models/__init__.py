"""What pages show, without widgets: table models, words for what core names, forms."""
