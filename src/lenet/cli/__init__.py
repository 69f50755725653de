"""The command line: one file for each verb, registered in `main.py`."""
