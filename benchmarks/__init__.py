"""Speed of Chorus against a stated floor or peer, each pair measured in turn in the same run.

`python -m benchmarks` runs all; `python -m benchmarks ingest` one. Every figure is a ratio of medians: this kind of
machine is noisy, absolute times are shown only for orientation. Three measure no speed: `style`, how the code is cut;
`gauntlet`, odd tables read right; `resolver`, the share of names in an ingest.
"""
