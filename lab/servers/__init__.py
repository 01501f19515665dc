"""Real servers in network namespaces, for whatever scans them. See README.md."""
from .laboratory import Expected, Laboratory, start, stop

__all__ = ["Expected", "Laboratory", "start", "stop"]
