"""Video files in and out: the only folder that knows FFmpeg (through PyAV).

Reading gives frames with native planes and exact times; writing encodes them with one of five encoders and carries over everything
else of a source: sound, subtitles, chapters, metadata.
"""

from indelible.video.encoders import EncoderSettings, copy_settings
from indelible.video.limits import Limits
from indelible.video.probe import probe
from indelible.video.read import VideoReader, open_video
from indelible.video.source import Source
from indelible.video.write import WriteSummary, write_video

__all__ = ["EncoderSettings", "Limits", "Source", "VideoReader", "WriteSummary", "copy_settings", "open_video", "probe", "write_video"]
