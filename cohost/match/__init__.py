"""Who should meet: pure functions on frozen records, from profiles to pairs, mentors and groups."""
