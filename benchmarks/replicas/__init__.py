"""Replicas: the annotation files of each release at its published size and in its original layout, without its data.

One module for each source, with `write(root, audio=False)` and `floor(root)`; `benchmarks.replica` is the command.
"""
