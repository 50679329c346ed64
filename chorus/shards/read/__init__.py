"""The reader that training uses: exact epochs over a shard set, in an order fixed by (seed, epoch), with a position.

`reader` has the rules in full. `manifest` opens a set, here or remote; `plan` says which clips make a batch; `window`
opens shards, `index` finds the clips in them, `decode` reads one clip; `cache` keeps remote shards here. Any
WebDataset reader can read the same tars; what it cannot do is give every clip once on any number of ranks, and go on
from the middle of an epoch.
"""

from chorus.shards.read.cache import ShardCache
from chorus.shards.read.decode import Clip, decode_flac
from chorus.shards.read.manifest import Manifest
from chorus.shards.read.reader import Batch, Choose, Reader, Stretch

__all__ = ["Batch", "Choose", "Clip", "Manifest", "Reader", "ShardCache", "Stretch", "decode_flac"]
