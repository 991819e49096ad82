"""The web chat widget: sources in `src/`, joined into the one script that pages embed."""
