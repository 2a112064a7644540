"""Cases: started, listed, ended by people, and told of what changed."""
