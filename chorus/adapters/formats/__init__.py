"""Readers of annotation formats, shared by several sources. Each takes bytes, yields columns, and touches no lake."""
