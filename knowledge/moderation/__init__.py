"""From a post to what a moderator should look at: normalised text, set-apart quotes, trained heads, marked spans."""
