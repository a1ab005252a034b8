"""The room that speaks HTTP and human languages; it introduces the others to each other."""
