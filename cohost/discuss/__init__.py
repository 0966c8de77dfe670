"""Drafts of discussion prompts: what to talk about, in which form, and whether it was there before."""
