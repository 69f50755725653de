"""Reading what a person brings: pictures from files, folders and standard input."""
