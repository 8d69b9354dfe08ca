"""The index: stores the fingerprints of many videos, and finds every stored code within a distance of a given one, exactly."""

from indelible.fingerprint.index.hits import Hits
from indelible.fingerprint.index.opening import open_store
from indelible.fingerprint.index.store import NewVideo, Origin, Store, StoredVideo, StoreInfo

__all__ = ["Hits", "NewVideo", "Origin", "Store", "StoreInfo", "StoredVideo", "open_store"]
