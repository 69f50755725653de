"""The page: the network live in a browser, served on this computer or written as files."""
