"""The page of demand that was not met."""
