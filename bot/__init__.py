"""The assistant: what every process shares. Uses none of `actions`, `channels`, `console`."""
