"""Readers of annotation formats, shared by several sources. Each takes bytes and yields columns; none touches a lake."""
