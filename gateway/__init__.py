"""The only room that speaks HTTP and human languages; it introduces the other three to each other."""
