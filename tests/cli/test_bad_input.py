"""What people, accidents and attackers send: the right exit code, one line that names the file, and nothing left behind."""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import Result

from tests.conftest import encode_video
from tests.fuzz.mutate import mutated

from .conftest import SOURCE, invoke, start

LONG = bool(os.environ.get("INDELIBLE_TEST_LONG"))
KEY = "indelible-key-v1:" + bytes(range(32)).hex() + "\n"


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "a.key"
    path.write_text(KEY)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Four seconds of a small video in three containers that may break off."""
    folder = tmp_path_factory.mktemp("whole")
    options = {"g": "10", "bf": "0", "preset": "ultrafast", "threads": "1"}
    files = {}
    for name in ("a.mp4", "a.mkv", "a.ts"):
        container_options = {"movflags": "faststart"} if name == "a.mp4" else {}
        encode_video(folder / name, width=64, height=48, frames=100, options=options, container_options=container_options)
        files[name] = (folder / name).read_bytes()
    return files


def in_one_line(result: Result, path: object, code: int) -> str:
    lines = result.stderr.splitlines()
    assert (result.exit_code, result.stdout, len(lines)) == (code, "", 1), result.stderr
    assert lines[0].startswith("indelible: error: ")
    assert str(path) in lines[0]
    assert len(lines[0]) < 600
    return lines[0]


def refused(path: Path | str, key: Path, folder: Path, *, code: int = 3) -> str:
    """Try to detect and to mark; return the one line that both give."""
    before = sorted(folder.iterdir())
    line = in_one_line(invoke("detect", path, "--key", key), path, code)
    assert in_one_line(invoke("mark", path, folder / "out.mkv", "--key", key), path, code) == line
    assert sorted(folder.iterdir()) == before
    return line


def missing(folder: Path) -> Path:
    return folder / "missing.mp4"


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("This is no video.\n" * 100)
    return folder / "text.mp4"


def noise(folder: Path) -> Path:
    (folder / "noise.mkv").write_bytes(np.random.default_rng(1).bytes(20_000))
    return folder / "noise.mkv"


def only_sound(folder: Path) -> Path:
    with av.open(str(folder / "sound.mp4"), "w") as output:
        stream = output.add_stream("aac", rate=48_000)
        for index in range(5):
            block = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            block.sample_rate, block.pts = 48_000, 1024 * index
            output.mux(stream.encode(block))
        output.mux(stream.encode(None))
    return folder / "sound.mp4"


def no_pictures(folder: Path) -> Path:
    (folder / "none.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n")
    return folder / "none.y4m"


def huge_y4m(folder: Path) -> Path:
    (folder / "huge.y4m").write_bytes(b"YUV4MPEG2 W16384 H16384 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(1000))
    return folder / "huge.y4m"


def huge_gif(folder: Path) -> Path:
    picture = b"\x2c" + struct.pack("<4H", 0, 0, 16384, 16384) + b"\0\x02\x02\x4c\x01\0"
    (folder / "huge.gif").write_bytes(b"GIF89a" + struct.pack("<2H", 16384, 16384) + b"\x80\0\0\0\0\0\xff\xff\xff" + picture * 50 + b"\x3b")
    return folder / "huge.gif"


def huge_inside(folder: Path) -> Path:
    """A motion JPEG whose pictures are much larger than the container says."""
    encode_video(folder / "inside.avi", codec="mjpeg", pixel_format="yuvj420p", frames=2)
    data = (folder / "inside.avi").read_bytes()
    (folder / "inside.avi").write_bytes(data.replace(b"\x08" + struct.pack(">2H", 64, 96), b"\x08" + struct.pack(">2H", 16384, 16384)))
    return folder / "inside.avi"


def zipped_sequence(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "frames.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0001.bmp", bytes(10_000_000))
    return (folder / "frames.zip").rename(folder / "frames.mp4")


def sequence(folder: Path) -> str:
    for index in (1, 2):
        av.VideoFrame(32, 32, "rgb24").save(folder / f"p{index}.png")
    return str(folder / "p%d.png")


def named_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mp4")
    return folder / "pipe.mp4"


def a_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.mp4"))
    return folder / "s.mp4"


BAD: list[tuple[Callable[[Path], Path | str], str]] = [
    (missing, "No such file"),
    (empty, "is empty"),
    (text, ""),
    (noise, ""),
    (only_sound, "no video stream"),
    (no_pictures, ""),
    (huge_y4m, ""),
    (huge_gif, ""),
    (huge_inside, ""),
    (zipped_sequence, ""),
    (sequence, "No such file"),
    (named_pipe, "named pipe"),
    (a_socket, "socket"),
    (lambda folder: folder, "is a folder"),
    (lambda folder: "/dev/zero", "a device"),
    (lambda folder: "/dev/stdin", ""),
    (lambda folder: "name\0.mp4", "null"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_no_video_is_refused(make, says, key, tmp_path):
    path = make(tmp_path)
    if path == "/dev/stdin" and Path(path).is_file():
        pytest.skip("standard input is a file here")
    assert says in refused(path, key, tmp_path)


class _Opened:
    """Notes by inotify whether anybody opens a file."""

    def __init__(self, path: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK)
        if self._descriptor < 0 or self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), 0x20) < 0:
            pytest.skip("no inotify here")

    def __bool__(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{bait}\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nconcat:{bait}|{url}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile '{bait}'\nfile '{url}'\n"),
        ("list.mkv", "ffconcat version 1.0\nfile '{bait}'\n"),
        ("manifest.mpd", '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">'
         '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{url}</BaseURL></Representation>'
         "</AdaptationSet></Period></MPD>"),
        ("session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n\n"),
        ("vobsub.idx", "# VobSub index file, v7\nsize: 720x576\n"),
    ],
)  # fmt: skip
def test_what_points_elsewhere_leads_nowhere(name, content, key, tmp_path, whole):
    bait = tmp_path / "bait.mkv"
    bait.write_bytes(whole["a.mkv"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        (tmp_path / name).write_text(content.format(bait=bait, url=f"http://127.0.0.1:{port}/x.ts", port=port))
        opened = _Opened(bait)
        refused(tmp_path / name, key, tmp_path)
        assert not opened
        with pytest.raises(TimeoutError):
            server.accept()
    invoke("detect", bait, "--key", key)
    assert opened, "the watch works"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_file_that_breaks_off(name, whole, key, tmp_path):
    """At twenty places: what can be decoded is, and the rest is not passed over in silence."""
    data, path = whole[name], tmp_path / name
    codes = []
    for twentieth in range(20):
        path.write_bytes(data[: len(data) * twentieth // 20])
        result = invoke("detect", path, "--key", key)
        codes.append(result.exit_code)
        if result.exit_code == 3:
            in_one_line(result, path, 3)
            continue
        assert result.exit_code == 1
        if twentieth <= 16 and name != "a.ts":  # nothing in a transport stream says how long it was
            assert "warning: " in result.stderr, twentieth
            assert "damaged" in result.stderr, result.stderr
            assert str(path) in result.stderr
    assert codes[0] == 3
    assert codes[10:] == [1] * 10


def test_a_broken_tail_is_said_by_mark_too(whole, key, tmp_path):
    path = tmp_path / "a.mkv"
    path.write_bytes(whole["a.mkv"][: len(whole["a.mkv"]) // 2])
    result = invoke("mark", path, tmp_path / "out.mkv", "--key", key, "--preset", "ultrafast")
    assert result.exit_code == 0
    assert "warning: damaged" in result.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mkv", "out.mkv"]


def test_damaged_files(whole, key, tmp_path):
    """A sample of what ``make fuzz`` does, and a thousand in ``make test-long``."""
    for index in range(1000 if LONG else 50):
        name, data, how = mutated(whole, 7, index)
        path = tmp_path / name
        path.write_bytes(data)
        result = invoke("detect", path, "--key", key)
        assert result.exit_code in (0, 1, 2, 3), (index, how, result.stderr)
        if result.exit_code > 1:
            in_one_line(result, path, result.exit_code)
        path.unlink()
        assert not list(tmp_path.iterdir())


def test_a_second_video_is_copied_and_said_to_be_unmarked(whole, key, tmp_path):
    path = tmp_path / "two.mkv"
    (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
    with av.open(str(tmp_path / "a.mkv")) as source, av.open(str(path), "w") as output:
        copies = [output.add_stream_from_template(source.streams.video[0]) for _ in range(2)]
        for packet in source.demux(video=0):
            if packet.size:
                data, pts, dts = bytes(packet), packet.pts, packet.dts
                for copy in copies:
                    again = av.Packet(data)
                    again.pts, again.dts, again.time_base, again.stream = pts, dts, packet.time_base, copy
                    again.is_keyframe = packet.is_keyframe
                    output.mux(again)
    result = invoke("mark", path, tmp_path / "out.mkv", "--key", key, "--preset", "ultrafast")
    assert result.exit_code == 0, result.stderr
    assert "stream 1 is another video and was copied as it is" in result.stderr


@pytest.mark.parametrize("folder", ["/proc", "nowhere"])
def test_folders_that_cannot_be_written_to(folder, whole, key, tmp_path):
    (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
    target = tmp_path / folder / "out.mkv"
    in_one_line(invoke("mark", tmp_path / "a.mkv", target, "--key", key), target, 2)


def test_a_key_that_is_no_key(whole, tmp_path, key):
    (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
    for name, content in (("video.key", whole["a.mkv"]), ("short.key", b"indelible-key-v1:00ff\n"), ("empty.key", b"")):
        (tmp_path / name).write_bytes(content)
        in_one_line(invoke("detect", tmp_path / "a.mkv", "--key", tmp_path / name), tmp_path / name, 2)
    in_one_line(invoke("detect", tmp_path / "a.mkv", "--key", tmp_path / "no.key"), tmp_path / "no.key", 2)
    key.chmod(0o644)
    result = invoke("detect", tmp_path / "a.mkv", "--key", key)
    assert result.exit_code == 1
    assert f"warning: others on this machine can read the key {key}" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")
class TestEndings:
    @pytest.mark.parametrize("seed", range(10 if LONG else 2))
    @pytest.mark.parametrize("old", [b"old", None])
    def test_a_killed_process_leaves_nothing(self, seed, old, whole, key, tmp_path):
        """It marks the same file again and again, and is killed at a random moment of that."""
        (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
        target = tmp_path / "out.mkv"
        if old is not None:
            target.write_bytes(old)
        code = (
            "import sys, indelible\nkey = indelible.load_key(sys.argv[3])\n"
            "settings = indelible.EncoderSettings('x264', preset='ultrafast')\n"
            "print('ready', flush=True)\n"
            "while True: indelible.mark_file(sys.argv[1], sys.argv[2], key, settings=settings, overwrite=True)"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "a.mkv"), str(target), str(key)]
        with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(float(np.random.default_rng(seed).uniform(0, 1.0)))
            process.send_signal(signal.SIGKILL)
        left = {file.name for file in tmp_path.iterdir()} - {"a.mkv"}
        assert left <= {"out.mkv"}
        if target.exists() and target.read_bytes() != old:
            with av.open(str(target)) as file:
                assert sum(1 for _ in file.decode(video=0)) == 100

    def test_a_full_disk_leaves_the_old_output(self, whole, key, tmp_path):
        (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
        (tmp_path / "out.mkv").write_bytes(b"old")
        code = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\nfrom indelible.cli.main import main\nmain()"
        command = [sys.executable, "-c", code, "mark", tmp_path / "a.mkv", tmp_path / "out.mkv", "--key", key, "--force", "--crf", "1"]
        done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False)
        assert done.returncode == 3, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert str(tmp_path / "out.mkv") in done.stderr
        assert (tmp_path / "out.mkv").read_bytes() == b"old"
        assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mkv", "out.mkv"]

    def test_a_decoder_that_does_not_come_back_is_given_up(self, whole, key, tmp_path):
        (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
        code = (
            "import time\nfrom indelible.video import patience, read\npatience.PATIENCE_SECONDS = 1\n"
            "decode = read.VideoReader._decode_packet\n"
            "def hang(self, packet, seen):\n"
            "    if packet.pts and packet.pts > 1000:\n"
            "        with read.waiting_for(self._name): time.sleep(60)\n"
            "    return decode(self, packet, seen)\n"
            "read.VideoReader._decode_packet = hang\nfrom indelible.cli.main import main\nmain()"
        )
        command = [sys.executable, "-c", code, "mark", tmp_path / "a.mkv", tmp_path / "out.mkv", "--key", key]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False, timeout=50
        )
        assert done.returncode == 3, done.stderr
        assert f"cannot decode {tmp_path / 'a.mkv'}: nothing came of it for 1 s" in done.stderr
        assert [file.name for file in tmp_path.iterdir()] == ["a.mkv"]


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indelible.drafts._open_nameless", lambda folder: None)


def test_leftovers_of_a_killed_process_are_removed_by_the_next(nameless, whole, key, tmp_path):
    """Where files cannot be without a name; one that is being written stays."""
    from indelible.drafts import create_draft

    (tmp_path / "a.mkv").write_bytes(whole["a.mkv"])
    (tmp_path / ".out.mkv.0123456789ab.part").write_bytes(b"half")
    (tmp_path / ".other.mkv.0123456789ab.part").write_bytes(b"not ours")
    with create_draft(tmp_path / "out.mkv") as busy:
        result = invoke("mark", tmp_path / "a.mkv", tmp_path / "out.mkv", "--key", key, "--preset", "ultrafast")
        assert result.exit_code == 0, result.stderr
        assert Path(busy.file).exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == [".other.mkv.0123456789ab.part", "a.mkv", "out.mkv"]


def test_the_real_command_says_the_same(key, tmp_path):
    with start("detect", tmp_path / "missing.mp4", "--key", key) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, len(err.splitlines())) == (3, b"", 1)


def test_limits(whole, key, tmp_path):
    """Lowered for a service, raised for an archive; a claim beyond them is found out before the work."""
    path = tmp_path / "a.mp4"
    path.write_bytes(whole["a.mp4"])
    says = "says that it holds 100 frames; at most 99 are allowed: cut it with ffmpeg -i FILE -t SECONDS -c copy out.mkv, or allow more"
    for command in (["detect", path, "--key", key], ["mark", path, tmp_path / "out.mkv", "--key", key], ["channel", path, "-", "none"]):
        assert says in in_one_line(invoke(*command, "--limit", "frames=99"), path, 3)
    assert "says that it lasts 4 s" in in_one_line(invoke("detect", path, "--key", key, "--limit", "seconds=3.5"), path, 3)
    assert invoke("detect", path, "--key", key, "--limit", "frames=100", "--limit", "seconds=4").exit_code == 1
    for nonsense in ("frames", "frames=", "frames=many", "hours=1", "pixels=1.5", "streams=0"):
        result = invoke("detect", path, "--key", key, "--limit", nonsense)
        assert result.exit_code == 2
        assert nonsense.partition("=")[0] in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
