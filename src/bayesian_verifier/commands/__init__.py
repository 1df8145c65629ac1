"""What can be done from a terminal? One command a file, imported when it is asked for."""
