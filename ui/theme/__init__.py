"""How the console looks: tokens, fonts, icons, palette and the one style sheet made from them."""
