"""Tests the real server with the unmodified tuspy from PyPI, an independent implementation of the tus protocol."""

import asyncio
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

from snapdrop import Cable, Room, Server

MIB = 1024 * 1024
SIZE = 20 * MIB + 5


class Sha256Uploader(Uploader):
    """Uses SHA-256 for checksums, one of the advertised algorithms, instead of tuspy's default SHA-1."""

    CHECKSUM_ALGORITHM_PAIR = ("sha256", hashlib.sha256)


class LyingUploader(Uploader):
    """Sends checksums of other bytes, as if the chunks had been changed on their way."""

    CHECKSUM_ALGORITHM_PAIR = ("sha1", lambda chunk: hashlib.sha1(chunk + b"!"))


class Tuspy(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.stop)
        self.room = Room(self.server)
        self.cable = Cable(self.server)
        self.addCleanup(self.cable.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = str(self.folder / "lecture 7.mp4")
        Path(self.path).write_bytes(os.urandom(SIZE))

    def stop(self):
        self.assertEqual(self.server.dispose(), (0, []), "exit code and complaints of the server")

    def client(self, address=None):
        return TusClient(self.room.endpoint(address), headers=self.room.headers)

    def assert_arrived(self, url, name="unnamed file"):
        """Checks that the room's only file is complete and the same as the file on the disk."""
        [row] = self.room.files()
        self.assertEqual((row["name"], row["state"], row["size_bytes"]), (name, "complete", SIZE))
        self.assertEqual(self.room.sha256_of(url), hashlib.sha256(Path(self.path).read_bytes()).hexdigest())

    def test_a_file_arrives_in_chunks(self):
        uploader = self.client().uploader(self.path, chunk_size=3 * MIB)
        uploader.upload()
        self.assert_arrived(uploader.url)

    def test_a_file_arrives_in_one_request(self):
        uploader = self.client().uploader(self.path)
        uploader.upload()
        self.assert_arrived(uploader.url)

    def test_a_file_arrives_from_the_asynchronous_client(self):
        uploader = self.client().async_uploader(self.path, chunk_size=3 * MIB)
        asyncio.run(uploader.upload())
        self.assert_arrived(uploader.url)

    def test_an_empty_file_arrives(self):
        uploader = self.client().uploader(file_stream=io.BytesIO(b""))
        uploader.upload()
        self.assertEqual([(row["state"], row["size_bytes"]) for row in self.room.files()], [("complete", 0)])

    def test_the_name_and_the_type_of_a_file_come_with_it(self):
        metadata = {"filename": "☕ Füchse & Gänse.mp4", "filetype": "video/mp4", "meaningless-here": "x"}
        uploader = self.client().uploader(self.path, metadata=metadata)
        uploader.upload()
        self.assert_arrived(uploader.url, name="☕ Füchse & Gänse.mp4")
        self.assertEqual(self.room.files()[0]["media_type"], "video/mp4")

    def test_a_file_arrives_with_a_checksum_for_every_chunk(self):
        uploader = self.client().uploader(self.path, chunk_size=3 * MIB, upload_checksum=True)
        uploader.upload()
        self.assert_arrived(uploader.url)

    def test_a_file_arrives_with_another_algorithm(self):
        uploader = Sha256Uploader(self.path, client=self.client(), chunk_size=3 * MIB, upload_checksum=True)
        uploader.upload()
        self.assert_arrived(uploader.url)

    def test_a_chunk_that_was_changed_on_its_way_is_refused_and_can_be_sent_again(self):
        first = self.client().uploader(self.path, chunk_size=3 * MIB, upload_checksum=True)
        first.upload(stop_at=6 * MIB)
        liar = LyingUploader(self.path, url=first.url, client=self.client(), chunk_size=3 * MIB, upload_checksum=True)
        with self.assertRaises(TusUploadFailed) as refused:
            liar.upload()
        self.assertEqual(refused.exception.status_code, 460)
        self.assertEqual(first.get_offset(), 6 * MIB)
        first.upload()
        self.assert_arrived(first.url)

    def test_a_new_client_goes_on_where_another_stopped(self):
        first = self.client().uploader(self.path, chunk_size=3 * MIB)
        first.upload(stop_at=7 * MIB)
        second = self.client().uploader(self.path, url=first.url, chunk_size=3 * MIB)
        self.assertEqual(second.offset, 7 * MIB)
        second.upload()
        self.assert_arrived(second.url)

    def test_a_new_client_goes_on_in_the_middle_of_a_chunk_that_broke_off(self):
        first = self.client(self.cable.address).uploader(self.path, chunk_size=12 * MIB)
        self.cable.break_after(8 * MIB)
        with self.assertRaises(TusUploadFailed):
            first.upload()
        second = self.client().uploader(self.path, url=first.url, chunk_size=3 * MIB)
        self.assertGreater(second.offset, MIB)
        self.assertLess(second.offset, 8 * MIB)
        second.upload()
        self.assert_arrived(second.url)

    def test_a_chunk_with_a_checksum_that_broke_off_is_sent_again_from_its_beginning(self):
        first = self.client(self.cable.address).uploader(self.path, chunk_size=6 * MIB, upload_checksum=True)
        self.cable.break_after(10 * MIB)
        with self.assertRaises(TusUploadFailed):
            first.upload()
        second = self.client().uploader(self.path, url=first.url, chunk_size=3 * MIB, upload_checksum=True)
        self.assertEqual(second.offset, 6 * MIB)
        second.upload()
        self.assert_arrived(second.url)

    def test_a_client_that_retries_gets_through_a_connection_that_breaks_again_and_again(self):
        for upload_checksum in (False, True):
            with self.subTest(upload_checksum=upload_checksum):
                uploader = self.client(self.cable.address).uploader(
                    self.path, chunk_size=3 * MIB, retries=3, retry_delay=0, upload_checksum=upload_checksum
                )
                while uploader.offset < SIZE:
                    self.cable.break_after(2 * MIB)
                    uploader.upload_chunk()
                self.assert_arrived(uploader.url)
                self.room.remove(uploader.url)

    def test_a_new_client_goes_on_after_the_server_was_killed_and_started_again(self):
        first = self.client().uploader(self.path, chunk_size=3 * MIB)
        first.upload(stop_at=9 * MIB)
        self.server.kill()
        with self.assertRaises(TusUploadFailed):
            first.upload()
        self.server.start_again()
        second = self.client().uploader(self.path, url=first.url, chunk_size=3 * MIB)
        self.assertEqual(second.offset, 9 * MIB)
        second.upload()
        self.assert_arrived(second.url)

    def test_a_second_process_goes_on_where_a_killed_one_hangs(self):
        self.cable.hold_after(8 * MIB)
        first = self.process()
        self.assertEqual(first.stdout.readline(), "0\n")
        self.until(lambda: self.room.files() and self.room.files()[0]["offset_bytes"] > 7 * MIB)
        first.kill()
        first.communicate(timeout=10)
        # The cable keeps the killed process's connection open, so the server cannot know that the process has ended.
        self.cable.let_through()

        second = self.process()
        began = int(second.stdout.readline())
        said, _ = second.communicate(timeout=50)
        self.assertEqual(second.returncode, 0)
        self.assertGreater(began, 7 * MIB)
        self.assert_arrived(said.strip())

    def test_what_the_server_refuses_reaches_the_caller_with_its_status(self):
        stranger = TusClient(self.room.endpoint(), headers=Room(self.server).headers)
        for client in (stranger, TusClient(self.room.endpoint())):
            with self.assertRaises(TusCommunicationError) as refused:
                client.uploader(self.path).upload()
            self.assertEqual(refused.exception.status_code, 401)
        with self.assertRaises(TusCommunicationError) as refused:
            self.client().uploader(self.path, url=f"{self.room.endpoint()}/{'0' * 32}")
        self.assertEqual(refused.exception.status_code, 404)
        self.assertEqual(self.room.files(), [])

    def process(self):
        """Starts a process that uploads the file; all these processes share one storage on the disk."""
        program = str(Path(__file__).with_name("upload_process.py"))
        endpoint = self.room.endpoint(self.cable.address)
        storage = str(self.folder / "uploads.json")
        command = [sys.executable, program, endpoint, self.room.headers["Authorization"], self.path, storage, str(6 * MIB)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def until(self, holds):
        """Polls until the condition holds, since nothing would notify the test."""
        deadline = time.monotonic() + 20
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it never came to it")
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
