"""Who: departments, regions, people, their roles and how they log in. Every other app asks here who may do what."""
